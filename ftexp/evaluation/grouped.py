"""How far the mean of scores may be off: its standard error, where items come in groups by whole groups. Pure.

Items of a group, as all that one template made, go together; the standard error is that of Miller 2024 (arXiv 2411.00640,
section 2.2) with the factor G / (G - 1) for G groups, with which groups of one item each come to the usual one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def real_groups(clusters: Sequence[str] | None) -> Sequence[str] | None:
    """None where each item is a group of its own, which is as good as no groups."""
    return None if clusters is None or len(set(clusters)) == len(clusters) else clusters


def count_groups(n: int, clusters: Sequence[str] | None) -> int:
    return n if clusters is None else len(set(clusters))


def told_error(values: Sequence[float], clusters: Sequence[str] | None) -> float | None:
    """Standard error of the mean, 0 where all values are equal. None as for a covariance.

    Groups that agree though their items differ can't tell it: then it is that of the items.
    """
    variance = covariance(values, values, clusters)
    if variance is None:
        return None
    if min(values) == max(values):
        return 0.0
    return math.sqrt(variance or covariance(values, values, None) or 0.0)


def items_worth(values: Sequence[float], clusters: Sequence[str] | None) -> float:
    """How many items without groups have the same standard error; as many as there are where all values are equal."""
    if clusters is None:
        return len(values)
    error, plain = told_error(values, clusters), told_error(values, None)
    return len(values) * (plain / error) ** 2 if error and plain else len(values)


def covariance(a: Sequence[float], b: Sequence[float], clusters: Sequence[str] | None) -> float | None:
    """Of the means of two scores of the same items. None where there is one item or one group, or it is larger than numbers go."""
    mine, theirs = _deviations(a, clusters), _deviations(b, clusters)
    groups = len(mine)
    if groups < 2:
        return None
    found = math.fsum(x * y for x, y in zip(mine, theirs, strict=True)) / (groups - 1) * (groups / len(a)) / len(a)
    return found if math.isfinite(found) else None


def _deviations(values: Sequence[float], clusters: Sequence[str] | None) -> list[float]:
    """From the mean, one sum a group. Raises ValueError where the groups aren't one an item."""
    average = math.fsum(values) / len(values)
    each = [v - average for v in values]
    if clusters is None:
        return each
    sums: dict[str, float] = {}
    for value, cluster in zip(each, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + value
    return list(sums.values())
