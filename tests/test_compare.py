from __future__ import annotations

from dataclasses import replace

import pytest
from compared import LOSS, RIGHT, run

from ftexp.compare import Answered, common_items, compare_runs
from ftexp.errors import ConfigError


def test_a_run_is_compared_with_the_first_item_by_item() -> None:
    (metric,) = compare_runs([run("a", [0, 0, 1, 1]), run("b", [1, 1, 1, 0])]).metrics
    first, second = metric.standings
    assert first.difference is None
    assert second.difference and (second.difference.value, second.difference.n) == (0.25, 4)
    assert second.fixed and [f.prompt for f in second.fixed] == ["q0", "q1"]
    assert second.broken and [(f.prompt, f.before, f.after) for f in second.broken] == [("q3", "a says 3", "b says 3")]


def test_another_run_can_be_the_one_that_the_others_are_compared_with() -> None:
    compared = compare_runs([run("a", [0, 0]), run("b", [1, 1])], against="b")
    assert compared.against.id == "b"
    assert [at.difference and at.difference.value for at in compared.metrics[0].standings] == [-1, None]


def test_items_are_joined_by_what_they_ask_and_not_by_where_they_stand() -> None:
    a, b = run("a", [1, 0, 0], questions=["x", "y", "z"]), run("b", [0, 1], questions=["y", "x"])
    compared = compare_runs([a, b])
    difference = compared.metrics[0].standings[1].difference
    assert difference and (difference.value, difference.n) == (0, 2)
    assert compared.notes == ("not all items are the same; differences are over those shared with the 3 of a: b 2",)


def test_items_that_cannot_be_told_apart_are_paired_in_order_or_left_out() -> None:
    twice, once = [Answered("q", "a", "1"), Answered("q", "a", "2")], [Answered("q", "a", "3")]
    assert common_items(twice, twice) == [(0, 0), (1, 1)]
    assert common_items(twice, once) == []
    assert common_items(once, [Answered("q", "another reference", "3")]) == []


def test_runs_of_different_tests_have_no_difference_and_that_is_said() -> None:
    compared = compare_runs([run("a", [1, 0]), run("b", [1, 1], questions=["x", "y"])])
    assert compared.metrics[0].standings[1].difference is None
    assert compared.notes == ("b shares no item with a: their scores are of different tests, and no difference is told",)


def test_an_item_that_one_could_not_be_scored_on_is_left_out_and_never_a_zero() -> None:
    difference = compare_runs([run("a", [1, None, 0]), run("b", [1, 1, None])]).metrics[0].standings[1].difference
    assert difference and (difference.value, difference.n) == (0, 1)


def test_items_are_fixed_or_broken_only_where_scores_are_0_or_1() -> None:
    standing = compare_runs([run("a", [0.5, 0.25]), run("b", [0.75, 0.5])]).metrics[0].standings[1]
    assert standing.difference and standing.difference.value == 0.25
    assert (standing.fixed, standing.broken) == (None, None)


@pytest.mark.parametrize(("definition", "better"), [(RIGHT, False), (LOSS, True)])
def test_a_loss_is_better_when_it_is_lower(definition: dict[str, str], better: bool) -> None:
    runs = [run(name, [high, high - 0.1, high + high / 10], definition=definition) for name, high in (("a", 3.0), ("b", 1.0))]
    (metric,) = compare_runs(runs).metrics
    assert metric.lower_is_better is better
    assert metric.better(metric.standings[1].difference) is better


def test_a_difference_whose_interval_holds_0_is_neither_better_nor_worse() -> None:
    (metric,) = compare_runs([run("a", [0, 1, 0]), run("b", [1, 1, 0])]).metrics
    assert metric.better(metric.standings[1].difference) is None


def test_only_keys_of_the_config_that_differ_are_named() -> None:
    a, b = run("a", [1], config={"seed": "0", "model": "m", "only.here": "1"}), run("b", [1], config={"seed": "1", "model": "m"})
    assert compare_runs([a, b]).differing == ("seed", "only.here")


def test_base_is_told_once_where_all_runs_have_the_same() -> None:
    same, other = [run("a", [1, 1]), run("b", [0, 1])], run("c", [1, 1], base=[1, 0])
    assert compare_runs(same).metrics[0].base == same[0].mean("base", "test/right")
    assert compare_runs([*same, other]).metrics[0].base is None


def test_what_is_not_measured_by_all_is_compared_among_those_that_do_and_said() -> None:
    a, b = run("a", [1, 0]), run("b", [1, 1])
    c = run("c", [1, 1], metric="test/other")
    compared = compare_runs([a, b, c])
    assert [[at.run.id for at in metric.standings] for metric in compared.metrics] == [["a", "b"]]
    assert compared.notes == ("test/right: not measured by c", "test/other: not compared, since a doesn't measure it")


def test_a_metric_of_the_same_name_and_another_definition_is_not_the_same_metric() -> None:
    other = {"kind": "json_field", "field": "priority"}
    compared = compare_runs([run("a", [1]), run("b", [1]), run("c", [0], definition=other)])
    assert [at.run.id for at in compared.metrics[0].standings] == ["a", "b"]
    assert compared.notes == ("test/right: defined differently in c, and not compared with those",)


def test_runs_without_a_common_metric_are_said_to_have_none() -> None:
    compared = compare_runs([run("a", [1]), run("b", [1], metric="test/other")])
    assert compared.metrics == ()
    assert "no metric is common to a and another run" in compared.notes


def test_one_metric_can_be_picked_and_a_mistyped_one_is_told_with_the_nearest() -> None:
    runs = [run("a", [1]), run("b", [0])]
    assert [m.name for m in compare_runs(runs, metric="test/right").metrics] == ["test/right"]
    with pytest.raises(ConfigError, match=r"--metric: found 'test/rihgt', expected one of test/right; did you mean test/right\?"):
        compare_runs(runs, metric="test/rihgt")


def test_the_headline_comes_first() -> None:
    a = run("a", [1])
    both = replace(a, metrics={"test/other": RIGHT, "test/right": RIGHT})
    assert [m.name for m in compare_runs([both, replace(both, id="b")]).metrics] == ["test/right", "test/other"]


def test_of_many_differences_some_are_said_to_look_real_by_chance() -> None:
    runs = [run(str(n), [1, 0]) for n in range(7)]
    expected = "one difference in 20 looks real by chance alone, and a metric has 6 here: confirm a winner with another seed"
    assert compare_runs(runs).notes == (expected,)
    assert compare_runs(runs[:-1]).notes == ()


def test_intervals_of_another_confidence_are_said() -> None:
    compared = compare_runs([run("a", [1]), replace(run("b", [1]), confidence=0.99)])
    assert compared.notes == ("intervals of scores are each run's own (b 99 %; others 95 %), those of differences 95 %",)


def test_one_run_is_nothing_to_compare() -> None:
    with pytest.raises(ConfigError) as caught:
        compare_runs([run("a", [1])], notes=["left out: b"])
    assert caught.value.faults == ("found 1 finished run to compare, expected two or more", "left out: b")
