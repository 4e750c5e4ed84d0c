"""How small a change a number of items can show, and how many items a change takes. Pure.

Paired scores, two-sided, normal approximation (Miller 2024, arXiv 2411.00640, section 5): the standard error of the mean
difference over n items is sqrt(V / n), and a change is detected where it is z(confidence) + z(power) of those. For 0/1 scores V is
at most the discordance, the share of items whose verdict changes; a change is never larger than it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from ftexp.evaluation.quantiles import normal_quantile
from ftexp.evaluation.shares import is_share
from ftexp.values import Value

POWER = 0.8  # the share of true changes of this size that are shown
ASSUMED_DISCORDANCE = 0.2  # of items, where no earlier run tells


class Spread(Value):
    """How much the paired differences of one metric vary: the discordance of 0/1 scores, or else their standard deviation."""

    kind: Literal["discordance", "deviation"]
    value: float = Field(ge=0)


ASSUMED = Spread(kind="discordance", value=ASSUMED_DISCORDANCE)


def smallest_change(n: int, spread: Spread, confidence: float, power: float = POWER) -> float | None:
    """The change of a mean that n items show. None where they can show none, as a handful of 0/1 scores."""
    if n < 1:
        return None
    z = _sum_of_z(confidence, power)
    change = z * _deviation(spread) / math.sqrt(n)
    if spread.kind == "deviation" or change <= spread.value:
        return change
    change = z * z / n  # where every changed verdict changes in one direction, and there are just as many as it takes
    return change if change <= 1 else None


def items_needed(change: float, spread: Spread, confidence: float, power: float = POWER) -> int:
    """The fewest items that show it. Raises ValueError for a change of 0, which none show."""
    if change == 0:
        raise ValueError("no number of items shows a change of 0")
    return _items(change, change, spread, confidence, power)


def items_for_margin(margin: float, spread: Spread, confidence: float, change: float = 0.0, power: float = POWER) -> int | None:
    """The fewest items that show a model to be worse by less than the margin, where it is better by `change` in truth.

    None where it is worse by the margin or more: no number shows it then. With one verdict in five changing, a margin of .10 takes
    157, one of .03 takes 1,745.
    """
    return None if change <= -margin else _items(change + margin, change, spread, confidence, power)


def items_to_prove(share: float, threshold: float, confidence: float, power: float = POWER) -> int | None:
    """The fewest items that show a share to be above the threshold by Wilson's interval, with `share` of all items in truth.

    Normal approximation; with a power of .5, where just so many of them are right: 73 for all of them above .95. None where no number
    shows it: the share isn't above, or nothing is above 1. For a share below a threshold, ask with 1 minus both.
    """
    if share <= threshold:
        return None
    reach = normal_quantile((1 + confidence) / 2) * math.sqrt(threshold * (1 - threshold))
    chance = normal_quantile(power) * math.sqrt(share * (1 - share))
    return max(1, math.ceil(((reach + chance) / (share - threshold)) ** 2 * (1 - 1e-12)))


def right_needed(n: int, threshold: float, confidence: float) -> int | None:
    """The fewest right answers of n with which Wilson's interval lies above the threshold: of 100, 200 and 500 for .95, all, 197 and 485.

    None where n right ones don't do.
    """
    needed = math.floor(n * threshold + normal_quantile((1 + confidence) / 2) * math.sqrt(n * threshold * (1 - threshold))) + 1
    return needed if needed <= n else None


def spread_of(tuned: Sequence[float], other: Sequence[float]) -> Spread | None:
    """From an earlier run's scores, pair by pair. None where too few tell; one changed verdict at least, since none can't go on."""
    n = len(tuned)
    if n < 2:
        return None
    if is_share(tuned) and is_share(other):
        changed = sum(a != b for a, b in zip(tuned, other, strict=True))
        return Spread(kind="discordance", value=max(changed, 1) / n)
    each = [a - b for a, b in zip(tuned, other, strict=True)]
    average = math.fsum(each) / n
    return Spread(kind="deviation", value=math.sqrt(math.fsum((d - average) ** 2 for d in each) / (n - 1)))


def _items(distance: float, change: float, spread: Spread, confidence: float, power: float) -> int:
    """With which a change is told from what is as far from it as `distance`."""
    variance = max(spread.value, abs(change)) if spread.kind == "discordance" else spread.value**2
    needed = _sum_of_z(confidence, power) ** 2 * variance / distance**2
    return max(1, math.ceil(needed * (1 - 1e-12)))  # what rounding adds is not another item


def _deviation(spread: Spread) -> float:
    return math.sqrt(spread.value) if spread.kind == "discordance" else spread.value


def _sum_of_z(confidence: float, power: float) -> float:
    return normal_quantile((1 + confidence) / 2) + normal_quantile(power)
