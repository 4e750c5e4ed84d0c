"""Intervals of items that come in groups."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftexp.evaluation.statistics import mean, paired_difference, ratio

SCORES = st.lists(st.tuples(st.sampled_from([0.0, 0.25, 1.0]), st.sampled_from("abcd")), min_size=2, max_size=40)


def test_the_standard_error_of_groups_is_by_hand() -> None:
    """Means .5; sums of deviations by group 1, -.5, -.5: sqrt(1.5 * 3 / 2) / 6."""
    found = mean([1, 1, 0, 0.5, 0, 0.5], 0.95, ["a", "a", "b", "b", "c", "c"])
    assert found.standard_error == pytest.approx(math.sqrt((1 + 0.25 + 0.25) * 3 / 2) / 6)


@settings(deadline=None)
@given(SCORES)
def test_groups_of_one_item_are_no_groups(scores: list[tuple[float, str]]) -> None:
    values, alone = [v for v, _ in scores], [str(i) for i in range(len(scores))]
    assert mean(values, 0.95, alone) == mean(values, 0.95)
    assert paired_difference(values, values[::-1], 0.95, alone) == paired_difference(values, values[::-1], 0.95)


@settings(deadline=None)
@given(SCORES)
def test_an_interval_by_groups_holds_its_value_and_stays_from_0_to_1(scores: list[tuple[float, str]]) -> None:
    found = mean([v for v, _ in scores], 0.95, [c for _, c in scores])
    assert (found.low is None) == (found.high is None)
    if found.low is not None and found.high is not None:
        assert -1e-12 <= found.low <= found.value + 1e-12 and found.value - 1e-12 <= found.high <= 1 + 1e-12


def test_items_that_are_alike_in_their_groups_tell_less() -> None:
    values, groups = [1.0] * 30 + [0.0] * 30 + [1.0] * 30 + [1.0] * 30, [g for g in "abcd" for _ in range(30)]
    alone, together = mean(values, 0.95), mean(values, 0.95, groups)
    assert alone.low is not None and together.low is not None
    assert together.low < alone.low - 0.2
    of_pairs, of_groups = (paired_difference(values, [0.5 - v / 2 for v in values], 0.95, c) for c in (None, groups))
    assert of_pairs.low is not None and of_groups.low is not None
    assert of_groups.low < of_pairs.low


def test_one_group_tells_nothing() -> None:
    values, one = [1.0, 0.0, 1.0], ["a"] * 3
    assert (mean(values, 0.95, one).low, mean(values, 0.95, one).standard_error) == (None, None)
    assert paired_difference(values, [0.0, 0.0, 1.0], 0.95, one).low is None
    found = ratio(values, [0.5, 0.6, 0.7], 0.95, one)
    assert found is not None and found.low is None


def test_verdicts_that_are_all_right_in_few_groups_are_less_sure_than_without_groups() -> None:
    alone, grouped = mean([1.0] * 40, 0.95), mean([1.0] * 40, 0.95, [str(i // 10) for i in range(40)])
    assert alone.low is not None and grouped.low is not None and grouped.high == 1.0
    assert 0 < grouped.low < alone.low


def test_groups_that_agree_though_their_items_differ_are_as_uncertain_as_items() -> None:
    found = mean([1.0, 0.0] * 10, 0.95, [str(i // 2) for i in range(20)])
    assert found.standard_error == pytest.approx(math.sqrt(20 * 0.25 / 19 / 20))


def test_verdict_pairs_by_groups_are_newcombes_of_fewer_items() -> None:
    tuned, other = [1.0] * 10 + [1.0, 0.0] * 5, [0.0] * 10 + [1.0, 0.0] * 5
    grouped, plain = (paired_difference(tuned, other, 0.95, c) for c in ([str(i // 5) for i in range(20)], None))
    assert grouped.value == plain.value == 0.5
    assert grouped.low is not None and plain.low is not None
    assert -1 < grouped.low < plain.low


def test_verdict_pairs_that_change_by_whole_groups_tell_less() -> None:
    tuned, other = [1.0] * 40, [0.0] * 10 + [1.0] * 30
    whole, spread = (paired_difference(tuned, other, 0.95, c) for c in ([str(i // 5) for i in range(40)], [str(i % 8) for i in range(40)]))
    assert whole.low is not None and spread.low is not None
    assert whole.low < spread.low - 0.1


def test_groups_that_are_not_one_an_item_are_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        mean([1.0, 0.0, 1.0], 0.95, ["a", "a"])
