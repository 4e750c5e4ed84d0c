"""Is the reply the reference, or does it have it?"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import ReplyMetric, Score
from ftexp.evaluation.metrics.parsing import all_normalised, has_whole, is_near, last_number, normalised, same_json

NO_REFERENCE = Score(value=None, reason="no reference to compare with")


class ExactMatch(ReplyMetric):
    """1 when the reply equals the reference or another accepted answer: as JSON where that is JSON, else as text without outer
    white space.
    """

    is_verdict: ClassVar[bool] = True
    kind: Literal["exact_match"]

    def score(self, reply: Reply, item: Item) -> Score:
        same = any(reply.text.strip() == right.strip() or same_json(reply.text, right) for right in (item.reference, *item.accepted))
        return Score(value=1.0) if same else Score(value=0.0, reason="differs from the reference")


class Normalised(ReplyMetric):
    """1 when the reply equals the reference or another accepted answer but for case, width, spacing and outer punctuation."""

    is_verdict: ClassVar[bool] = True
    kind: Literal["normalised"]

    def score(self, reply: Reply, item: Item) -> Score:
        right = all_normalised((item.reference, *item.accepted))
        if not right:
            return NO_REFERENCE
        return Score(value=1.0) if normalised(reply.text) in right else Score(value=0.0, reason="differs from the reference")


class Contains(ReplyMetric):
    """1 when the reference or another accepted answer stands in the reply, as whole words where the script has spaces; normalised."""

    is_verdict: ClassVar[bool] = True
    kind: Literal["contains"]

    def score(self, reply: Reply, item: Item) -> Score:
        right = all_normalised((item.reference, *item.accepted))
        if not right:
            return NO_REFERENCE
        text = normalised(reply.text)
        found = any(has_whole(text, each) for each in right)
        return Score(value=1.0) if found else Score(value=0.0, reason="the reference isn't in the reply")


class Number(ReplyMetric):
    """1 when the last number in the reply is that of the reference or another accepted answer, up to `tolerance` more or less.

    A percentage is a share, so 50% is 0.5, and 50 is not.
    """

    is_verdict: ClassVar[bool] = True
    kind: Literal["number"]
    tolerance: float = Field(default=0, ge=0, description="a number from 0")

    def score(self, reply: Reply, item: Item) -> Score:
        right = [n for text in (item.reference, *item.accepted) if (n := last_number(text)) is not None]
        if not right:
            return Score(value=None, reason="no number in the reference")
        found = last_number(reply.text)
        if found is None:
            return Score(value=0.0, reason="no number")
        if any(is_near(found, each, self.tolerance) for each in right):
            return Score(value=1.0)
        return Score(value=0.0, reason=f"found {found:.20g}, expected {right[0]:.20g}")
