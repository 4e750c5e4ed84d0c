"""Every outcome of a gate, by scores that are small enough to count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from ftexp.backends.results import Generation
from ftexp.errors import ExitCode
from ftexp.evaluation.gates import GateReport, Judged
from ftexp.evaluation.items import SubjectName
from ftexp.evaluation.judging import judge
from ftexp.evaluation.metrics.base import Score
from ftexp.evaluation.scoring import Scores
from ftexp.evaluation.suites import Evaluation

GENERAL = {"kind": "generated", "suite": "general", "count": 300}
Found = dict[SubjectName, Sequence[float | None]]


def evaluation(confidence: float = 0.95, **gates: dict[str, Any]) -> Evaluation:
    return Evaluation.model_validate(
        {
            "name": "e",
            "few_shot": 0,
            "generation": Generation(max_new_tokens=8, batch_size=4),
            "suites": {
                "test": {
                    "items": "test",
                    "metrics": {"right": {"kind": "exact_match"}, "loss": {"kind": "held_out_loss"}, "length": {"kind": "length_ratio"}},
                },
                "general": {"items": GENERAL, "metrics": {"right": {"kind": "exact_match"}}},
            },
            "headline": "test/right",
            "confidence": confidence,
            "gates": {name: {"line": "is it so?", "metric": "test/right"} | gate for name, gate in gates.items()},
        }
    )


def scores(clusters: dict[str, tuple[str, ...]] | None = None, **by_metric: Found) -> Scores:
    """`test__right={"tuned": [1, 0]}`; a metric that isn't said has no item scored."""
    nothing: Found = {"base": [None], "tuned": [None]}
    said = {"test/right": nothing, "test/loss": nothing, "general/right": nothing}
    said |= {name.replace("__", "/"): found for name, found in by_metric.items()}
    why = "no seconds"
    made = {m: {s: tuple(Score(value=v, reason="" if v is not None else why) for v in vs) for s, vs in f.items()} for m, f in said.items()}
    return Scores(by_metric=made, clusters=clusters or {})


def share(right: int, of: int) -> list[float]:
    return [1.0] * right + [0.0] * (of - right)


def only(gate: dict[str, Any], tuned: Sequence[float | None], base: Sequence[float | None] = (), metric: str = "test/right") -> Judged:
    """The outcome of one gate on one metric."""
    given: Found = {"tuned": tuned, "base": base or [0.0] * len(tuned)}
    found = scores(**{metric.replace("/", "__"): given})
    return judge(evaluation(g=gate | {"metric": metric}), found).gates[0]


FORMAT = {"above": 0.95}
BETTER = {"against": "base", "better_by": 0}
KEPT = {"against": "base", "margin": 0.1}


@pytest.mark.parametrize(("right", "result"), [(200, "pass"), (192, "inconclusive"), (150, "fail")])
def test_a_share_is_judged_by_its_whole_interval(right: int, result: str) -> None:
    found = only(FORMAT, share(right, 200))
    assert (found.result, found.value, found.n, found.threshold) == (result, right / 200, 200, 0.95)
    assert found.compared == "tuned" and found.wanted == "more than 0.95"


def test_the_same_share_passes_by_its_value_alone_where_the_gate_asks_so() -> None:
    assert only({**FORMAT, "by": "point"}, share(192, 200)).result == "pass"
    assert only({**FORMAT, "by": "point"}, share(190, 200)).result == "fail"  # at the threshold is not above it
    assert only({"at_least": 0.95, "by": "point"}, share(190, 200)).result == "pass"


def test_inconclusive_says_how_many_items_would_decide_and_how_to_ask_for_them() -> None:
    found = only({"above": 0.9}, share(188, 200), metric="general/right")
    assert found.result == "inconclusive" and found.items_needed is not None and 300 < found.items_needed < 1500
    assert f"eval.suites.general.items.count={found.items_needed}" in found.next_step
    decided = only({"above": 0.9}, share(round(0.94 * found.items_needed), found.items_needed), metric="general/right")
    assert (decided.result, decided.items_needed, decided.next_step) == ("pass", None, "")


def test_a_share_below_a_threshold_takes_as_many_items_as_its_opposite_above() -> None:
    below, above = only({"at_most": 0.05}, share(4, 200)), only({"at_least": 0.95}, share(196, 200))
    assert below.result == above.result == "inconclusive"
    assert below.items_needed == above.items_needed is not None


def test_more_test_items_are_asked_of_the_dataset() -> None:
    assert only({"above": 0.9}, share(188, 200)).next_step.endswith("items: a larger test split of the dataset")


def test_several_gates_take_more_items_to_decide_than_one() -> None:
    found = scores(test__right={"tuned": share(188, 200)})
    (alone,), together = (
        judge(evaluation(a={"above": 0.9}), found).gates,
        judge(evaluation(a={"above": 0.9}, b={"above": 0.9}), found).gates,
    )
    assert alone.items_needed is not None and together[0].items_needed is not None
    assert together[0].items_needed > 1.2 * alone.items_needed


def test_a_number_of_items_that_nobody_makes_is_not_told() -> None:
    found = only({"above": 0.5}, share(501, 1000))
    assert (found.result, found.items_needed) == ("inconclusive", None)


def test_a_value_at_the_threshold_is_decided_by_no_number_of_items() -> None:
    found = only({"at_least": 0.5}, share(50, 100))
    assert (found.result, found.items_needed) == ("inconclusive", None)
    assert "many more" in found.next_step


def test_better_than_the_base_is_shown_item_by_item() -> None:
    found = only(BETTER, tuned=share(70, 100), base=share(40, 100))
    assert (found.result, found.compared, found.wanted) == ("pass", "tuned - base", "better than base")
    assert found.value == pytest.approx(0.3) and found.low is not None and found.low > 0
    assert only(BETTER, tuned=share(40, 100), base=share(70, 100)).result == "fail"


def test_no_item_that_changed_its_verdict_is_no_difference_and_stays_within_the_margin() -> None:
    assert only(BETTER, share(60, 100), share(60, 100)).result == "inconclusive"
    assert only(KEPT, share(180, 300), share(180, 300)).result == "pass"


def test_twelve_items_show_no_margin_even_where_all_are_right() -> None:
    assert only(KEPT, share(12, 12), share(12, 12)).result == "inconclusive"
    assert only(FORMAT, share(12, 12)).result == "inconclusive"


@pytest.mark.parametrize("gate", [FORMAT, BETTER, KEPT])
def test_one_item_decides_nothing(gate: dict[str, Any]) -> None:
    assert only(gate, [1.0], [1.0]).result == "inconclusive"


def test_one_item_without_an_interval_says_so() -> None:
    found = only({"at_most": 2.0}, [1.5], metric="test/loss")
    assert (found.result, found.reason, found.items_needed) == ("inconclusive", "1 item can't tell an interval", None)


def test_a_loss_gets_better_downwards() -> None:
    worse = [1.0 + n / 100 for n in range(50)]
    better = [n / 100 - (n % 3) / 50 for n in range(50)]
    assert only(BETTER, tuned=better, base=worse, metric="test/loss").result == "pass"
    assert only(BETTER, tuned=worse, base=better, metric="test/loss").result == "fail"
    kept = only(KEPT, tuned=worse, base=better, metric="test/loss")
    assert (kept.result, kept.threshold, kept.wanted) == ("fail", 0.1, "worse than base by at most 0.1")


def test_a_ratio_is_of_tuned_to_the_other() -> None:
    base = [1.0 + (n % 5) / 10 for n in range(40)]
    slower, much_slower = ([b * times + (n % 3 - 1) / 50 for n, b in enumerate(base)] for times in (1.1, 1.5))
    found = only({"against": "base", "ratio_at_most": 1.2, "by": "point"}, slower, base, "test/loss")
    assert (found.result, found.compared, found.value) == ("pass", "tuned / base", pytest.approx(1.1, abs=0.001))
    assert only({"against": "base", "ratio_at_most": 1.2}, much_slower, base, "test/loss").result == "fail"


@pytest.mark.parametrize(("right", "reason"), [(0, "within noise"), (28, "within noise"), (32, "within noise"), (90, "")])
def test_a_base_that_only_guesses_has_nothing_to_lose(right: int, reason: str) -> None:
    found = only({**KEPT, "chance": 0.25}, share(90, 120), share(right, 120))
    assert found.result == ("not_measurable" if reason else "pass") and reason in found.reason
    assert found.n == 120 and found.next_step == ("a stronger base model, or easier items" if reason else "")


def test_a_margin_that_guessing_would_keep_shows_nothing() -> None:
    found = only({**KEPT, "chance": 0.0}, share(30, 300), share(24, 300))
    assert found.result == "not_measurable" and "mere guessing (0) would be worse by at most 0.1 and pass" in found.reason
    assert found.value == pytest.approx(0.02)


def test_a_floor_lies_above_where_lower_is_better() -> None:
    gate = {**KEPT, "margin": 0.5, "chance": 4.0}
    around = [4.0 + (n % 5 - 2) / 2 for n in range(50)]
    assert only(gate, around, around, "test/loss").result == "not_measurable"
    assert only(gate, [v - 3 + n % 2 / 10 for n, v in enumerate(around)], [v - 3 for v in around], "test/loss").result == "pass"


def test_where_nothing_was_scored_no_gate_passes() -> None:
    found = only({"at_most": 1.2}, [None] * 40, metric="test/loss")
    assert (found.result, found.value, found.low, found.n) == ("not_measurable", None, None, 0)
    assert found.reason == "40 of 40 items have no score (no seconds)"


def test_more_than_half_unscored_is_not_measurable_and_fewer_are_told() -> None:
    assert only(FORMAT, [*share(9, 9), *[None] * 11]).result == "not_measurable"
    told = only(FORMAT, [*share(200, 200), *[None] * 20])
    assert (told.result, told.n) == ("pass", 200)
    assert told.reason == "the whole interval is above 0.95; 20 of 220 items have no score (no seconds)"


def test_a_subject_that_did_not_answer_is_not_measurable() -> None:
    found = judge(evaluation(g=BETTER), scores(test__right={"tuned": share(10, 10)})).gates[0]
    assert (found.result, found.reason) == ("not_measurable", "base has no scores")


def test_only_items_that_both_have_a_score_for_are_compared() -> None:
    found = only(BETTER, [*share(70, 100), None, 1.0], [*share(40, 100), 0.0, None])
    assert (found.n, found.value) == (100, pytest.approx(0.3))


def test_items_that_come_in_groups_count_as_groups() -> None:
    tuned, groups = share(192, 200), tuple(f"group {n // 20}" for n in range(200))
    alone = judge(evaluation(g={"above": 0.9}), scores(test__right={"tuned": tuned})).gates[0]
    grouped = judge(evaluation(g={"above": 0.9}), scores({"test": groups}, test__right={"tuned": tuned})).gates[0]
    assert (alone.result, grouped.result) == ("pass", "inconclusive")
    assert alone.low is not None and grouped.low is not None and grouped.low < alone.low
    assert grouped.items_needed is not None and grouped.items_needed > 500


def test_a_group_keeps_its_items_where_others_have_no_score() -> None:
    tuned, groups = [None, *share(192, 200)], ("lost", *(f"group {n // 20}" for n in range(200)))
    found = judge(evaluation(g={"above": 0.9}), scores({"test": groups}, test__right={"tuned": tuned})).gates[0]
    whole = judge(evaluation(g={"above": 0.9}), scores({"test": groups[1:]}, test__right={"tuned": tuned[1:]})).gates[0]
    assert (found.low, found.high) == (whole.low, whole.high)


def test_a_borderline_gate_among_several_is_inconclusive() -> None:
    """190 of 200 right, above .905: shown by itself at 95 %, but not as one of five."""
    gates = {f"g{n}": {"above": 0.905} for n in range(5)}
    found = scores(test__right={"tuned": share(190, 200)})
    assert [g.result for g in judge(evaluation(g0=gates["g0"]), found).gates] == ["pass"]
    together = judge(evaluation(**gates), found).gates
    assert [g.result for g in together] == ["inconclusive"] * 5
    assert together[0].reason.endswith("but not with the confidence that 5 gates together ask for")
    assert together[0].items_needed is not None and together[0].items_needed > 200


def test_what_an_interval_shows_and_an_exact_test_does_not_is_inconclusive() -> None:
    found = only({"above": 0.91}, share(190, 200))
    assert (found.result, found.reason) == ("inconclusive", "the whole interval is above 0.91, but an exact test doesn't show it")


def test_a_ratio_to_nothing_is_not_measurable() -> None:
    found = only({"against": "base", "ratio_at_most": 1.2}, [1.0, 2.0], [0.0, 0.0], "test/loss")
    assert (found.result, found.value) == ("not_measurable", None)
    assert found.reason == "base is at 0, of which nothing is a multiple"


def test_items_that_a_metric_does_not_apply_to_are_missed_by_nobody() -> None:
    about, beside = Score(value=1.0), Score(value=None, reason="an item to refuse", applies=False)
    given = scores().model_copy(update={"by_metric": {"test/right": {"tuned": (*[about] * 100, *[beside] * 200)}}})
    found = judge(evaluation(g=FORMAT), given).gates[0]
    assert (found.result, found.n, found.reason) == ("pass", 100, "the whole interval is above 0.95")
    nothing = given.model_copy(update={"by_metric": {"test/right": {"tuned": (beside,)}}})
    assert judge(evaluation(g=FORMAT), nothing).gates[0].reason == "no item that the metric is about"


def test_a_gate_by_point_takes_no_confidence_from_the_others() -> None:
    found = scores(test__right={"tuned": share(190, 200)})
    gates = judge(evaluation(a={"above": 0.905}, b={"above": 0.94, "by": "point"}, c={"at_least": 0.99, "by": "point"}), found).gates
    assert [g.result for g in gates] == ["pass", "pass", "fail"]
    assert [g.reason for g in gates[::2]] == ["the whole interval is above 0.905", "by the value alone: 0.95 is below 0.99"]


def test_the_verdict_and_what_the_process_returns() -> None:
    found = scores(test__right={"tuned": share(192, 200)})
    good, open_, bad = {"above": 0.5}, {"above": 0.95}, {"above": 0.99}
    nothing = {"metric": "general/right", "above": 0.5}
    came = {
        name: (r.verdict, r.exit_code)
        for name, r in {
            "good": judge(evaluation(a=good), found),
            "open": judge(evaluation(a=good, b=open_), found),
            "nothing": judge(evaluation(a=good, b=nothing), found),
            "bad": judge(evaluation(a=good, b=open_, c=bad, d=nothing), found),
        }.items()
    }
    assert came == {
        "good": ("pass", ExitCode.OK),
        "open": ("inconclusive", ExitCode.INCONCLUSIVE),
        "nothing": ("inconclusive", ExitCode.INCONCLUSIVE),
        "bad": ("fail", ExitCode.GATE_FAILED),
    }


def test_a_changed_threshold_changes_only_the_decision() -> None:
    found = scores(test__right={"tuned": share(150, 200)})
    low, high = (judge(evaluation(g={"above": x}), found).gates[0] for x in (0.5, 0.9))
    of_decision = {"result", "threshold", "wanted", "reason", "next_step"}
    assert low.model_dump(exclude=of_decision) == high.model_dump(exclude=of_decision)
    assert (low.result, high.result) == ("pass", "fail")


def test_a_gate_that_does_not_apply_is_left_out_and_named() -> None:
    gates = evaluation(creative={"above": 0.5, "only_if": "wants_variety"}, right={"above": 0.5})
    found = scores(test__right={"tuned": share(190, 200)})
    assert judge(gates, found).left_out == {"creative": "applies only if wants_variety"}
    assert [g.gate for g in judge(gates, found).gates] == ["right"]
    assert [g.gate for g in judge(gates, found, {"wants_variety"}).gates] == ["creative", "right"]


def test_a_failed_gate_names_its_remedy() -> None:
    remedy = "hyperparameters.n_epochs=2"
    assert only({**FORMAT, "remedy": remedy}, share(10, 100)).next_step == remedy
    assert "test/right" in only(FORMAT, share(10, 100)).next_step


def test_without_gates_there_is_nothing_to_fail() -> None:
    assert judge(evaluation(), scores()) == GateReport(gates=())
    assert GateReport(gates=()).exit_code == ExitCode.OK


def words(pairs: Sequence[tuple[float, float]]) -> tuple[Score, ...]:
    """Of a reply and its reference."""
    return tuple(Score(value=found / wanted, observed=(found, wanted)) for found, wanted in pairs)


def test_a_figure_of_all_replies_together_is_made_from_what_was_observed() -> None:
    """One long reply among short ones: 1.05 times as many words in all, though the mean of the ratios is 1.5."""
    said = words([(100.0 + n % 3, 100.0) for n in range(50)] + [(2.0, 1.0)] * 50)
    given = scores().model_copy(update={"by_metric": {"test/length": {"tuned": said}}})
    found = judge(evaluation(g={"metric": "test/length", "at_most": 1.1}), given).gates[0]
    assert (found.result, found.value) == ("pass", pytest.approx(5149 / 5050))
    assert found.low is not None and found.high is not None and found.low < 5149 / 5050 < found.high < 1.1


def test_where_nothing_varies_a_floor_is_not_told_from_noise() -> None:
    same = words([(1.0, 1.0)] * 50)
    given = scores().model_copy(update={"by_metric": {"test/length": {"tuned": same, "base": same}}})
    found = judge(evaluation(g={**KEPT, "metric": "test/length", "chance": 9.0}), given).gates[0]
    assert (found.result, found.reason) == ("not_measurable", "base is at 1 with no interval, since nothing varies among its 50 items")


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ({}, "found no condition, expected one of at_least, at_most, above"),
        ({"at_least": 0.5, "above": 0.5}, "found at_least and above, expected one of"),
        ({"margin": 0.1}, "found margin, expected one of at_least, at_most, above .against value."),
        ({"against": "base", "above": 0.5}, "found above, expected one of better_by, margin, ratio_at_most .against base."),
        ({"at_least": 0.5, "chance": 0.1}, "expected it only against base or few_shot"),
        ({"above": 0.5, "metric": "test/wrong"}, "found metric 'test/wrong' in gates.g, expected one of test/right, test/loss"),
        ({"against": "few_shot", "better_by": 0}, "found against few_shot in gates.g, expected one that answers: base, tuned"),
    ],
)
def test_a_gate_that_cannot_be_meant_is_told(gate: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        evaluation(g=gate)


def test_the_few_shot_subject_answers_test_items_and_no_others() -> None:
    gates = {n: {"line": "l", "metric": f"{n}/right", "against": "few_shot", "better_by": 0} for n in ("test", "general")}
    written = evaluation().model_dump(by_alias=True) | {"few_shot": 3}
    assert Evaluation.model_validate(written | {"gates": {"test": gates["test"]}}).answering("test") == ("base", "few_shot", "tuned")
    with pytest.raises(ValidationError, match=r"found against few_shot in gates\.general, expected one that answers: base, tuned"):
        Evaluation.model_validate(written | {"gates": gates})


def test_a_config_without_gates_is_the_same_text_as_before_there_were_any() -> None:
    assert "gates" not in evaluation().model_dump(mode="json", by_alias=True)
    written = evaluation(g=FORMAT).model_dump(mode="json", by_alias=True)["gates"]["g"]
    assert written == {"line": "is it so?", "metric": "test/right", "against": "value", "above": 0.95, "by": "interval", "remedy": ""}
