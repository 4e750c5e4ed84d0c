"""Figures of all items together, as a macro-F1, a quantile or how many words are distinct, with their intervals. Pure.

By BCa (Efron 1987): items, or whole groups of them, are drawn anew with repeats. Some figures count an item said twice otherwise than
two items, as distinct words do, and draws tell nothing of them. They are measured on random halves instead, which are as far from
the whole as that is from the truth (Shao and Wu 1989), and get Student's t.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ftexp.evaluation.estimates import Difference, Ends, Mean
from ftexp.evaluation.quantiles import normal_quantile, normal_tail, quantile

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Figures = npt.NDArray[np.float64]

Figure = Callable[[Sequence[int]], float]  # what some of the items come to, by their numbers, an item again as often as it was drawn
Combined = Callable[..., "Figures"]

DRAWS = 2000
BLOCKS = 100  # at most, each of which is left out once, to tell how lopsided a figure is
SEED = 0


def figure_mean(figure: Figure, n: int, confidence: float, clusters: Sequence[str] | None = None) -> Mean:
    """Of items 0 to n - 1. The same for the same items, and quick for another confidence. Raises ValueError without items."""
    found = _redrawn((figure,), lambda a: a, n, clusters)
    low, high = found.ends(confidence)
    return Mean(value=found.value, standard_error=found.error, low=low, high=high, n=n)


def figure_difference(tuned: Figure, other: Figure, n: int, confidence: float, clusters: Sequence[str] | None = None) -> Difference:
    """Tuned minus other, drawn together. Raises ValueError without items."""
    found = _redrawn((tuned, other), lambda a, b: a - b, n, clusters)
    low, high = found.ends(confidence)
    return Difference(value=found.value, low=low, high=high, n=n)


def figure_ratio(tuned: Figure, other: Figure, n: int, confidence: float, clusters: Sequence[str] | None = None) -> Difference | None:
    """Tuned divided by other, drawn together; None where the other is 0. Its ends are None where that is 0 in a draw."""
    if _sample(other, n, _key(clusters)).whole == 0:
        return None
    found = _redrawn((tuned, other), lambda a, b: a / b, n, clusters)
    low, high = found.ends(confidence)
    return Difference(value=found.value, low=low, high=high, n=n)


@dataclass(frozen=True, eq=False)
class Redrawn:
    """What a figure came to: `spread` over draws or, where `is_halved`, over halves; with one block after the other left out."""

    value: float
    spread: Figures
    left_out: Figures
    is_halved: bool
    groups: int

    @property
    def error(self) -> float | None:
        """Standard error. None where one item or group, or figures that are all equal or not finite, can't tell it."""
        if self.groups < 2 or not math.isfinite(sum(self.spread)) or self.spread.min() == self.spread.max():
            return None
        kept = self.groups // 2
        return float(self.spread.std(ddof=1)) * (math.sqrt(kept / (self.groups - kept)) if self.is_halved else 1)

    def ends(self, confidence: float) -> Ends:
        """None also where so much confidence takes more draws than there are."""
        if self.error is None:
            return None, None
        reach = quantile(confidence, self.groups - 1)
        if self.is_halved:
            return self.value - reach * self.error, self.value + reach * self.error
        z = reach * math.sqrt(self.groups / (self.groups - 1))  # draws are too near by that (Hesterberg 2015, section 5.3)
        if normal_tail(z) < 1 / (DRAWS + 1):
            return None, None
        return self._end(-z), self._end(z)

    def _end(self, z: float) -> float:
        import numpy as np

        below = float((self.spread < self.value).mean() + (self.spread <= self.value).mean()) / 2
        shift = normal_quantile(min(max(below, 1 / DRAWS), 1 - 1 / DRAWS))
        influence = self.left_out.mean() - self.left_out
        squares = float((influence**2).sum())
        lopsided = float((influence**3).sum()) / (6 * squares**1.5) if squares else 0.0
        narrowed = 1 - lopsided * (shift + z)
        at = shift + (shift + z) / narrowed if narrowed > 0 else math.copysign(math.inf, z)
        return float(np.quantile(self.spread, normal_tail(-at)))


def _redrawn(figures: tuple[Figure, ...], combined: Combined, n: int, clusters: Sequence[str] | None) -> Redrawn:
    import numpy as np

    samples = [_sample(f, n, _key(clusters)) for f in figures]
    is_halved = any(s.counts_repeats for s in samples)
    spreads = [_halved(f, n, _key(clusters)) if is_halved else s.drawn for f, s in zip(figures, samples, strict=True)]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread, left_out = combined(*spreads), combined(*(s.left_out for s in samples))
        return Redrawn(float(combined(*(np.float64(s.whole) for s in samples))), spread, left_out, is_halved, samples[0].groups)


@dataclass(frozen=True, eq=False)
class Sample:
    """One figure of all items, of draws, and with one block after the other left out. Equal draws for all figures of as many items.

    `counts_repeats`: all items twice come to another figure than once, by more than a standard error.
    """

    whole: float
    drawn: Figures
    left_out: Figures
    counts_repeats: bool
    groups: int


Groups = tuple[str, ...] | None


@lru_cache(maxsize=16)  # of one run's figures: each is asked for alone, against two others, and at many confidences
def _sample(figure: Figure, n: int, clusters: Groups) -> Sample:
    import numpy as np

    if n == 0:
        raise ValueError("no items to take a figure of")
    groups = _members(n, clusters)
    g = len(groups)
    draws = np.random.default_rng(SEED).integers(g, size=(DRAWS if g > 1 else 0, g))
    drawn = _figures(figure, groups, draws)
    blocks = np.array_split(np.random.default_rng(SEED).permutation(g), min(g, BLOCKS)) if g > 1 else []
    left_out = _figures(figure, groups, (np.setdiff1d(np.arange(g), b) for b in blocks))
    whole = float(figure(range(n)))
    again = abs(float(figure([*range(n)] * 2)) - whole) if g > 1 else 0.0
    return Sample(whole, drawn, left_out, bool(g > 1 and again > drawn.std()), g)


@lru_cache(maxsize=16)
def _halved(figure: Figure, n: int, clusters: Groups) -> Figures:
    import numpy as np

    groups, draw = _members(n, clusters), np.random.default_rng(SEED)
    return _figures(figure, groups, (draw.permutation(len(groups))[: len(groups) // 2] for _ in range(DRAWS)))


def _figures(figure: Figure, groups: Sequence[Sequence[int]], chosen: Iterable[npt.NDArray[np.int64]]) -> Figures:
    import numpy as np

    return np.array([figure([i for g in row.tolist() for i in groups[g]]) for row in chosen], dtype=np.float64)


def _members(n: int, clusters: Groups) -> list[list[int]]:
    """The items of each group. Raises ValueError where the groups aren't one an item."""
    members: dict[object, list[int]] = {}
    for i, cluster in zip(range(n), range(n) if clusters is None else clusters, strict=True):
        members.setdefault(cluster, []).append(i)
    return list(members.values())


def _key(clusters: Sequence[str] | None) -> Groups:
    return None if clusters is None else tuple(clusters)
