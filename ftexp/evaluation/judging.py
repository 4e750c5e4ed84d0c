"""From scores to the outcome of every gate. Pure.

Gates by interval are decided together, so that among many none is decided by chance alone; gates by point each by its value.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from ftexp.evaluation.compared import Compared, Obstacle, compared
from ftexp.evaluation.explaining import next_step, reason
from ftexp.evaluation.gates import Fact, Gate, GateReport, Judged, Result, Rule
from ftexp.evaluation.holm import decided
from ftexp.evaluation.power import POWER, items_to_prove
from ftexp.evaluation.quantiles import normal_quantile
from ftexp.evaluation.scoring import Scores, suite_of
from ftexp.evaluation.suites import Evaluation

MANY = 100_000  # more items than anyone makes

Found = Mapping[str, Compared | Obstacle]  # by gate


def judge(evaluation: Evaluation, scores: Scores, facts: Collection[Fact] = ()) -> GateReport:
    """`facts` are those that hold; gates that apply only with another are left out."""
    gates = applying(evaluation, facts)
    found = {name: _compared(gate, evaluation, scores) for name, gate in gates.items()}
    results = _results(evaluation, gates, found)
    judged = tuple(_judged(name, evaluation, found[name], results) for name in gates)
    left_out = {name: f"applies only if {gate.only_if}" for name, gate in evaluation.gates.items() if name not in gates}
    return GateReport(gates=judged, left_out=left_out)


def applying(evaluation: Evaluation, facts: Collection[Fact]) -> dict[str, Gate]:
    return {name: gate for name, gate in evaluation.gates.items() if gate.only_if is None or gate.only_if in facts}


def _compared(gate: Gate, evaluation: Evaluation, scores: Scores) -> Compared | Obstacle:
    metric, clusters = evaluation.by_name[gate.metric], scores.clusters.get(suite_of(gate.metric))
    return compared(gate, metric, scores.by_metric[gate.metric], clusters, evaluation.confidence)


def _results(evaluation: Evaluation, gates: Mapping[str, Gate], found: Found) -> dict[str, Result]:
    results: dict[str, Result] = {}
    evidence = {}
    for name, gate in gates.items():
        c, rule = found[name], rule_of(gate, evaluation)
        if isinstance(c, Obstacle):
            results[name] = "not_measurable"
        elif gate.by == "point":
            results[name] = "pass" if rule.is_met(c.found.value) else "fail"
        else:
            evidence[name] = c.proof(rule.threshold, rule.upwards)
    return results | dict(zip(evidence, decided(list(evidence.values()), evaluation.confidence), strict=True))


def rule_of(gate: Gate, evaluation: Evaluation) -> Rule:
    return gate.rule(evaluation.by_name[gate.metric].lower_is_better)


def _judged(name: str, evaluation: Evaluation, c: Compared | Obstacle, results: Mapping[str, Result]) -> Judged:
    gate, result = evaluation.gates[name], results[name]
    rule = rule_of(gate, evaluation)
    together = sum(evaluation.gates[n].by == "interval" and r != "not_measurable" for n, r in results.items())
    undecided = sum(r == "inconclusive" for r in results.values())
    needed = None
    if isinstance(c, Compared) and result == "inconclusive":
        needed = items_needed(c, rule, 1 - (1 - evaluation.confidence) / undecided, evaluation.confidence)
    return Judged(
        gate=name,
        line=gate.line,
        metric=gate.metric,
        result=result,
        compared=gate.compared,
        value=c.found.value if c.found else None,
        low=c.found.low if c.found else None,
        high=c.found.high if c.found else None,
        n=c.n,
        threshold=rule.threshold,
        wanted=rule.wanted,
        reason=reason(gate, rule, c, result, together),
        next_step=next_step(gate, c, result, needed, evaluation),
        items_needed=needed,
    )


def items_needed(c: Compared, rule: Rule, confidence: float, plain: float) -> int | None:
    """With which four in five runs decide, if all is as found, at this confidence; `plain` is that of the interval which was found.

    Of shares by Wilson's interval; any other narrows with the square root of its items. None where that can't be told, as from one
    item, or where nobody makes so many.
    """
    value, distance = c.found.value, abs(c.found.value - rule.threshold)
    bound = c.found.low if value > rule.threshold else c.found.high
    if bound is None or distance == 0:
        return None
    if c.verdicts is not None:
        share, threshold = (value, rule.threshold) if value > rule.threshold else (1 - value, 1 - rule.threshold)
        needed = (items_to_prove(share, threshold, confidence) or math.inf) * c.n / c.verdicts
    else:
        reached, reach = normal_quantile((1 + plain) / 2), normal_quantile((1 + confidence) / 2) + normal_quantile(POWER)
        needed = c.n * (reach / reached * abs(value - bound) / distance) ** 2
    return max(c.n + 1, math.ceil(needed)) if needed <= MANY else None
