"""What a gate can show with the items that it has, before anything is answered. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ftexp.evaluation.gates import Fact, Gate, Rule
from ftexp.evaluation.judging import applying, rule_of
from ftexp.evaluation.power import Spread, items_for_margin, items_to_prove, right_needed, smallest_change
from ftexp.evaluation.scoring import suite_of
from ftexp.evaluation.suites import Evaluation
from ftexp.validation.findings import counted
from ftexp.values import Value


class Shown(Value):
    """`smallest_change` is how far from the threshold, or from the other subject, something has to be to be shown: None where
    nothing is, or nobody knows. `items_needed` would do where the items don't. `says` has it in words.
    """

    says: str
    smallest_change: float | None = None
    items_needed: int | None = None


class GatePower(Value):
    gate: str
    line: str
    metric: str
    wanted: str
    items: int
    shown: Shown


@dataclass(frozen=True)
class Confidences:
    """Of gates that are decided together, what the first and the last of them takes."""

    first: float
    last: float


def smallest_changes(
    evaluation: Evaluation, items_by_suite: Mapping[str, int], spreads: Mapping[str, Spread], facts: Collection[Fact] = ()
) -> tuple[GatePower, ...]:
    """Shown in four of five runs. `spreads` are those of an earlier run by metric, tuned against base; a verdict's is assumed.

    With the confidence that the first of all gates together has to reach: the last needs only that of the evaluation.
    """
    gates = applying(evaluation, facts)
    together = sum(gate.by == "interval" for gate in gates.values())
    confidences = Confidences(1 - (1 - evaluation.confidence) / max(1, together), evaluation.confidence)
    found = []
    for name, gate in gates.items():
        metric, rule, n = evaluation.by_name[gate.metric], rule_of(gate, evaluation), items_by_suite[suite_of(gate.metric)]
        assumed = Spread(kind="discordance", value=evaluation.assumed_discordance) if metric.is_verdict else None
        shown = _shown(gate, rule, n, metric.is_verdict, spreads.get(gate.metric, assumed), confidences)
        found.append(GatePower(gate=name, line=gate.line, metric=gate.metric, wanted=rule.wanted, items=n, shown=shown))
    return tuple(found)


def _shown(gate: Gate, rule: Rule, n: int, is_verdict: bool, spread: Spread | None, confidences: Confidences) -> Shown:
    if gate.by == "point":
        return Shown(says=f"decided by the value of {counted(n, 'item')} alone")
    if gate.against == "value" and is_verdict:
        return _share(rule, n, confidences)
    if gate.against == "value" or gate.ratio_at_most is not None or spread is None:
        return Shown(says="not known, until a first run on this data tells how much it varies")
    return _margin(gate.margin, n, spread, confidences.first) if gate.margin is not None else _gain(n, spread, confidences.first)


def _share(rule: Rule, n: int, confidences: Confidences) -> Shown:
    """By Wilson's interval: how many of n have to be right, or may be."""
    share = rule.threshold if rule.upwards else 1 - rule.threshold
    first, last = (right_needed(n, share, confidence) for confidence in (confidences.first, confidences.last))
    right, needed = first or last, items_to_prove(1.0, share, confidences.first) if first is None else None
    if right is None:
        ways = f"{needed:,} can" if needed else "nor can any number of them: decide it by point"
        return Shown(says=f"{counted(n, 'item')} can't show it, even without a fault; {ways}", items_needed=needed)
    says = f"passes with {right:,} of {n:,} items or more" if rule.upwards else f"passes with {n - right:,} of {n:,} items or fewer"
    late = f", but only after other gates; {needed:,} items wait for none" if needed else ""
    return Shown(says=says + late, smallest_change=right / n - share, items_needed=needed)


def _gain(n: int, spread: Spread, confidence: float) -> Shown:
    change = smallest_change(n, spread, confidence)
    if change is None:
        return Shown(says=f"{counted(n, 'item')} can't show any change")
    return Shown(says=f"{counted(n, 'item')} show a change of {_sized(change, spread)} or more", smallest_change=change)


def _margin(margin: float, n: int, spread: Spread, confidence: float) -> Shown:
    """A model that is no worse stays within a margin as large as the change that is shown."""
    change, needed = smallest_change(n, spread, confidence), items_for_margin(margin, spread, confidence)
    if change is not None and change <= margin:
        held = f"{counted(n, 'item')} show a change of {_sized(change, spread)} or more, within the margin of {_sized(margin, spread)}"
        return Shown(says=held, smallest_change=change)
    shows = f"only a change of {_sized(change, spread)}" if change else "no change"
    says = f"{counted(n, 'item')} show {shows}; the margin of {_sized(margin, spread)} takes about {needed:,}"
    return Shown(says=says, smallest_change=change, items_needed=needed)


def _sized(change: float, spread: Spread) -> str:
    return f"{100 * change:.1f} points" if spread.kind == "discordance" else f"{change:.3f}"
