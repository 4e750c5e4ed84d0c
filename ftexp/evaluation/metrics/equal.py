"""Is the reply the reference?"""

from __future__ import annotations

from typing import ClassVar, Literal

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import ReplyMetric, Score
from ftexp.evaluation.metrics.parsing import same_json


class ExactMatch(ReplyMetric):
    """1 when reply and reference are equal: as JSON where the reference is JSON, else as text without outer white space."""

    is_verdict: ClassVar[bool] = True
    kind: Literal["exact_match"]

    def score(self, reply: Reply, item: Item) -> Score:
        same = reply.text.strip() == item.reference.strip() or same_json(reply.text, item.reference)
        return Score(value=1.0) if same else Score(value=0.0, reason="differs from the reference")
