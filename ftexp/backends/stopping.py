"""Which validation is the best, and when training ends for want of a better one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from ftexp.values import Value

BestMetric = Literal["validation/loss", "validation/token_accuracy", "validation/reward_accuracy", "validation/reward_margin"]


class EarlyStopping(Value):
    """Training ends once `patience` validations in a row were none better than the one before them by more than `min_delta`."""

    patience: int = Field(ge=1, le=1000, description="a whole number from 1 to 1000")
    min_delta: float = Field(default=0.0, ge=0, description="a number from 0")


def best_of(measured: Mapping[int, float], metric: BestMetric) -> int:
    """The step of the best value, the first one where they are equal."""
    return min(measured, key=lambda step: (_lower_is_better(measured[step], metric), step))


def is_over(measured: Sequence[float], metric: BestMetric, rule: EarlyStopping | None) -> bool:
    """Whether the validations so far, the base's own first, end the training."""
    return rule is not None and _in_vain([_lower_is_better(value, metric) for value in measured], rule.min_delta) >= rule.patience


def _in_vain(values: Sequence[float], min_delta: float) -> int:
    """How many came since the last that was better by more than `min_delta` than the last such one."""
    best, since = values[0], 0
    for value in values[1:]:
        best, since = (value, 0) if value < best - min_delta else (best, since + 1)
    return since


def _lower_is_better(value: float, metric: BestMetric) -> float:
    return value if metric == "validation/loss" else -value
