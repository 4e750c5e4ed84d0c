"""Ratios of two means over the same items."""

from __future__ import annotations

import pytest
import scipy.stats

from ftexp.evaluation.statistics import ratio


def test_the_ends_of_fiellers_interval_are_ratios_that_students_test_just_leaves() -> None:
    tuned, other = [1.2, 2.5, 1.9, 3.3, 2.0, 1.1], [1.0, 2.0, 2.1, 2.5, 2.2, 1.3]
    found = ratio(tuned, other, 0.95)
    assert found is not None and found.low is not None and found.high is not None
    assert found.low < found.value < found.high
    for end in (found.low, found.high):
        assert scipy.stats.ttest_1samp([a - end * b for a, b in zip(tuned, other, strict=True)], 0).pvalue == pytest.approx(0.05)


def test_there_is_no_ratio_to_0_and_no_interval_where_the_other_could_be_0() -> None:
    assert ratio([1.0, 2.0], [0.0, 0.0], 0.95) is None
    for other in ([0.1, -0.1, 0.2], [0.3, -0.2, 0.0]):
        found = ratio([5.0, 6.0, 7.0], other, 0.95)
        assert found is not None and (found.low, found.high) == (None, None)


def test_pairs_that_all_have_one_ratio_tell_nothing_of_others() -> None:
    for n in range(2, 30):
        other = [1 + i / 7 for i in range(n)]
        found = ratio([1.1 * b for b in other], other, 0.95)
        assert found is not None and found.value == pytest.approx(1.1)
        assert found.low is None
    alone = ratio([2.0], [1.0], 0.95)
    assert alone is not None and (alone.value, alone.low) == (2.0, None)


def test_a_ratio_of_other_items_or_none_is_an_error() -> None:
    for tuned, other in (([], []), ([1.0], [1.0, 2.0])):
        with pytest.raises(ValueError, match="no ratio of"):
            ratio(tuned, other, 0.95)
