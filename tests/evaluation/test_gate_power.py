"""What each gate can show with its items, before a run."""

from __future__ import annotations

from typing import Any

import pytest

from ftexp.backends.results import Generation
from ftexp.evaluation.gate_power import GatePower, smallest_changes
from ftexp.evaluation.power import Spread
from ftexp.evaluation.statistics import wilson
from ftexp.evaluation.suites import Evaluation

METRICS = {"right": {"kind": "exact_match"}, "overlap": {"kind": "chrf"}}


def power(n: int, spreads: dict[str, Spread] | None = None, **gates: dict[str, Any]) -> list[GatePower]:
    evaluation = Evaluation.model_validate(
        {
            "name": "e",
            "few_shot": 0,
            "generation": Generation(max_new_tokens=8, batch_size=4),
            "suites": {"test": {"items": "test", "metrics": METRICS}},
            "headline": "test/right",
            "confidence": 0.95,
            "gates": {name: {"line": "is it so?", "metric": "test/right"} | gate for name, gate in gates.items()},
        }
    )
    return list(smallest_changes(evaluation, {"test": n}, spreads or {}))


FORMAT = {"above": 0.95}
KEPT = {"against": "base", "margin": 0.1}


@pytest.mark.parametrize(("n", "right"), [(100, 100), (200, 197), (500, 485)])
def test_a_share_says_how_many_items_have_to_be_right(n: int, right: int) -> None:
    """The counts of the literature for "more than 95 %" by Wilson's interval."""
    (found,) = power(n, format=FORMAT)
    assert found.shown.says == f"passes with {right} of {n} items or more"
    assert found.shown.smallest_change == pytest.approx(right / n - 0.95)
    assert wilson(right, n, 0.95)[0] > 0.95 > wilson(right - 1, n, 0.95)[0]


def test_too_few_items_for_a_share_are_told_with_the_number_that_does() -> None:
    (found,) = power(50, format=FORMAT)
    assert found.shown.smallest_change is None and found.shown.items_needed == 73
    assert power(73, format=FORMAT)[0].shown.smallest_change is not None
    assert found.shown.says == "50 items can't show it, even without a fault; 73 can"


def test_a_share_of_at_most() -> None:
    (found,) = power(200, leak={"at_most": 0.05})
    assert found.shown.says == "passes with 3 of 200 items or fewer"


def test_perfection_is_shown_by_no_number_of_items() -> None:
    for gate in ({"at_least": 1.0}, {"at_most": 0.0}):
        (found,) = power(1000, g=gate)
        assert found.shown.items_needed is None and "nor can any number" in found.shown.says


def test_a_margin_takes_as_many_items_as_show_a_change_of_its_size() -> None:
    (few,), (enough,) = power(120, kept=KEPT), power(157, kept=KEPT)
    assert few.shown.items_needed == 157 and few.shown.says.endswith("the margin of 10.0 points takes about 157")
    assert enough.shown.items_needed is None and enough.shown.smallest_change == pytest.approx(0.1, abs=0.0005)


def test_a_gain_is_shown_as_in_the_plan_of_its_metric() -> None:
    (found,) = power(100, better={"against": "base", "better_by": 0})
    assert found.shown.says == "100 items show a change of 12.5 points or more"
    assert power(3, better={"against": "base", "better_by": 0})[0].shown.says == "3 items can't show any change"


def test_several_gates_together_take_more_items() -> None:
    alone, together = power(120, a=FORMAT)[0], power(120, a=FORMAT, b=FORMAT, c=KEPT)[0]
    assert alone.shown.smallest_change is not None and together.shown.smallest_change is not None
    assert together.shown.smallest_change > alone.shown.smallest_change
    assert power(120, a=FORMAT, b=FORMAT | {"by": "point"})[0] == alone


def test_a_share_that_waits_for_other_gates_says_so() -> None:
    found = power(80, a=FORMAT, b=KEPT)[0].shown
    assert (found.says, found.items_needed) == (
        "passes with 80 of 80 items or more, but only after other gates; 96 items wait for none",
        96,
    )


def test_a_score_that_is_no_verdict_is_known_only_from_an_earlier_run() -> None:
    gate = {"metric": "test/overlap", "against": "base", "margin": 0.1}
    assert power(100, kept=gate)[0].shown.says.startswith("not known")
    (known,) = power(100, {"test/overlap": Spread(kind="deviation", value=0.3)}, kept=gate)
    assert known.shown.says == "100 items show a change of 0.084 or more, within the margin of 0.100"


def test_a_gate_by_point_needs_no_items_to_show_it() -> None:
    assert power(1, format=FORMAT | {"by": "point"})[0].shown.says == "decided by the value of 1 item alone"


def test_no_item_at_all_shows_nothing() -> None:
    assert [g.shown.smallest_change for g in power(0, a=FORMAT, b=KEPT)] == [None, None]
