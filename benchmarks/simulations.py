"""Draws from known truths, and how often what is said of them is right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt
from demands import Line, at_most, within

from ftexp.evaluation.estimates import Difference, Mean
from ftexp.evaluation.power import Spread, items_to_prove, smallest_change
from ftexp.evaluation.quantiles import quantile
from ftexp.evaluation.shares import Table, wilson
from ftexp.evaluation.statistics import figure_mean, figure_ratio, mean, paired_difference, ratio

Array = npt.NDArray[np.float64]
Generator = np.random.Generator
Scores = Callable[[Generator, int, int], Array]  # rows of items

SIZES, DISCORDANCES = (50, 200, 1000), (0.05, 0.2, 0.5)
RIGHT_BOTH = (0.5, 0.9, 1.0)  # of the items whose verdict doesn't change
LEAST, MOST, MOST_FROM = 0.935, 0.97, 200
CONFIDENCE = 0.95
ENOUGH_CHANGED = 20


def covering(what: str, found: Sequence[float], n: int, draws: int) -> Line:
    return within(what, found, LEAST, MOST if n >= MOST_FROM else None, draws)


# Pairs of verdicts


@cache
def newcombe(both: int, fixed: int, broken: int, neither: int) -> tuple[float, float]:
    return Table(both, fixed, broken, neither).newcombe(quantile(CONFIDENCE, None))


def tables(draw: Generator, n: int, discordance: float, change: float, right: float, draws: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """Tables with how often each came."""
    same = 1 - discordance
    shares = np.array([same * right, (discordance + change) / 2, (discordance - change) / 2, same * (1 - right)]).clip(0)
    found, counts = np.unique(draw.multinomial(n, shares / shares.sum(), size=draws), axis=0, return_counts=True)
    yield from ((tuple(map(int, row)), int(count)) for row, count in zip(found, counts, strict=True))


def verdict_pairs(draw: Generator, draws: int) -> Iterator[Line]:
    for n, discordance in product(SIZES, DISCORDANCES):
        better, covered = [], dict[str, list[float]](nothing=[], half=[])
        for right, (name, share) in product(RIGHT_BOTH, (("nothing", 0.0), ("half", 0.5))):
            change = share * discordance
            cases = [(newcombe(*t), count) for t, count in tables(draw, n, discordance, change, right, draws)]
            covered[name].append(sum(c for (low, high), c in cases if low <= change <= high) / draws)
            if not share:
                better.append(sum(c for (low, _), c in cases if low > 0) / draws)
        case = f"{n:5} items, {discordance:.0%} discordant"
        yield at_most(f"{case}: better, though nothing changed", better, 0.05, draws)
        yield covering(f"{case}: covers, nothing changed", covered["nothing"], n, draws)
        yield covering(f"{case}: covers, half of it gained", covered["half"], n, draws)


def powers(draw: Generator, draws: int) -> Iterator[Line]:
    """Of the smallest change that is promised. Where fewer verdicts change, the promise is smaller than what is shown."""
    for n, discordance in product(SIZES, DISCORDANCES):
        spread = Spread(kind="discordance", value=discordance)
        change = smallest_change(n, spread, CONFIDENCE)
        if change is None:
            continue
        shown = []
        for right in RIGHT_BOTH:
            cases = tables(draw, n, max(discordance, change), change, right, draws)
            shown.append(sum(c for t, c in cases if newcombe(*t)[0] > 0) / draws)
        few = n * discordance < ENOUGH_CHANGED
        yield within(
            f"{n:5} items, {discordance:.0%} discordant: a change of {change:.3f} is shown", shown, 0.75, None if few else 0.85, draws
        )


def powers_of_shares(draw: Generator, draws: int) -> Iterator[Line]:
    for share, threshold in ((0.9, 0.8), (0.98, 0.95), (0.6, 0.5)):
        n = items_to_prove(share, threshold, CONFIDENCE)
        assert n, "above the threshold"
        shown = float(np.mean([wilson(int(right), n, CONFIDENCE)[0] > threshold for right in draw.binomial(n, share, size=draws)]))
        yield within(f"{n:5} items, {share:g} right: shown to be above {threshold:g}", [shown], 0.75, 0.85, draws)


# Scores that are no verdicts


def f1(draw: Generator, draws: int, n: int) -> Array:
    """As a token F1: some nothing, some all, the rest between. Mean .65."""
    which = draw.random((draws, n))
    return np.where(which < 0.1, 0.0, np.where(which < 0.5, 1.0, draw.beta(2, 2, (draws, n))))


def nearly_all(draw: Generator, draws: int, n: int) -> Array:
    """Mean .925."""
    return np.where(draw.random((draws, n)) < 0.85, 1.0, draw.beta(2, 2, (draws, n)))


def seconds(draw: Generator, draws: int, n: int) -> Array:
    return draw.lognormal(0, 0.5, (draws, n))


def means(draw: Generator, draws: int) -> Iterator[Line]:
    for n in SIZES:
        for share in (0.5, 0.8, 0.95):
            found = [wilson(int(right), n, CONFIDENCE) for right in draw.binomial(n, share, size=draws)]
            yield covering(f"{n:5} verdicts, {share:g} right", [float(np.mean([low <= share <= high for low, high in found]))], n, draws)
        for scores, truth in ((f1, 0.65), (nearly_all, 0.925)):
            yield covering(f"{n:5} scores as of {scores.__name__}", [_covered(scores(draw, draws // 5, n), truth)], n, draws // 5)
        yield _told(f"{n:5} skewed figures of any size, log-normal", _covered(seconds(draw, draws // 5, n), float(np.exp(0.125))))


def _covered(rows: Array, truth: float) -> float:
    return float(np.mean([_holds(mean(row, CONFIDENCE), truth) for row in rows.tolist()]))


def _holds(found: Mean | Difference | None, truth: float) -> bool:
    return found is not None and found.low is not None and found.high is not None and found.low <= truth <= found.high


def _told(what: str, measured: float) -> Line:
    return Line(what, (measured, measured))


def score_pairs(draw: Generator, draws: int) -> Iterator[Line]:
    """Promised where ten pairs or more differ: fewer tell a spread too little."""
    for n, changed in product(SIZES, DISCORDANCES):
        differ = draw.random((draws, n)) < changed
        case = f"{n:5} items, {changed:.0%} differ"
        alike = _differences(differ * draw.uniform(-1, 1, differ.shape))
        yield at_most(f"{case}: better, though nothing changed", [_share(d.low is not None and d.low > 0 for d in alike)], 0.05, draws)
        gained = _differences(differ * draw.beta(2, 1, differ.shape) * np.where(draw.random(differ.shape) < 0.75, 1, -1))
        for name, found, truth in (("nothing changed", alike, 0.0), ("half of it gained", gained, changed / 3)):
            what, covered = f"{case}: covers, {name}", _share(_holds(d, truth) for d in found)
            yield covering(what, [covered], n, draws) if n * changed >= 10 else _told(what, covered)


def _differences(rows: Array) -> list[Difference]:
    nothing = [0.0] * rows.shape[1]
    return [paired_difference(row, nothing, CONFIDENCE) for row in rows.tolist()]


def _share(each: Iterable[bool]) -> float:
    return float(np.mean([*each]))


def ratios(draw: Generator, draws: int) -> Iterator[Line]:
    for n in SIZES:
        base = seconds(draw, draws, n)
        tuned = base * draw.lognormal(0, 0.3, (draws, n)) * 1.1
        found = [ratio(a, b, CONFIDENCE) for a, b in zip(tuned.tolist(), base.tolist(), strict=True)]
        covered = float(np.mean([_holds(r, 1.1 * float(np.exp(0.045))) for r in found]))
        yield covering(f"{n:5} items: ratio of two means", [covered], n, draws)


# Groups


def groups(draw: Generator, draws: int) -> Iterator[Line]:
    for count, alike in product((20, 50), (0.0, 0.1, 0.3)):
        size, n = 10, 10 * count
        clusters, case = [str(i // size) for i in range(n)], f"{count} groups of {size}, correlation {alike:g} in a group"

        def chances(share: float, count: int = count, size: int = size, alike: float = alike) -> Array:
            return _each_group(draw, draws, count, size, share, alike)

        right = (draw.random((draws, n)) < chances(0.8)).astype(float).tolist()
        yield covering(f"{case}: verdicts", [_share(_holds(mean(r, CONFIDENCE, clusters), 0.8) for r in right)], n, draws)
        yield _told(f"{case}: verdicts as if without groups", _share(_holds(mean(r, CONFIDENCE), 0.8) for r in right))
        scores = ((chances(0.6) + draw.beta(3, 2, (draws, n))) / 2).tolist()
        yield covering(f"{case}: scores", [_share(_holds(mean(r, CONFIDENCE, clusters), 0.6) for r in scores)], n, draws)
        changed, better = draw.random((draws, n)) < 0.3, draw.random((draws, n)) < chances(0.5)
        tuned, other = (np.where(changed, b, 1).astype(float).tolist() for b in (better, ~better))
        pairs = [paired_difference(a, b, CONFIDENCE, clusters) for a, b in zip(tuned, other, strict=True)]
        yield covering(f"{case}: pairs of verdicts", [_share(_holds(d, 0) for d in pairs)], n, draws)
        yield at_most(f"{case}: better, though nothing changed", [_share(d.low is not None and d.low > 0 for d in pairs)], 0.05, draws)


def few_groups(draw: Generator, draws: int) -> Iterator[Line]:
    """Not promised: where few groups are much alike and nearly all is right, the groups that aren't may be missing."""
    for count, size, share in ((5, 40, 0.9), (10, 30, 0.9), (20, 10, 0.9)):
        right = (draw.random((draws, count * size)) < _each_group(draw, draws, count, size, share, 0.3)).astype(float).tolist()
        clusters = [str(i // size) for i in range(count * size)]
        covered = _share(_holds(mean(r, CONFIDENCE, clusters), share) for r in right)
        yield _told(f"{count:2} groups of {size}, correlation 0.3 in a group: verdicts, {share:g} right", covered)


def _each_group(draw: Generator, draws: int, count: int, size: int, share: float, alike: float) -> Array:
    """The probability of each item to be right: one for a group, which vary so that two of a group correlate."""
    if not alike:
        return np.full((draws, count * size), share)
    both = 1 / alike - 1
    return np.repeat(draw.beta(share * both, (1 - share) * both, (draws, count)), size, axis=1)


# Figures of all items together


def figures(draw: Generator, draws: int) -> Iterator[Line]:
    n, many = 200, 200_000
    wanted, said = _classified(draw, many)
    truth, found = _macro_f1(wanted, said), []
    for _ in range(draws):
        wanted, said = _classified(draw, n)
        found.append(_holds(figure_mean(lambda i, w=wanted, s=said: _macro_f1(w[i], s[i]), n, CONFIDENCE), truth))  # type: ignore[misc]
    yield within(f"{n:5} items: macro-F1 of four classes", [float(np.mean(found))], LEAST, None, draws)
    truth, found, ratios = float(np.exp(0.6 * 1.6448536)), [], []
    for _ in range(draws):
        base, tuned = draw.lognormal(0, 0.6, n), draw.lognormal(0, 0.6, n)
        of_base, of_tuned = ((lambda i, x=x: float(np.quantile(x[i], 0.95))) for x in (base, tuned))
        found.append(_holds(figure_mean(of_base, n, CONFIDENCE), truth))
        ratios.append(_holds(figure_ratio(of_tuned, of_base, n, CONFIDENCE), 1.0))
    yield within(f"{n:5} items: 95th percentile", [float(np.mean(found))], LEAST, None, draws)
    yield within(f"{n:5} items: ratio of two 95th percentiles", [float(np.mean(ratios))], LEAST, None, draws)
    truth, found = float(np.mean([_distinct(_words(draw, n)) for _ in range(2000)])), []
    for _ in range(draws):
        words = _words(draw, n)
        found.append(_holds(figure_mean(lambda i, w=words: _distinct(w[i]), n, CONFIDENCE), truth))  # type: ignore[misc]
    yield within(f"{n:5} items: share of distinct words", [float(np.mean(found))], LEAST, None, draws)


def _classified(draw: Generator, n: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    wanted = draw.choice(4, n, p=[0.45, 0.25, 0.2, 0.1])
    return wanted, np.where(draw.random(n) < 0.75, wanted, draw.choice(4, n))


def _macro_f1(wanted: npt.NDArray[np.int64], said: npt.NDArray[np.int64]) -> float:
    hits = np.bincount(wanted[wanted == said], minlength=4)
    all_said = np.bincount(wanted, minlength=4) + np.bincount(said, minlength=4)
    return float((2 * hits / np.maximum(all_said, 1)).mean())


def _words(draw: Generator, n: int) -> npt.NDArray[np.int64]:
    """Fifteen an item, as often as words are."""
    return np.minimum(draw.zipf(1.3, (n, 15)), 5000)


def _distinct(words: npt.NDArray[np.int64]) -> float:
    return float(np.count_nonzero(np.bincount(words.ravel()))) / words.size
