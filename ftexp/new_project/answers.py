"""How answers like these can be judged. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from ftexp.values import Value

MOST_LABELS, LEAST_OF_A_LABEL = 20, 3  # more labels, or rarer ones, are free text
LONGEST_LABEL = 60  # characters
CHARACTERS_A_TOKEN = 2  # few, so that no answer is cut off: English has about 4, Chinese 1 to 2


class Answers(Value):
    """`fields` of JSON objects that every answer has, each with its JSON types; `labels` where answers are a few that come again."""

    kind: Literal["json", "labels", "text"]
    longest_tokens: int
    fields: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    labels: tuple[str, ...] = ()


def answers_of(references: Sequence[str]) -> Answers:
    """Of at least one reference."""
    longest = 16 * (1 + max(len(r) for r in references) // CHARACTERS_A_TOKEN // 16)
    objects = [_object(r) for r in references]
    if all(o is not None for o in objects):
        return Answers(kind="json", longest_tokens=min(longest, 512), fields=_fields([o for o in objects if o is not None]))
    counts = Counter(references)
    if len(counts) <= MOST_LABELS and min(counts.values()) >= LEAST_OF_A_LABEL and max(map(len, counts)) <= LONGEST_LABEL:
        return Answers(kind="labels", longest_tokens=longest, labels=tuple(sorted(counts)))
    return Answers(kind="text", longest_tokens=min(longest, 512))


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _fields(objects: Sequence[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    shared = [key for key in objects[0] if all(key in o for o in objects)]
    return {key: tuple(sorted({_type(o[key]) for o in objects})) for key in shared}


def _type(value: object) -> str:
    """As JSON Schema calls it."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"
