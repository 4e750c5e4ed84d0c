"""One line of a benchmark of promises: what was measured, what is demanded, and whether it holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Line:
    """`measured` are the least and the largest of several cases. Without a demand, a line only tells."""

    what: str
    measured: tuple[float, float]
    least: float | None = None
    most: float | None = None

    @property
    def result(self) -> Literal["ok", "NOT", "-"]:
        if self.least is None and self.most is None:
            return "-"
        holds = (self.least is None or self.measured[0] >= self.least) and (self.most is None or self.measured[1] <= self.most)
        return "ok" if holds else "NOT"


def at_most(what: str, rates: Sequence[float], limit: float, draws: int) -> Line:
    return within(what, rates, None, limit, draws)


def within(what: str, rates: Sequence[float], least: float | None, most: float | None, draws: int) -> Line:
    """May lie outside by what 95 % of simulations do at most that have just that rate."""
    below, above = (None if end is None else 1.645 * math.sqrt(end * (1 - end) / draws) for end in (least, most))
    return Line(
        what,
        (min(rates), max(rates)),
        None if least is None or below is None else least - below,
        None if most is None or above is None else most + above,
    )


def show(title: str, lines: Iterable[Line]) -> bool:
    """Each as it comes. Whether all hold."""
    print(f"\n{title}\n  {'':72} {'measured':>17}  {'demanded':>17}")
    held = True
    for line in lines:
        print(f"  {line.what:72} {_span(*line.measured):>17}  {_span(line.least, line.most):>17}  {line.result}", flush=True)
        held = held and line.result != "NOT"
    return held


def _span(least: float | None, most: float | None) -> str:
    low, high = ("" if end is None else f"{end:.1e}" if 0 < abs(end) < 1e-4 else f"{end:.4f}" for end in (least, most))
    return low if low == high else f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
