"""What a gate looks at: the tuned model's figure, or that beside another subject's, over the items that all have a score for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ftexp.evaluation.estimates import Difference, Mean
from ftexp.evaluation.estimators import Groups, alone, difference, is_known, quotient
from ftexp.evaluation.evidence import evidence_of, evidence_of_difference, evidence_of_mean
from ftexp.evaluation.gates import Gate
from ftexp.evaluation.grouped import items_worth, real_groups
from ftexp.evaluation.holm import Evidence
from ftexp.evaluation.items import SubjectName
from ftexp.evaluation.metrics.base import MetricKind, Score, SetMetric

Estimate = Mean | Difference
Estimator = Callable[[float], Estimate | None]  # by the confidence of its interval
Proof = Callable[[float, bool], Evidence]  # by a threshold, and whether it is better to be above it


@dataclass(frozen=True)
class Compared:
    """`found` has the interval of the evaluation's confidence. `without` counts the items that lack a score, `why` the first does.

    `verdicts`: how many verdicts without groups a share of right ones is worth; None where what was found is no such share.
    """

    found: Estimate
    proof: Proof
    n: int
    without: int
    why: str
    verdicts: float | None


@dataclass(frozen=True)
class Obstacle:
    """Why nothing can be judged, and what to do about it. `found` is what was measured all the same, over `n` items."""

    reason: str
    way_out: str
    n: int = 0
    found: Estimate | None = None


def compared(
    gate: Gate, metric: MetricKind, scores: Mapping[SubjectName, Sequence[Score]], clusters: Groups, confidence: float
) -> Compared | Obstacle:
    """`scores` of the gate's metric by subject, `clusters` the group of each item, where items come in groups."""
    subjects: tuple[SubjectName, ...] = ("tuned",) if gate.against == "value" else ("tuned", gate.against)
    if absent := [s for s in subjects if not scores.get(s)]:
        return Obstacle(f"{absent[0]} has no scores", "a suite with items that it answers")
    known = _known(metric, [scores[s] for s in subjects], clusters)
    if not known.n + known.without:
        return Obstacle("no item that the metric is about", "a suite with items that it is about")
    if not known.n or known.n < known.without:
        return Obstacle(f"{known.without} of {known.n + known.without} items have no score{known.why}", "items that can be scored", known.n)
    found = _estimator(gate, metric, known)(confidence)
    if found is None:
        return Obstacle(f"{gate.against} is at 0, of which nothing is a multiple", "a margin instead of a ratio", known.n)
    if gate.chance is not None and (floor := _floor(gate, gate.chance, metric, known, confidence)):
        return Obstacle(floor, "a stronger base model, or easier items", known.n, found)
    return Compared(found, _proof(gate, metric, known), known.n, known.without, known.why, _verdicts(gate, metric, known))


@dataclass(frozen=True)
class Known:
    """The scores of the items that every side has one for, the tuned model's side first, and how many items lack one, and why."""

    sides: tuple[tuple[Score, ...], ...]
    groups: Groups
    without: int
    why: str

    @property
    def n(self) -> int:
        return len(self.sides[0])


def _known(metric: MetricKind, sides: Sequence[Sequence[Score]], clusters: Groups) -> Known:
    rows = {i: row for i, row in enumerate(zip(*sides, strict=True)) if all(score.applies for score in row)}
    known = [i for i, row in rows.items() if all(is_known(metric, score) for score in row)]
    why = next((s.reason for row in rows.values() for s in row if s.reason and not is_known(metric, s)), "")
    groups = [clusters[i] for i in known] if clusters else None
    kept = tuple(tuple(side[i] for i in known) for side in sides)
    return Known(kept, groups, len(rows) - len(known), f" ({why[:200]})" if why else "")


def _floor(gate: Gate, chance: float, metric: MetricKind, known: Known, confidence: float) -> str:
    """Why the other subject is too near to guessing to lose anything, or more than the margin; empty where it isn't."""
    other = alone(metric, known.sides[1], known.groups)(confidence)
    sign, bound = (-1, other.high) if metric.lower_is_better else (1, other.low)
    stands = f"{gate.against.replace('_', '-')} is at {other.value:.3g}"
    if bound is None:
        return f"{stands} with no interval, since nothing varies among its {len(known.sides[1])} items"
    if sign * (bound - chance) <= 0:
        return f"{stands}, within noise of what guessing gets ({chance:g})"
    if gate.margin is not None and sign * (other.value - chance) <= gate.margin:
        return f"{stands}, where mere guessing ({chance:g}) would be worse by at most {gate.margin:g} and pass"
    return ""


def _estimator(gate: Gate, metric: MetricKind, known: Known) -> Estimator:
    if gate.against == "value":
        return alone(metric, known.sides[0], known.groups)
    tuned, other = known.sides
    of_both = difference if gate.ratio_at_most is None else quotient
    return of_both(metric, tuned, other, known.groups)


def _proof(gate: Gate, metric: MetricKind, known: Known) -> Proof:
    """By the interval; of single scores, where there is one, by an exact test as well."""
    if isinstance(metric, SetMetric) or gate.ratio_at_most is not None:
        estimator = _estimator(gate, metric, known)
        return lambda threshold, upwards: evidence_of(lambda confidence: _ends(estimator(confidence)), threshold, upwards)
    tuned, *others = (_values(side) for side in known.sides)
    if not others:
        return lambda threshold, upwards: evidence_of_mean(tuned, threshold, upwards, known.groups)
    return lambda threshold, upwards: evidence_of_difference(tuned, others[0], threshold, upwards, known.groups)


def _ends(found: Estimate | None) -> tuple[float | None, float | None]:
    return (found.low, found.high) if found else (None, None)


def _verdicts(gate: Gate, metric: MetricKind, known: Known) -> float | None:
    if gate.against != "value" or not metric.is_verdict:
        return None
    return items_worth(_values(known.sides[0]), real_groups(known.groups))


def _values(scores: Sequence[Score]) -> list[float]:
    return [s.value for s in scores if s.value is not None]
