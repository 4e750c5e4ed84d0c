"""Is the reply the right label, and how are labels mixed up?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import Observed, ReplyMetric, Score, SetMetric
from ftexp.evaluation.metrics.parsing import normalised
from ftexp.values import Value

OTHER = "(other)"
MOST_LABELS = 20
_LOOKED_AT = 1000  # characters of a reply: a label is short


class Label(ReplyMetric):
    """1 when the reply is the reference's label, compared like `normalised`. `labels` are all that there are, where they are known."""

    is_verdict: ClassVar[bool] = True
    kind: Literal["label"]
    labels: tuple[str, ...] = Field(default=(), description="a list of texts")

    def score(self, reply: Reply, item: Item) -> Score:
        found, wanted = normalised(reply.text[:_LOOKED_AT]), normalised(item.reference)
        if found == wanted:
            return Score(value=1.0)
        is_known = not self.labels or found in map(normalised, self.labels)
        return Score(value=0.0, reason=f"found {found[:80]!r}, expected {wanted[:80]!r}" if is_known else "no label")


class MacroF1(SetMetric):
    """The mean over labels of each one's F1, so that rare labels count as much as frequent ones; 0 to 1.

    The labels are those of the references.
    """

    kind: Literal["macro_f1"]

    def score(self, reply: Reply, item: Item) -> Score:
        found, wanted = normalised(reply.text[:_LOOKED_AT]), normalised(item.reference)
        return Score(value=float(found == wanted), observed=(wanted, found))

    def figure(self, observed: Sequence[Observed]) -> float:
        wanted, found = Counter(o[0] for o in observed), Counter(o[1] for o in observed)
        right = Counter(o[0] for o in observed if o[0] == o[1])
        return sum(2 * right[label] / (wanted[label] + found[label]) for label in wanted) / len(wanted)


class ConfusionTable(Value):
    """How often a reference (a row) was answered so (a column); the last column is any reply that is no label."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def confusion(observed: Sequence[Observed]) -> ConfusionTable:
    """Of the most frequent labels."""
    labels = tuple(str(label) for label, _ in Counter(o[0] for o in observed).most_common(MOST_LABELS))
    pairs = Counter((str(o[0]), str(o[1]) if o[1] in labels else OTHER) for o in observed)
    columns = (*labels, OTHER)
    return ConfusionTable(rows=labels, columns=columns, counts=tuple(tuple(pairs[row, column] for column in columns) for row in labels))
