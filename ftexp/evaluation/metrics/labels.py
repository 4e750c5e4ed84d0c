"""Is the reply the right label, and which labels are mistaken for which?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import Observed, ReplyMetric, Score, SetMetric
from ftexp.evaluation.metrics.equal import NO_REFERENCE
from ftexp.evaluation.metrics.parsing import all_normalised, normalised
from ftexp.values import Value

OTHER = "(other)"  # no label is: none begins with a bracket once it is normalised
MOST_ROWS = 20
_SHOWN = 100  # characters of a reply that is none of the labels


class Label(ReplyMetric):
    """1 when the reply is the reference's label or another accepted one, normalised.

    With `labels` a reply that is none of them is told apart from one that is the wrong one.
    """

    is_verdict: ClassVar[bool] = True
    kind: Literal["label"]
    labels: tuple[str, ...] = Field(default=(), description="a list of labels, or nothing")

    @field_validator("labels")
    @classmethod
    def _are_told_apart(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(all_normalised(labels))) < len(labels):
            raise ValueError(f"found {list(labels)}, expected labels that differ in more than case, width and punctuation")
        return labels

    def score(self, reply: Reply, item: Item) -> Score:
        right, known, found = all_normalised((item.reference, *item.accepted)), all_normalised(self.labels), normalised(reply.text)
        if not right:
            return NO_REFERENCE
        if known and not set(right) <= set(known):
            return Score(value=None, reason=f"the reference {item.reference!r} is none of the labels")
        if found in right:
            return Score(value=1.0)
        return Score(value=0.0, reason=_wrong(found, right[0]) if not known or found in known else "no label")


class MacroF1(SetMetric):
    """Mean over the labels of the references of each label's F1, so that a rare label counts as much as a frequent one.

    A reply that is none of them is missed by its label. Observed: the expected label and the one found, normalised.
    """

    kind: Literal["macro_f1"]

    def score(self, reply: Reply, item: Item) -> Score:
        right, found = all_normalised((item.reference, *item.accepted)), normalised(reply.text)
        if not right:
            return NO_REFERENCE
        if found in right:
            return Score(value=1.0, observed=(right[0], right[0]))
        return Score(value=0.0, reason=_wrong(found, right[0]), observed=(right[0], _shortened(found)))

    def figure(self, observed: Sequence[Observed]) -> float:
        pairs = Counter(map(_pair, observed))
        expected, found = Counter[str](), Counter[str]()
        for (wanted, said), count in pairs.items():
            expected[wanted] += count
            found[said] += count
        return float(fmean(2 * pairs[label, label] / (expected[label] + found[label]) for label in expected))


class ConfusionTable(Value):
    """How often (`counts`) a reply was the label of the column where that of the row was expected.

    Frequent labels first. The last column, and past 20 labels the last row, is OTHER: what is none of the labels shown.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def confusion(observed: Sequence[Observed]) -> ConfusionTable:
    """Of what MacroF1 observed."""
    frequency = Counter(expected for expected, _ in map(_pair, observed))
    labels = sorted(frequency, key=lambda label: (-frequency[label], label))
    shown = labels if len(labels) <= MOST_ROWS else labels[: MOST_ROWS - 1]
    rows, columns = (*shown, *([OTHER] if len(shown) < len(labels) else [])), (*shown, OTHER)
    name = {label: label for label in shown}
    counts = Counter((name.get(expected, OTHER), name.get(found, OTHER)) for expected, found in map(_pair, observed))
    return ConfusionTable(rows=rows, columns=columns, counts=tuple(tuple(counts[r, c] for c in columns) for r in rows))


def _pair(observed: Observed) -> tuple[str, str]:
    expected, found = observed
    return str(expected), str(found)


def _wrong(found: str, expected: str) -> str:
    return f"found {_shortened(found)!r}, expected {_shortened(expected)!r}"


def _shortened(found: str) -> str:
    """Not long, so that a record can hold it."""
    return found if len(found) <= _SHOWN else found[:_SHOWN] + "…"
