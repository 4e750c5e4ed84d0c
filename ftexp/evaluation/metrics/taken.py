"""What the replies took: time and tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import Observed, ReplyMetric, Score, SetMetric


class Latency(SetMetric):
    """Seconds from when a reply's batch was begun to its end, as a quantile of all. One reply at a time (batch_size: 1) tells most."""

    lower_is_better: ClassVar[bool] = True
    is_timing: ClassVar[bool] = True
    unit: ClassVar[str] = "s"
    kind: Literal["latency"]
    quantile: float = Field(default=0.95, gt=0, lt=1, description="a share above 0 and below 1")

    def score(self, reply: Reply, item: Item) -> Score:
        return _seconds(reply.seconds)

    def figure(self, observed: Sequence[Observed]) -> float:
        return quantile([float(seconds) for (seconds,) in observed], self.quantile)


class FirstTokenLatency(SetMetric):
    """Seconds to a reply's first token, likewise."""

    lower_is_better: ClassVar[bool] = True
    is_timing: ClassVar[bool] = True
    unit: ClassVar[str] = "s"
    kind: Literal["first_token_latency"]
    quantile: float = Field(default=0.95, gt=0, lt=1, description="a share above 0 and below 1")

    def score(self, reply: Reply, item: Item) -> Score:
        return _seconds(reply.first_token_seconds)

    def figure(self, observed: Sequence[Observed]) -> float:
        return quantile([float(seconds) for (seconds,) in observed], self.quantile)


class TokensOut(ReplyMetric):
    """Generated tokens of a reply."""

    lower_is_better: ClassVar[bool] = True
    unit: ClassVar[str] = "tokens"
    kind: Literal["tokens_out"]

    def score(self, reply: Reply, item: Item) -> Score:
        return Score(value=float(reply.tokens_out))


class TokensIn(ReplyMetric):
    """Tokens of what was asked, examples in the prompt among them."""

    lower_is_better: ClassVar[bool] = True
    unit: ClassVar[str] = "tokens"
    kind: Literal["tokens_in"]

    def score(self, reply: Reply, item: Item) -> Score:
        return Score(value=float(reply.tokens_in))


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that has at least this share of all at or below it; of one value or more."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _seconds(taken: float | None) -> Score:
    if taken is None:
        return Score(value=None, reason="its time wasn't measured")
    return Score(value=taken, observed=(taken,))
