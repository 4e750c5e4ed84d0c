"""Training curves as lines in a box, to be drawn by whoever has a pen: what is drawn where, nothing of how it looks. Pure.

Lines have points from 0 to 1000 in both directions, y downwards; everything else stands in percent of the box.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

from ftexp.backends.results import Point

MOST_POINTS = 400  # of a line; of the others the lowest and highest of each stretch are kept
MOST_CHARTS = 8
SMOOTHED_SHARE = 0.05  # of the steps go into one point of a smoothed line
MOST_DOTS = 60
LARGEST = 1e30  # figures beyond it are drawn at it
LOG_FROM = 20.0  # a loss whose highest is so many times its lowest is drawn on a logarithmic axis
_TITLES = {
    "loss": ("Loss", "nats a token"),
    "reward_accuracy": ("Pairs ranked right", ""),
    "reward_margin": ("Reward margin", ""),
    "token_accuracy": ("Token accuracy", ""),
    "learning_rate": ("Learning rate", ""),
}

Found = Sequence[tuple[float, float]]  # (step, figure)
Kind = Literal["raw", "smooth", "validation"]


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Line:
    kind: Kind
    points: str


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    title: str
    best: bool = False


@dataclass(frozen=True)
class Legend:
    kind: Kind
    text: str


@dataclass(frozen=True)
class Chart:
    """`best` is where the best step stands from the left; None where it isn't known, or the chart has none of it."""

    name: str
    title: str
    unit: str
    described: str
    lines: tuple[Line, ...]
    dots: tuple[Dot, ...]
    legend: tuple[Legend, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    epochs: tuple[Tick, ...]
    best: Tick | None


@dataclass(frozen=True)
class Axis:
    low: float
    high: float
    is_log: bool = False

    def share(self, value: float) -> float:
        """From 0 at `low` to 1 at `high`; in the middle where both are the same."""
        low, high, at = (math.log10(v) if self.is_log else v for v in (self.low, self.high, max(value, self.low)))
        return (at - low) / (high - low) if high > low else 0.5

    @property
    def ticks(self) -> list[float]:
        return _log_ticks(self.low, self.high) if self.is_log else _round_ticks(self.low, self.high)


def charts(curve: Sequence[Point], best_step: int | None) -> tuple[Chart, ...]:
    """Loss first; a chart for every figure, training and validation in the same one."""
    sides = (name.partition("/") for point in curve for name in point.figures)
    names = {name for side, _, name in sides if side in ("train", "validation")}
    ranked = sorted(names, key=lambda name: (list(_TITLES).index(name) if name in _TITLES else len(_TITLES), name))
    return tuple(_chart(name, curve, best_step) for name in ranked[:MOST_CHARTS])


def smoothed(found: Found, window: int) -> list[tuple[float, float]]:
    """Each figure as the mean of the `window` around it, fewer at the ends: it doesn't lag behind."""
    sums = list(accumulate((y for _, y in found), initial=0.0))
    reach, n = window // 2, len(found)
    ends = [(max(0, i - reach), min(n, i + reach + 1)) for i in range(n)]
    return [(x, (sums[high] - sums[low]) / (high - low)) for (x, _), (low, high) in zip(found, ends, strict=True)]


def thinned(found: Found, most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """At most about `most`, with every peak: of each stretch the lowest and the highest."""
    if len(found) <= most:
        return list(found)
    size = math.ceil(len(found) / (most // 2))
    kept = []
    for start in range(0, len(found), size):
        stretch = found[start : start + size]
        kept += sorted({min(stretch, key=lambda p: p[1]), max(stretch, key=lambda p: p[1])})
    return [found[0], *(p for p in kept if p not in (found[0], found[-1])), found[-1]]


def _chart(name: str, curve: Sequence[Point], best_step: int | None) -> Chart:
    train, validation = _found(curve, f"train/{name}"), _found(curve, f"validation/{name}")
    window = 1 if name == "learning_rate" else max(1, round(len(train) * SMOOTHED_SHARE)) | 1
    smooth = smoothed(train, window) if window > 1 else train
    x = Axis(min((p.step for p in curve), default=0), max((p.step for p in curve), default=0))
    y = _y_axis(name, [v for _, v in (*train, *validation)], [v for _, v in (*smooth, *validation)])
    lines = (("raw", train if window > 1 else ()), ("smooth", smooth), ("validation", validation))
    title, unit = _TITLES.get(name, (name.replace("_", " ").capitalize(), ""))
    if name == "loss" and any("train/reward_margin" in p.figures for p in curve):
        unit = "nats a pair"
    best = next((v for step, v in validation if step == best_step), None)
    return Chart(
        name=name,
        title=title,
        unit=", ".join(filter(None, (unit, "logarithmic" if y.is_log else ""))),
        described=_described(title, train, validation, best_step if best is not None else None),
        lines=tuple(Line(kind, _polyline(found, x, y)) for kind, found in lines if len(found) > 1),  # type: ignore[arg-type]  # a literal
        dots=_dots(train if len(train) == 1 else (), x, y, None) + _dots(validation, x, y, best_step),
        legend=_legend(name, train, validation, window),
        x_ticks=tuple(Tick(100 * x.share(v), f"{v:.6g}") for v in x.ticks if v == int(v)),
        y_ticks=tuple(Tick(100 * (1 - y.share(v)), f"{v:.6g}") for v in y.ticks),
        epochs=_epochs(curve, x),
        best=Tick(100 * x.share(best_step), f"best: step {best_step}") if best_step is not None and best is not None else None,
    )


def _found(curve: Sequence[Point], name: str) -> list[tuple[float, float]]:
    known = [(float(p.step), p.figures[name]) for p in curve if name in p.figures]
    return sorted((step, max(-LARGEST, min(LARGEST, v))) for step, v in known if math.isfinite(v))


def _y_axis(name: str, drawn: Sequence[float], wanted: Sequence[float]) -> Axis:
    """From 0, or for a loss that falls far, logarithmic from the lowest that is no single step's."""
    if not drawn:
        return Axis(0, 1)
    low, high = min(wanted), max(drawn)
    if name.endswith("loss") and min(drawn) > 0 and high / low >= LOG_FROM:
        return Axis(low / 1.25, high * 1.1, is_log=True)
    if name.endswith("accuracy") and min(drawn) >= 0 and high <= 1:
        low, high = _covered(min(drawn), 1)
        return Axis(max(0, low), 1)
    return Axis(*_covered(min(0, *drawn, 0), max(0, high)))


def _covered(low: float, high: float) -> tuple[float, float]:
    """Out to the next round figures."""
    if low == high:
        return (low - 1, high + 1) if low else (0, 1)
    step = _step(low, high)
    return math.floor(round(low / step, 6)) * step, math.ceil(round(high / step, 6)) * step


def _round_ticks(low: float, high: float) -> list[float]:
    if not high > low:
        return [low]
    step = _step(low, high)
    first = math.ceil(round(low / step, 6))
    return [n * step for n in range(first, math.floor(round(high / step, 6)) + 1)]


def _step(low: float, high: float) -> float:
    """1, 2 or 5 times a power of 10, so that some four lie between."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    return next((n * power for n in (1, 2, 5) if n * power >= rough * 0.99), 10 * power)


def _log_ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = math.ceil(len(decades) / 6)
    among = (1, 2, 5) if len(decades) <= 3 else (1,)
    return [n * 10.0**d for d in decades if d % every == 0 for n in among if low <= n * 10.0**d <= high]


def _polyline(found: Found, x: Axis, y: Axis) -> str:
    return " ".join(f"{1000 * x.share(step):.1f},{1000 * (1 - y.share(v)):.1f}" for step, v in thinned(found))


def _dots(found: Found, x: Axis, y: Axis, best: int | None) -> tuple[Dot, ...]:
    """Not more than can be told apart; the best step always has its own."""
    every = math.ceil(len(found) / MOST_DOTS) or 1
    kept = [(step, v) for i, (step, v) in enumerate(found) if i % every == 0 or step == best or i == len(found) - 1]
    return tuple(Dot(100 * x.share(s), 100 * (1 - y.share(v)), f"step {s:.0f}: {v:.4g}", s == best) for s, v in kept)


def _legend(name: str, train: Found, validation: Found, window: int) -> tuple[Legend, ...]:
    mean = f"training, mean of {window} steps; faint: each" if window > 1 else "training"
    found = [Legend("smooth", mean)] if train and name != "learning_rate" else []
    return (*found, *([Legend("validation", "validation")] if validation else []))


def _epochs(curve: Sequence[Point], x: Axis) -> tuple[Tick, ...]:
    """Where an epoch ends, but for those of a run of many."""
    ordered = sorted(curve, key=lambda p: p.step)
    ends = [(b.step, math.floor(b.epoch)) for a, b in pairwise(ordered) if math.floor(a.epoch) < math.floor(b.epoch)]
    return tuple(Tick(100 * x.share(step), f"epoch {n}") for step, n in ends) if len(ends) <= 12 else ()


def _described(title: str, train: Found, validation: Found, best_step: int | None) -> str:
    """For who can't see it."""
    said = [
        f"{side} from {found[0][1]:.4g} at step {found[0][0]:.0f} to {found[-1][1]:.4g} at step {found[-1][0]:.0f}"
        for side, found in (("training", train), ("validation", validation))
        if found
    ]
    said += [f"best at step {best_step}"] if best_step is not None else []
    return f"{title}: {', '.join(said) or 'nothing measured'}"
