"""Figures of all items together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import scipy.stats

from ftexp.evaluation.statistics import evidence_of, figure_difference, figure_mean, figure_ratio, mean

VALUES = [math.exp(math.sin(7 * i)) for i in range(60)]


def average(items: Sequence[int]) -> float:
    return sum(VALUES[i] for i in items) / len(items)


def median(items: Sequence[int]) -> float:
    return sorted(VALUES[i] for i in items)[len(items) // 2]


def distinct(items: Sequence[int]) -> float:
    """Each item has a word that one other has as well."""
    return len({i // 2 for i in items}) / len(items)


def test_of_an_average_the_interval_is_near_the_one_of_its_formula() -> None:
    found, formula = figure_mean(average, 60, 0.95), mean(VALUES, 0.95)
    assert found.value == pytest.approx(formula.value)
    assert found.standard_error == pytest.approx(formula.standard_error, rel=0.05)
    assert (found.low, found.high) == pytest.approx((formula.low, formula.high), abs=0.05)


def test_the_same_items_have_the_same_interval_and_more_confidence_a_wider_one() -> None:
    first = figure_mean(median, 60, 0.95)
    assert figure_mean(lambda items: median(items), 60, 0.95) == first
    wide = figure_mean(median, 60, 0.99)
    assert wide.low is not None and wide.high is not None and first.low is not None and first.high is not None
    assert wide.low <= first.low < first.value < first.high <= wide.high


def test_a_figure_that_counts_repeats_has_an_interval_around_it() -> None:
    """Drawn with repeats, items would all have far fewer distinct words than they have."""
    found = figure_mean(distinct, 60, 0.95)
    assert found.low is not None and found.high is not None
    assert found.low < found.value == 0.5 < found.high
    assert found.value - found.low == pytest.approx(found.high - found.value)


def test_halves_of_an_odd_number_of_items_tell_the_same_error() -> None:
    found = figure_mean(lambda items: average(items) + 10 * (len(set(items)) < len(items)), 9, 0.95)
    assert found.standard_error == pytest.approx(mean(VALUES[:9], 0.95).standard_error, rel=0.1)


def test_of_many_skewed_figures_the_interval_is_scipys_bca() -> None:
    skewed = [1 / (1 - 0.97 * math.sin(7 * i)) for i in range(100)]
    theirs = scipy.stats.bootstrap((skewed,), np.mean, n_resamples=4000, method="BCa", rng=0).confidence_interval
    ours = figure_mean(lambda items: sum(skewed[i] for i in items) / len(items), 100, 0.95)
    width = theirs.high - theirs.low
    assert (ours.low, ours.high) == (pytest.approx(theirs.low, abs=0.03 * width), pytest.approx(theirs.high, abs=0.03 * width))
    assert theirs.high - ours.value > 1.2 * (ours.value - theirs.low)


def test_a_difference_is_drawn_together() -> None:
    """What both have in common goes out: one is the other and a bit."""
    found = figure_difference(lambda items: average(items) + 0.001 * len(set(items)), average, 60, 0.95)
    assert found.low is not None and found.high is not None
    assert found.high - found.low < 0.05
    assert figure_difference(average, average, 60, 0.95).low is None


def test_a_ratio_to_0_is_none() -> None:
    found = figure_ratio(median, average, 60, 0.95)
    assert found is not None and found.low is not None and found.high is not None
    assert found.low < found.value < found.high
    assert figure_ratio(average, lambda items: 0.0, 60, 0.95) is None


def test_groups_are_drawn_whole() -> None:
    groups = [str(sorted(VALUES).index(v) // 10) for v in VALUES]
    alone, together = figure_mean(average, 60, 0.9), figure_mean(average, 60, 0.9, groups)
    assert together.standard_error is not None and alone.standard_error is not None
    assert together.standard_error > 2 * alone.standard_error


def test_one_item_one_group_and_equal_figures_tell_nothing() -> None:
    assert figure_mean(average, 1, 0.95).low is None
    assert figure_mean(average, 60, 0.95, ["a"] * 60).low is None
    assert figure_mean(lambda items: 0.5, 60, 0.95).low is None
    with pytest.raises(ValueError, match="no items"):
        figure_mean(average, 0, 0.95)


def test_draws_are_no_evidence_beyond_what_as_many_can_tell() -> None:
    def interval(confidence: float) -> tuple[float | None, float | None]:
        found = figure_mean(average, 60, confidence)
        return found.low, found.high

    assert 1e-5 < evidence_of(interval, 0.0, True).better < 0.002
    assert figure_mean(average, 60, 1 - 1e-9).low is None
