"""How sure it is that a figure is better or worse than a threshold, by the interval that is shown. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ftexp.evaluation.grouped import items_worth, real_groups
from ftexp.evaluation.holm import Evidence
from ftexp.evaluation.intervals import told_of_difference, told_of_mean
from ftexp.evaluation.shares import Table, is_share, share_tails

Interval = Callable[[float], tuple[float | None, float | None]]  # low and high by the confidence

SUREST = 1e-12  # p-values aren't told below
STEPS = 45  # halvings of the logarithm of a p-value, to twelve digits
NOTHING = Evidence(1.0, 1.0)


def evidence_of(interval: Interval, threshold: float, higher_is_better: bool) -> Evidence:
    """The p-values at which the interval of confidence 1 - 2p just leaves the threshold out; 1 and 1 where there is no interval."""
    above = _level(lambda p: _is_beyond(interval(1 - 2 * p)[0], threshold, 1))
    below = None if above else _level(lambda p: _is_beyond(interval(1 - 2 * p)[1], threshold, -1))
    if above is None and below is None:
        return NOTHING if None in interval(0.5) else Evidence(0.5, 0.5)
    more = above if above is not None else 1 - (below or 0)
    return Evidence(more, 1 - more) if higher_is_better else Evidence(1 - more, more)


def evidence_of_mean(values: Sequence[float], threshold: float, higher_is_better: bool, clusters: Sequence[str] | None = None) -> Evidence:
    """By the interval; of verdicts also by the exact binomial test, and the stricter counts.

    At the level of one gate among eleven, Wilson's interval calls 50 items of which .95 are right worse than that five times too often.
    """
    found = evidence_of(told_of_mean(values, clusters).ends, threshold, higher_is_better)
    if not is_share(values):
        return found
    worth = items_worth(values, real_groups(clusters))
    return _stricter(found, share_tails(math.fsum(values) / len(values) * worth, worth, threshold), higher_is_better)


def evidence_of_difference(
    tuned: Sequence[float], other: Sequence[float], threshold: float, higher_is_better: bool, clusters: Sequence[str] | None = None
) -> Evidence:
    """By the interval; of verdicts also by Tango's score test, and the stricter counts.

    At that level Newcombe's interval calls 200 items with one in twenty changed better than a margin up to three times too often.
    """
    found = evidence_of(told_of_difference(tuned, other, clusters).ends, threshold, higher_is_better)
    if not (is_share(tuned) and is_share(other)):
        return found
    worth = items_worth([a - b for a, b in zip(tuned, other, strict=True)], real_groups(clusters))
    return _stricter(found, Table.of(tuned, other).worth(worth).score_tails(threshold), higher_is_better)


def _stricter(found: Evidence, tails: tuple[float, float], higher_is_better: bool) -> Evidence:
    better, worse = tails if higher_is_better else tails[::-1]
    return Evidence(max(found.better, better), max(found.worse, worse))


def _is_beyond(end: float | None, threshold: float, sign: int) -> bool:
    return end is not None and sign * (end - threshold) > 0


def _level(excludes: Callable[[float], bool]) -> float | None:
    """The smallest p that excludes the threshold, None where none below .5 does. Whatever excludes at one p does at any larger."""
    no, yes = SUREST, 0.5 - 1e-9
    if not excludes(yes):
        return None
    if excludes(no):
        return no
    for _ in range(STEPS):
        between = math.sqrt(no * yes)
        no, yes = (no, between) if excludes(between) else (between, yes)
    return yes
