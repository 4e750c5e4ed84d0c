"""Which run of a sweep is best, and how sure that is. Pure.

Runs are ranked by the headline metric on the validation examples; the test examples, which chose nothing, only confirm. The
winner's score is the highest of many, so its interval, and those of its distance to the others, are widened: with m of them
each gets the confidence c^(1/m) (Šidák 1967), so that all of them hold together with confidence c.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ftexp.evaluation.statistics import Difference, Mean, mean, normal_quantile, paired_difference
from ftexp.values import Value

POWER = 0.8  # of the number of items that is said to be needed

Figures = tuple[float | None, ...]  # one an item, None where it has no score


class Contender(Value):
    """What a finished run brings to the ranking. Items are in the same order for all contenders."""

    number: int
    run: str
    name: str
    point: dict[str, str]
    validation: Figures
    validation_loss: float
    test: Figures
    base: Figures
    seconds: float

    @property
    def title(self) -> str:
        return " ".join(f"{key.rpartition('.')[2]}={value}" for key, value in self.point.items())


class Place(Value):
    """`behind_winner` is winner - this on the validation examples, None for the winner; `told_apart` whether it leaves out 0."""

    contender: Contender
    validation: Mean
    test: Mean | None
    against_base: Difference | None
    behind_winner: Difference | None
    told_apart: bool


class Ranking(Value):
    """Best first. `picked` is the winner's validation score with the interval widened for having been picked."""

    metric: str
    lower_is_better: bool
    confidence: float
    places: tuple[Place, ...]
    picked: Mean
    over_second: Difference | None
    items_needed: int | None

    @property
    def winner(self) -> Place:
        return self.places[0]

    @property
    def not_told_apart(self) -> tuple[Place, ...]:
        return tuple(p for p in self.places[1:] if not p.told_apart)


def rank(contenders: Sequence[Contender], metric: str, lower_is_better: bool, confidence: float) -> Ranking:
    """Equal scores are ranked by validation loss, then by number. Raises ValueError without a contender that has a score."""
    scored = [c for c in contenders if _known(c.validation)]
    if not scored:
        raise ValueError("no run has a score on the validation examples")
    ordered = sorted(scored, key=lambda c: (_rank_value(c, lower_is_better), c.validation_loss, c.number))
    winner, second = ordered[0], ordered[1] if len(ordered) > 1 else None
    among = joint_confidence(confidence, max(1, len(ordered) - 1))
    places = tuple(_place(c, winner, confidence, among, lower_is_better) for c in ordered)
    over_second = paired(winner.test, second.test, confidence) if second else None
    return Ranking(
        metric=metric,
        lower_is_better=lower_is_better,
        confidence=confidence,
        places=places,
        picked=mean(_known(winner.validation), joint_confidence(confidence, len(ordered))),
        over_second=over_second,
        items_needed=items_needed(winner.test, second.test, confidence) if second else None,
    )


def joint_confidence(confidence: float, intervals: int) -> float:
    """What each of so many intervals must hold with, so that all of them together hold with `confidence` (Šidák)."""
    return float(confidence ** (1 / intervals))


def paired(one: Figures, other: Figures, confidence: float) -> Difference | None:
    """Over the items that both have a score for; None where there are none."""
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return paired_difference([a for a, _ in pairs], [b for _, b in pairs], confidence) if pairs else None


def items_needed(one: Figures, other: Figures, confidence: float) -> int | None:
    """Items that would show the observed difference with a power of 80 %, None where there is no difference to show.

    n = ((z_confidence + z_power) s / d)^2, d and s the mean and standard deviation of the paired differences (Miller 2024).
    """
    each = [a - b for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    if len(each) < 2 or math.fsum(each) == 0:
        return None
    d = math.fsum(each) / len(each)
    variance = math.fsum((x - d) ** 2 for x in each) / (len(each) - 1)
    reach = normal_quantile((1 + confidence) / 2) + normal_quantile(POWER)
    return max(2, math.ceil(reach * reach * variance / (d * d)))


def _known(figures: Figures) -> list[float]:
    return [f for f in figures if f is not None]


def _rank_value(contender: Contender, lower_is_better: bool) -> float:
    known = _known(contender.validation)
    value = math.fsum(known) / len(known)
    return value if lower_is_better else -value


def _place(c: Contender, winner: Contender, confidence: float, among: float, lower_is_better: bool) -> Place:
    behind = None if c is winner else paired(winner.validation, c.validation, among)
    return Place(
        contender=c,
        validation=mean(_known(c.validation), confidence),
        test=mean(_known(c.test), confidence) if _known(c.test) else None,
        against_base=paired(c.test, c.base, confidence),
        behind_winner=behind,
        told_apart=behind is not None and _is_ahead(behind, lower_is_better),
    )


def _is_ahead(difference: Difference, lower_is_better: bool) -> bool:
    if difference.low is None or difference.high is None:
        return False
    return difference.high < 0 if lower_is_better else difference.low > 0
