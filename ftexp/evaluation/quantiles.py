"""Quantiles of the normal distribution and of Student's t. Pure; the normal one without scipy, whose import takes a plan's time."""

from __future__ import annotations

import math


def normal_quantile(share: float) -> float:
    """Where the standard normal distribution has `share` below, by Newton's steps on the logarithm of the tail.

    Raises ValueError unless 0 < share < 1.
    """
    if not 0 < share < 1:
        raise ValueError(f"no quantile at {share}: expected more than 0 and less than 1")
    tail = min(share, 1 - share)
    z = math.sqrt(-2 * math.log(2 * tail))  # never too near to 0, so that each step comes nearer from outside
    for _ in range(50):
        beyond = math.erfc(z / math.sqrt(2)) / 2
        step = math.log(beyond / tail) * beyond * math.sqrt(2 * math.pi) * math.exp(z * z / 2)
        z += step
        if abs(step) < 1e-15:
            break
    return -z if share < 0.5 else z


def normal_tail(z: float) -> float:
    """The share of the standard normal distribution above z."""
    return math.erfc(z / math.sqrt(2)) / 2


def quantile(confidence: float, degrees: int | None) -> float:
    """How many standard errors a two-sided interval reaches: Student's, or the normal one where `degrees` is None."""
    if degrees is None:
        return normal_quantile((1 + confidence) / 2)
    from scipy.special import stdtrit  # what scipy.stats.t.ppf calls, at a third of the import

    return float(stdtrit(degrees, (1 + confidence) / 2))
