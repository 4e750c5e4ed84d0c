"""What every metric is: a frozen value that turns a reply and its item into a score with its reason."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.values import Value

Observed = tuple[str | float, ...]


class Score(Value):
    """`value` is None where an item could not be scored; `reason` then says why. None is never counted as 0.

    `observed` is what a metric of all replies together makes its figure from. `failed`: the metric broke on this item. Where it
    doesn't apply, as constraints on an item without any, nobody misses the score.
    """

    value: float | None
    reason: str = ""
    observed: Observed | None = None
    failed: bool = False
    applies: bool = True


class MetricKind(Value, ABC):
    """What holds for all metrics of a kind."""

    lower_is_better: ClassVar[bool] = False
    is_verdict: ClassVar[bool] = False  # the scores are 0 or 1
    is_timing: ClassVar[bool] = False  # another run of the same thing gives other figures
    unit: ClassVar[str] = ""  # of a figure that isn't a share


class ReplyMetric(MetricKind):
    """Judges a reply by itself. The figure of a suite is the mean of its scores."""

    @abstractmethod
    def score(self, reply: Reply, item: Item) -> Score:
        """Whatever it raises leaves the item unscored, with the error as the reason."""


class SetMetric(ReplyMetric):
    """Judges all replies of a suite together: each score has what it `observed` of a reply, and `figure` says what they come to.

    The `value` of such a score is what the reply would come to by itself.
    """

    @abstractmethod
    def figure(self, observed: Sequence[Observed]) -> float:
        """Of one reply or more."""


class MeasuredMetric(MetricKind):
    """Measured by the backend instead of being read off a reply."""
