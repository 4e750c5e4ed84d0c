"""What a loss curve shows: how much it scatters, how far it fell, whether it rises again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import median

from ftexp.backends.results import Point

Series = tuple[tuple[int, float], ...]  # step and value, in the order of the steps

LARGEST = 1e6  # nats a token; what is above it, infinite or no number is no loss of a model that works
MANY = 8  # validations, of which the lowest is so by luck
SPIKE = 1.5  # times the larger of its neighbours
USUAL_SCATTER, USUAL_COUNT = 0.03, 6  # of a loss near its end, as a share of it, and for how many measured deviations this counts


@dataclass(frozen=True)
class Curves:
    """Losses in nats a token, `of_pairs` in nats a preference pair; `epochs` are the passes made until the end."""

    train: Series
    validation: Series
    train_accuracy: Series = ()
    epochs: float = 0.0
    of_pairs: bool = False


@dataclass(frozen=True)
class Scatter:
    """The standard deviation of single values around the curve. `count`: how many independent deviations tell it."""

    value: float
    count: float

    @property
    def needed(self) -> float:
        """So many standard errors are no accident: about one in two thousand by Student's t, and a margin for having looked around."""
        return 3.5 + 10 / self.count


@dataclass(frozen=True)
class Change:
    """From one level of a series to a later one. `errors`: the difference in standard errors of what scatter alone makes."""

    from_step: int
    before: float
    to_step: int
    after: float
    scatter: Scatter
    errors: float

    @property
    def size(self) -> float:
        return abs(self.after - self.before)

    @property
    def is_rise(self) -> bool:
        return self.errors >= self.scatter.needed

    @property
    def is_fall(self) -> bool:
        return self.errors <= -self.scatter.needed


def curves_of(curve: Sequence[Point], of_pairs: bool = False) -> Curves:
    def series(name: str) -> Series:
        return tuple((p.step, p.figures[name]) for p in curve if name in p.figures)

    epochs = curve[-1].epoch if curve else 0.0
    return Curves(series("train/loss"), series("validation/loss"), series("train/token_accuracy"), epochs, of_pairs)


def is_loss(value: float) -> bool:
    return 0 <= value <= LARGEST


def without_spikes(series: Series) -> Series:
    """Without single values that stand out above both their neighbours, and so came back."""
    inner = zip(series, series[1:], series[2:], strict=False)
    spikes = {here for before, here, after in inner if here[1] > SPIKE * max(before[1], after[1])}
    return tuple(pair for pair in series if pair not in spikes)


def scatter_of(series: Series) -> Scatter:
    """From how far single values of the last two thirds turn back: a curve that only falls, or only rises, shows no scatter.

    Of independent normal values 0.565 standard deviations on average, by simulation. One large turn counts as a few usual ones. Few
    values tell little: so far the usual scatter takes part.
    """
    late = [value for _, value in series[len(series) // 3 :]]
    turns = [min(abs(b - a), abs(c - b)) if (b - a) * (c - b) < 0 else 0.0 for a, b, c in zip(late, late[1:], late[2:], strict=False)]
    most = 4 * median([turn for turn in turns if turn] or [0.0])
    seen = sum(min(turn, most) for turn in turns) / len(turns) / 0.565 if turns else 0.0
    usual, weight = USUAL_SCATTER * median(late), len(turns) / 4  # four turns tell as much as one independent deviation would
    count = weight + USUAL_COUNT
    return Scatter(max(seen, sqrt((weight * seen * seen + USUAL_COUNT * usual * usual) / count), 1e-12), count)


def rise_of(series: Series, scatter: Scatter) -> Change | None:
    """From where the series is lowest to its end. None where it ends there."""
    place = lowest(series)
    tail = series[place + 1 :]
    if not tail:
        return None
    width = max(len(tail) // 3, 1)
    before, count = level_around(series, place, width)
    after = end_of(tail, width)
    by_level = (after - before) / (scatter.value * sqrt(1 / count + (1.57 / width if width > 2 else 1.0)))
    errors = max(by_level, trend_errors(tail, scatter)) if len(tail) > 2 else by_level
    return Change(series[place][0], before, series[-1][0], after, scatter, errors)


def level_around(series: Series, place: int, width: int) -> tuple[float, int]:
    """The median of about so many values, and of how many it is: three at least in a long series, whose lowest value is so by luck."""
    half = max(width // 2, 1 if len(series) >= MANY else 0)
    near = [value for _, value in series[max(place - half, 0) : place + half + 1]]
    return median(near), len(near)


def end_of(series: Series, width: int) -> float:
    """The level at the end: a median, and of few values the lower of the last two, so that one spike is no level."""
    return median(value for _, value in series[-width:]) if width > 2 else min(value for _, value in series[-2:])


def lowest(series: Series) -> int:
    """The place of the lowest value; in a long series, that next to the lowest running median of three."""
    values = [value for _, value in series]
    if len(values) < MANY:
        return values.index(min(values))
    smooth = [median(values[max(i - 1, 0) : i + 2]) for i in range(len(values))]
    place = smooth.index(min(smooth))
    return min(range(max(place - 1, 0), min(place + 2, len(values))), key=lambda i: values[i])


def slope_of(series: Series) -> float:
    """The median of the slopes between all pairs (Theil 1950, Sen 1968); of many values, between some that are spread evenly."""
    every = -(-len(series) // 60)
    return float(median((b - a) / (t - s) for (s, a), (t, b) in combinations(series[::-1][::every][::-1], 2)))


def trend_errors(series: Series, scatter: Scatter) -> float:
    """How many standard errors the trend is above none. Needs two values."""
    steps = [step for step, _ in series]
    middle = sum(steps) / len(steps)
    return slope_of(series) * sqrt(sum((step - middle) * (step - middle) for step in steps)) / scatter.value
