"""Means, paired differences and ratios with their intervals. Pure. Intervals cover items, not seeds.

Scores from 0 to 1 get Wilson's interval (1927), those that aren't all 0 or 1 as of so many verdicts as have their standard error;
paired verdicts get Newcombe's, ratios Fieller's (1954), other figures Student's t. benchmarks/statistics.py holds them to what they
promise. A bootstrap (BCa) doesn't keep it where few pairs differ: of 50 items, one in twenty of which does, it covers .74.

Where `clusters` name the group of each item, standard errors are of whole groups, with Student's quantile of one degree less than
there are groups; one group tells nothing. Scores from 0 to 1 that are all equal are as uncertain as verdicts that all are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ftexp.evaluation.estimates import Difference, Ends, Mean
from ftexp.evaluation.grouped import count_groups, covariance, items_worth, real_groups, told_error
from ftexp.evaluation.quantiles import quantile
from ftexp.evaluation.shares import Table, is_share, score_interval


@dataclass(frozen=True)
class Told:
    """What items tell of a mean or a difference: `ends` gives its interval by the confidence. Verdicts' differences need no `error`."""

    value: float
    error: float | None
    ends: Callable[[float], Ends]


def mean(values: Sequence[float], confidence: float, clusters: Sequence[str] | None = None) -> Mean:
    """Raises ValueError without values."""
    told = told_of_mean(values, clusters)
    low, high = told.ends(confidence)
    return Mean(value=told.value, standard_error=told.error, low=low, high=high, n=len(values))


def paired_difference(
    tuned: Sequence[float], other: Sequence[float], confidence: float, clusters: Sequence[str] | None = None
) -> Difference:
    """`tuned[i]` and `other[i]` are scores of one item. Raises ValueError without items or with unequal lengths."""
    told = told_of_difference(tuned, other, clusters)
    low, high = told.ends(confidence)
    return Difference(value=told.value, low=low, high=high, n=len(tuned))


def told_of_mean(values: Sequence[float], clusters: Sequence[str] | None) -> Told:
    average, n, clusters = _average(values), len(values), real_groups(clusters)
    if clusters is None and is_share(values):
        return Told(average, math.sqrt(average * (1 - average) / n), lambda c: score_interval(average, n, quantile(c, None)))
    error, degrees = told_error(values, clusters), count_groups(n, clusters) - 1
    if error is None or not _is_from_0_to_1(values):
        return Told(average, error, _students(average, error, degrees))
    if error == 0:
        return Told(average, error, lambda c: _unseen(average, n, quantile(c, degrees), 0))
    worth = average * (1 - average) / error**2
    return Told(average, error, lambda c: score_interval(average, worth, quantile(c, degrees)))


def told_of_difference(tuned: Sequence[float], other: Sequence[float], clusters: Sequence[str] | None) -> Told:
    each = [a - b for a, b in zip(tuned, other, strict=True)]
    average, n, clusters = _average(each), len(each), real_groups(clusters)
    are_verdicts = is_share(tuned) and is_share(other)
    if are_verdicts and clusters is None:
        table = Table.of(tuned, other)
        return Told(average, None, lambda c: table.newcombe(quantile(c, None)))
    error, degrees = told_error(each, clusters), count_groups(n, clusters) - 1
    if are_verdicts and error is not None:
        worth = Table.of(tuned, other).worth(items_worth(each, clusters))
        return Told(average, error, lambda c: worth.newcombe(quantile(c, degrees)))
    if error == 0 and _is_from_0_to_1(tuned) and _is_from_0_to_1(other):
        return Told(average, error, lambda c: _unseen(average, n, quantile(c, degrees), -1))
    return Told(average, error, _students(average, error, degrees))


def _average(values: Sequence[float]) -> float:
    if not values:
        raise ValueError("no values to take a mean of")
    return math.fsum(values) / len(values)


def _students(value: float, error: float | None, degrees: int) -> Callable[[float], Ends]:
    """Without an end where there is no error, or it is 0: equal figures that may be any size tell nothing of others."""
    if not error:
        return lambda c: (None, None)
    return lambda c: (value - quantile(c, degrees) * error, value + quantile(c, degrees) * error)


def ratio(tuned: Sequence[float], other: Sequence[float], confidence: float, clusters: Sequence[str] | None = None) -> Difference | None:
    """Of the two means, tuned / other; None where the other's is 0. Its ends are None where that could be 0 as well.

    Raises ValueError without items or with unequal lengths.
    """
    n, clusters = len(tuned), real_groups(clusters)
    if n == 0 or n != len(other):
        raise ValueError(f"no ratio of {n} scores to {len(other)}; expected as many, and one at least")
    a, b = math.fsum(tuned) / n, math.fsum(other) / n
    if b == 0:
        return None
    low, high = _fieller(tuned, other, confidence, clusters)
    return Difference(value=a / b, low=low, high=high, n=n)


def _fieller(tuned: Sequence[float], other: Sequence[float], confidence: float, clusters: Sequence[str] | None) -> Ends:
    """The ratios r with tuned - r * other within Student's reach of 0: between the roots of a square equation."""
    of_tuned, of_other, of_both = (covariance(*pair, clusters) for pair in ((tuned, tuned), (other, other), (tuned, other)))
    if of_tuned is None or of_other is None or of_both is None:
        return None, None
    n = len(tuned)
    a, b, t = math.fsum(tuned) / n, math.fsum(other) / n, quantile(confidence, count_groups(n, clusters) - 1)
    square, middle = b * b - t * t * of_other, a * b - t * t * of_both
    told = a * a * of_other + b * b * of_tuned - 2 * a * b * of_both
    inside = t * t * (told + t * t * (of_both * of_both - of_tuned * of_other))  # middle**2 - square * rest, without what cancels out
    if square <= 0 or inside < 0 or told <= 1e-12 * a * a * b * b:  # the other's mean may be 0, or no pair tells the ratio from another
        return None, None
    return (middle - math.sqrt(inside)) / square, (middle + math.sqrt(inside)) / square


def _unseen(value: float, n: int, reach: float, least: float) -> Ends:
    """Where n scores from `least` to 1 are equal: the share of others that Wilson's interval leaves, all at one end or the other."""
    share = score_interval(0, n, reach)[1]
    return value - share * (value - least), value + share * (1 - value)


def _is_from_0_to_1(values: Sequence[float]) -> bool:
    return all(0 <= v <= 1 for v in values)
