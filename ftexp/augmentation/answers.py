"""What the answers of a dataset look like: labels, JSON with fields, or free text. Pure."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ftexp.data.messages import Example
from ftexp.evaluation.metrics.parsing import normalised, same_json
from ftexp.validation.checks import Labels
from ftexp.validation.facts import facts_of

Place = tuple[str | int, ...]  # keys and positions on the way into a JSON value


@dataclass(frozen=True)
class Known:
    """Of the training rows. `labels` is empty where answers are no classes; `classes` are fields of JSON with few values, `others`
    the rest.

    `right` are all answers to a prompt, `rows` those that another's answer may come from.
    """

    labels: tuple[str, ...]
    classes: dict[Place, tuple[Any, ...]]
    others: dict[Place, tuple[Any, ...]]
    right: dict[int, tuple[str, ...]]
    rows: tuple[Example, ...]


def known_of(train: Sequence[Example], rows: Sequence[Example], limits: Labels) -> Known:
    """Labels and values of the training rows; right answers and neighbours of `rows`, the split that is made."""
    replies = Counter(e.reference.strip() for e in train)
    fields: dict[Place, Counter[str]] = defaultdict(Counter)
    for reply in replies.elements():
        for path, value in leaves(json_of(reply)):
            fields[path][json.dumps(value, ensure_ascii=False)] += 1
    is_json = bool(fields)
    values = {path: tuple(json.loads(v) for v in sorted(counts)) for path, counts in fields.items()}
    classes = {path for path, counts in fields.items() if _are_classes(counts, limits)}
    right: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for e in (*train, *rows):
        right[facts_of(e).prompt_typed] += (e.reference,)
    labels = tuple(sorted(replies)) if not is_json and _are_classes(replies, limits) else ()
    few, many = ({p: v for p, v in values.items() if (p in classes) == wanted} for wanted in (True, False))
    return Known(labels, few, many, dict(right), tuple(rows))


def _are_classes(counts: Counter[str], limits: Labels) -> bool:
    return 2 <= len(counts) <= limits.most_classes and counts.total() / len(counts) >= limits.examples_a_class


def json_of(reply: str) -> Any:
    """The object or list that a reply is; None where it is none."""
    try:
        value = json.loads(reply)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def leaves(value: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Everything in it that is neither object nor list, with the way to it; None itself has no leaves at the top."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, (*path, 0))
    elif path:
        yield path, value


def written_as(reply: str, value: Any) -> str:
    """The JSON of a value, spaced as the reply is."""
    now = json.loads(reply)
    for ascii_only in (False, True):
        for indent, separators in ((None, (",", ":")), (None, (", ", ": ")), (2, (",", ": ")), (4, (",", ": "))):
            if json.dumps(now, ensure_ascii=ascii_only, indent=indent, separators=separators) == reply:
                return json.dumps(value, ensure_ascii=ascii_only, indent=indent, separators=separators)
    return json.dumps(value, ensure_ascii=False)


def is_right(text: str, example: Example, known: Known) -> bool:
    """Whether it is an answer that some row has to this prompt, however it is typed or spaced."""
    plain = normalised(text)
    answers = (example.reference, *known.right.get(facts_of(example).prompt_typed, ()))
    return any(plain == normalised(answer) or same_json(text, answer) for answer in answers)
