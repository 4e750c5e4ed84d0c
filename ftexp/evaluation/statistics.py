"""Means, paired differences and their intervals. Pure.

Shares of right answers get Wilson's interval (1927) and, paired, Newcombe's hybrid score interval (1998, Statistics in
Medicine 17:2635, method 10); other figures Student's t. Intervals cover items, not seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ftexp.values import Value


class Mean(Value):
    """`standard_error`, `low` and `high` are None where one item can't tell them."""

    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    n: int


class Difference(Value):
    """Mean of (tuned - other) over the same items, with its interval; None where one item can't tell it."""

    value: float
    low: float | None
    high: float | None
    n: int


def mean(values: Sequence[float], confidence: float) -> Mean:
    """Raises ValueError without values."""
    n = len(values)
    if n == 0:
        raise ValueError("no values to take a mean of")
    average = math.fsum(values) / n
    if is_share(values):
        low, high = wilson(round(math.fsum(values)), n, confidence)
        return Mean(value=average, standard_error=math.sqrt(average * (1 - average) / n), low=low, high=high, n=n)
    if n == 1:
        return Mean(value=average, standard_error=None, low=None, high=None, n=n)
    error = _standard_error(values, average)
    reach = _t(confidence, n - 1) * error
    return Mean(value=average, standard_error=error, low=average - reach, high=average + reach, n=n)


def paired_difference(tuned: Sequence[float], other: Sequence[float], confidence: float) -> Difference:
    """`tuned[i]` and `other[i]` are scores of one item. Raises ValueError without items or with unequal lengths."""
    each = [a - b for a, b in zip(tuned, other, strict=True)]
    average = mean(each, confidence)  # raises without items
    if is_share(tuned) and is_share(other):
        low, high = newcombe(tuned, other, confidence)
        return Difference(value=average.value, low=low, high=high, n=average.n)
    if average.n == 1:
        return Difference(value=average.value, low=None, high=None, n=1)
    reach = _t(confidence, average.n - 1) * _standard_error(each, average.value)
    return Difference(value=average.value, low=average.value - reach, high=average.value + reach, n=average.n)


def is_share(values: Sequence[float]) -> bool:
    """Whether each value is 0 or 1."""
    return all(v in (0.0, 1.0) for v in values)


def wilson(successes: int, n: int, confidence: float) -> tuple[float, float]:
    """Score interval of a share; never empty, also where all or none succeed."""
    z = _z(confidence)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return (0.0 if successes == 0 else middle - reach), (1.0 if successes == n else middle + reach)


def newcombe(tuned: Sequence[float], other: Sequence[float], confidence: float) -> tuple[float, float]:
    """Interval of the difference of two paired shares, from their Wilson intervals and how they go together."""
    n = len(tuned)
    both = sum(a == 1 and b == 1 for a, b in zip(tuned, other, strict=True))
    fixed = sum(a == 1 and b == 0 for a, b in zip(tuned, other, strict=True))
    broken = sum(a == 0 and b == 1 for a, b in zip(tuned, other, strict=True))
    neither = n - both - fixed - broken
    p, q = (both + fixed) / n, (both + broken) / n
    p_low, p_high = wilson(both + fixed, n, confidence)
    q_low, q_high = wilson(both + broken, n, confidence)
    phi = _phi(both, fixed, broken, neither)
    below = math.sqrt((p - p_low) ** 2 - 2 * phi * (p - p_low) * (q_high - q) + (q_high - q) ** 2)
    above = math.sqrt((p_high - p) ** 2 - 2 * phi * (p_high - p) * (q - q_low) + (q - q_low) ** 2)
    return p - q - below, p - q + above


def _phi(both: int, fixed: int, broken: int, neither: int) -> float:
    """Correlation of the paired answers, 0 where a margin is empty; continuity-corrected when positive, as in method 10."""
    margins = (both + fixed) * (broken + neither) * (both + broken) * (fixed + neither)
    if margins == 0:
        return 0.0
    product = both * neither - fixed * broken
    corrected = max(product - (both + fixed + broken + neither) / 2, 0) if product > 0 else product
    return corrected / math.sqrt(margins)


def _standard_error(values: Sequence[float], average: float) -> float:
    return math.sqrt(math.fsum((v - average) ** 2 for v in values) / (len(values) - 1) / len(values))


def normal_quantile(share: float) -> float:
    """Where the standard normal distribution has `share` below."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(share)


def _z(confidence: float) -> float:
    return normal_quantile((1 + confidence) / 2)


def _t(confidence: float, degrees: int) -> float:
    from scipy.special import stdtrit  # what scipy.stats.t.ppf calls, at a third of the import

    return float(stdtrit(degrees, (1 + confidence) / 2))
