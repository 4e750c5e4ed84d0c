"""Why a gate came out as it did, and what to do now, in words. Pure."""

from __future__ import annotations

from typing import assert_never

from ftexp.evaluation.compared import Compared, Obstacle
from ftexp.evaluation.gates import Gate, Result, Rule
from ftexp.evaluation.scoring import suite_of
from ftexp.evaluation.suites import Evaluation, FileItems, GeneratedItems, ShippedItems, TestItems
from ftexp.validation.findings import counted


def reason(gate: Gate, rule: Rule, c: Compared | Obstacle, result: Result, together: int) -> str:
    """`together` counts the gates that were decided together."""
    if isinstance(c, Obstacle):
        return c.reason
    without = f"; {c.without} of {c.n + c.without} items have no score{c.why}" if c.without else ""
    return (_by_point(rule, c) if gate.by == "point" else _by_interval(rule, c, result, together)) + without


def _by_point(rule: Rule, c: Compared) -> str:
    return f"by the value alone: {c.found.value:.3g} is {_side(rule, c)} {rule.threshold:g}"


def _by_interval(rule: Rule, c: Compared, result: Result, together: int) -> str:
    low, high = c.found.low, c.found.high
    if low is None or high is None:
        return f"{counted(c.n, 'item')} can't tell an interval"
    if result == "inconclusive" and low <= rule.threshold <= high:
        return f"the interval holds {rule.threshold:g}"
    whole = f"the whole interval is {_side(rule, c)} {rule.threshold:g}"
    if result == "inconclusive" and together == 1:
        return f"{whole}, but an exact test doesn't show it"
    if result == "inconclusive":
        return f"{whole}, but not with the confidence that {together} gates together ask for"
    return whole if together == 1 else f"{whole}, also with the confidence that {together} gates together ask for"


def _side(rule: Rule, c: Compared) -> str:
    value = c.found.value
    return "above" if value > rule.threshold else "below" if value < rule.threshold else "at"


def next_step(gate: Gate, c: Compared | Obstacle, result: Result, needed: int | None, evaluation: Evaluation) -> str:
    """Empty after a pass."""
    if isinstance(c, Obstacle):
        return c.way_out
    if result == "inconclusive":
        return more_items(suite_of(gate.metric), evaluation, needed)
    return "" if result == "pass" else gate.remedy or f"look at the items that {gate.metric} finds wrong"


def more_items(suite: str, evaluation: Evaluation, needed: int | None) -> str:
    """How to ask for them; None: nobody knows how many."""
    items, many = evaluation.suites[suite].items, f"about {needed:,}" if needed else "many more"
    match items:
        case TestItems(count=None):
            return f"{many} items: a larger test split of the dataset"
        case TestItems() | GeneratedItems():
            return f"{many} items: eval.suites.{suite}.items.count={needed or 'N'}"
        case ShippedItems():
            return f"{many} items: those of the suite, with your own behind them, in a file at eval.suites.{suite}.items"
        case FileItems():
            return f"{many} items: a longer file in eval.suites.{suite}.items.path"
    assert_never(items)
