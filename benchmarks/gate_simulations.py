"""Gates that are just at their thresholds, where any decision is wrong, and winners among equals, whose score is best by luck."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import numpy.typing as npt
from demands import Line, at_most, within
from scipy.special import ndtr
from simulations import CONFIDENCE, SIZES, Scores, f1, nearly_all

from ftexp.evaluation.holm import Evidence, decided
from ftexp.evaluation.statistics import evidence_of_difference, evidence_of_mean
from ftexp.sweep.ranking import Contender, rank

Array = npt.NDArray[np.float64]
Generator = np.random.Generator
Gate = Callable[[Array], Evidence]  # of numbers from 0 to 1, one an item


@cache
def of_share(right: int, n: int, threshold: float) -> Evidence:
    return evidence_of_mean([1.0] * right + [0.0] * (n - right), threshold, True)


@cache
def of_pairs(both: int, fixed: int, broken: int, neither: int, threshold: float) -> Evidence:
    tuned = [1.0] * (both + fixed) + [0.0] * (broken + neither)
    other = [1.0] * both + [0.0] * fixed + [1.0] * broken + [0.0] * neither
    return evidence_of_difference(tuned, other, threshold, True)


def share(truth: float) -> Gate:
    return lambda u: of_share(int((u < truth).sum()), len(u), truth)


def pairs(discordance: float, change: float, right: float) -> Gate:
    """Verdicts that change for `discordance` of the items, by `change` in sum; `right` of the others are right in both."""
    ends = np.cumsum([(discordance + change) / 2, (1 - discordance) * right, (1 - discordance) * (1 - right)])

    def evidence(u: Array) -> Evidence:
        fixed, both, neither, broken = np.bincount(np.searchsorted(ends, u), minlength=4)[:4].tolist()
        return of_pairs(both, fixed, broken, neither, change)

    return evidence


def score_pairs(u: Array) -> Evidence:
    """Half of the pairs differ, by as much up as down."""
    return evidence_of_difference(np.where(u < 0.25, 4 * u, 0).tolist(), np.where(u > 0.75, 4 * (1 - u), 0).tolist(), 0.0, True)


SETS: dict[str, tuple[Gate, ...]] = {
    "shares of .95": (share(0.95),) * 11,
    "margins of .10, 20% discordant": (pairs(0.2, -0.1, 0.5),) * 11,
    "changes of 0, 20% discordant": (pairs(0.2, 0.0, 0.8),) * 11,
    "of all kinds": (
        *(share(s) for s in (0.95, 0.9, 0.8, 0.5)),
        *(pairs(d, c, r) for d, c, r in ((0.2, 0.0, 0.5), (0.2, -0.1, 0.5), (0.5, 0.0, 0.9), (0.05, -0.025, 0.5))),
        *(score_pairs,) * 3,
    ),
}


def families(draw: Generator, draws: int) -> Iterator[Line]:
    for (name, gates), n, alike in ((g, n, alike) for g in SETS.items() for n in _sizes(g[0]) for alike in (0.0, 0.7)):
        wrong = sum(_any_decided(gates, ndtr(_normal(draw, len(gates), n, alike))) for _ in range(draws)) / draws
        together = f", correlated {alike:g}" if alike else ""
        yield at_most(f"{n:5} items, eleven gates{together}: {name}", [wrong], 1 - CONFIDENCE, draws)


def _sizes(name: str) -> tuple[int, ...]:
    return SIZES if name == "of all kinds" else (50, 200)


def _normal(draw: Generator, gates: int, n: int, alike: float) -> Array:
    """A row a gate. Of one item, all gates have a part in common."""
    mixed: Array = np.sqrt(alike) * draw.normal(size=n) + np.sqrt(1 - alike) * draw.normal(size=(gates, n))
    return mixed


def _any_decided(gates: tuple[Gate, ...], rows: Array) -> bool:
    found = decided([gate(row) for gate, row in zip(gates, rows, strict=True)], CONFIDENCE)
    return set(found) != {"inconclusive"}


def verdicts(draw: Generator, draws: int, n: int) -> Array:
    return (draw.random((draws, n)) < 0.65).astype(float)


def winners(draw: Generator, draws: int) -> Iterator[Line]:
    """By the ranking of a sweep."""
    kinds: tuple[tuple[Scores, float, tuple[int, ...]], ...] = (
        (verdicts, 0.65, (50, 200)),
        (f1, 0.65, (50, 200)),
        (nearly_all, 0.925, (50, 200)),
    )
    for scores, truth, sizes in kinds:
        for cells, n in ((c, n) for c in (9, 50) for n in sizes):
            covered = np.mean([_picked_covers(scores(draw, cells, n), truth) for _ in range(draws)])
            what = f"{n:5} items, best of {cells} equal cells, {scores.__name__.replace('_', ' ')}"
            yield within(what, [float(covered)], 0.93, None, draws)


def _picked_covers(rows: Array, truth: float) -> bool:
    picked = rank([_contender(i, row) for i, row in enumerate(rows.tolist())], "s/m", False, CONFIDENCE).picked
    return picked.low is not None and picked.high is not None and picked.low <= truth <= picked.high


def _contender(number: int, scores: list[float]) -> Contender:
    return Contender(number=number, run="", name="", point={}, validation=tuple(scores), validation_loss=1.0, test=(), base=(), seconds=1.0)
