"""Figures with their intervals as places on an axis, in percent of its width. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ftexp.evaluation.statistics import Difference, Mean


@dataclass(frozen=True)
class Scale:
    """`low` is at the left, also where it is the larger."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """In the middle where the scale has no width."""
        if self.high == self.low:
            return 50.0
        # In halves, so that the width of a scale from -1e308 to 1e308 is a number too.
        return min(100.0, max(0.0, 100 * ((value / 2 - self.low / 2) / (self.high / 2 - self.low / 2))))


@dataclass(frozen=True)
class Bar:
    """Without an interval all three are the same."""

    low: float
    middle: float
    high: float


def bar(value: float, low: float | None, high: float | None, scale: Scale) -> Bar:
    return Bar(scale.at(value if low is None else low), scale.at(value), scale.at(value if high is None else high))


def ends_of(found: Iterable[Mean | Difference]) -> list[float]:
    return [end for each in found for end in (each.value, each.low, each.high) if end is not None and math.isfinite(end)]


def scale_of(ends: Iterable[float]) -> Scale:
    """From 0 to 1 where all lie there, as shares do; otherwise as far as they reach, with 0 on it."""
    known = list(ends)
    low, high = min([0.0, *known]), max([0.0, *known])
    return Scale(0, 1) if low == 0 and high <= 1 else Scale(low, high)


def symmetric(ends: Iterable[float]) -> Scale:
    """With 0 in the middle; to 1 at each side for differences of shares."""
    reach = max((abs(end) for end in ends), default=0.0)
    return Scale(-1, 1) if reach <= 1 else Scale(-reach, reach)


def around(ends: Iterable[float], margin: float = 0.25) -> Scale:
    """Just wide enough for these, with a margin on both sides as a share of their width."""
    known = list(ends)
    low, high = min(known), max(known)
    side = (high / 2 - low / 2) * (2 * margin) or abs(low) * margin or 1.0
    return Scale(low - side, high + side)
