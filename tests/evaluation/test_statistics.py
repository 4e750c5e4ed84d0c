from __future__ import annotations

import math

import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from ftexp.evaluation.statistics import Difference, Mean, mean, newcombe, paired_difference, wilson

VERDICTS = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0])), min_size=1, max_size=60)
FIGURES = st.lists(st.integers(-10_000, 10_000).map(lambda thousandths: thousandths / 1000), min_size=2, max_size=30)
CONFIDENCE = st.sampled_from([0.8, 0.9, 0.95, 0.99])


def pairs(both: int, fixed: int, broken: int, neither: int) -> tuple[list[float], list[float]]:
    """Verdicts on a tuned model and another: both right, only the first, only the second, none."""
    tuned = [1.0] * (both + fixed) + [0.0] * (broken + neither)
    other = [1.0] * both + [0.0] * fixed + [1.0] * broken + [0.0] * neither
    return tuned, other


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_the_published_one(successes: int, n: int, low: float, high: float) -> None:
    """Newcombe 1998, Statistics in Medicine 17:857, table I, method 3."""
    assert wilson(successes, n, 0.95) == pytest.approx((low, high), abs=5e-5)


@settings(deadline=None)
@given(st.integers(1, 200), st.data(), CONFIDENCE)
def test_the_ends_of_wilsons_interval_are_where_the_score_test_turns(n: int, data: st.DataObject, confidence: float) -> None:
    successes = data.draw(st.integers(0, n))
    z = float(scipy.stats.norm.ppf((1 + confidence) / 2))
    for end in wilson(successes, n, confidence):
        if 0 < end < 1:
            assert abs(successes / n - end) == pytest.approx(z * math.sqrt(end * (1 - end) / n), abs=1e-9)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        ((1, 1, 7, 12), -0.507, -0.026),  # Bentur 2009, in Fagerland, Lydersen and Laake 2014, Statistics in Medicine 33:2850
        ((59, 6, 16, 80), -0.1186, -0.0046),  # Cavo 2012, in the same authors' package contingencytables
    ],
)
def test_newcombes_interval_is_the_published_one(table: tuple[int, int, int, int], low: float, high: float) -> None:
    digits = len(str(low).split(".")[1])
    assert newcombe(*pairs(*table), 0.95) == pytest.approx((low, high), abs=0.5 * 10**-digits)


def test_newcombes_interval_of_negatively_paired_answers_is_the_formula_without_correction() -> None:
    """By hand for 5, 20, 15, 5 at z = 1.96: p = 25/45, q = 20/45, phi = (25 - 300) / sqrt(25 * 20 * 20 * 25) = -0.55."""
    (p, p_low, p_high), (q, q_low, q_high) = ((s / 45, *wilson(s, 45, 0.95)) for s in (25, 20))
    below = math.sqrt((p - p_low) ** 2 + 1.1 * (p - p_low) * (q_high - q) + (q_high - q) ** 2)
    above = math.sqrt((p_high - p) ** 2 + 1.1 * (p_high - p) * (q - q_low) + (q - q_low) ** 2)
    assert newcombe(*pairs(5, 20, 15, 5), 0.95) == pytest.approx((p - q - below, p - q + above))


@settings(deadline=None)
@given(VERDICTS, CONFIDENCE)
def test_the_interval_of_a_difference_holds_it_and_stays_from_minus_1_to_1(verdicts: list[tuple[float, float]], confidence: float) -> None:
    found = paired_difference([a for a, _ in verdicts], [b for _, b in verdicts], confidence)
    assert found.low is not None and found.high is not None
    assert -1 - 1e-12 <= found.low <= found.value + 1e-12 and found.value - 1e-12 <= found.high <= 1 + 1e-12


@settings(deadline=None)
@given(VERDICTS)
def test_the_difference_the_other_way_round_is_its_mirror(verdicts: list[tuple[float, float]]) -> None:
    tuned, other = [a for a, _ in verdicts], [b for _, b in verdicts]
    there, back = paired_difference(tuned, other, 0.95), paired_difference(other, tuned, 0.95)
    assert there.low is not None and there.high is not None
    assert (back.value, back.low, back.high) == pytest.approx((-there.value, -there.high, -there.low))


def test_more_confidence_and_fewer_items_make_an_interval_wider() -> None:
    widths = [high - low for low, high in (newcombe(*pairs(*t), c) for t, c in [((20, 10, 4, 6), 0.8), ((20, 10, 4, 6), 0.95)])]
    assert widths[0] < widths[1]
    assert mean([1.0] * 30 + [0.0] * 10, 0.95).high < mean([1.0] * 3 + [0.0], 0.95).high  # type: ignore[operator]


@pytest.mark.parametrize(("right", "low", "high"), [(10, 0.7225, 1.0), (0, 0.0, 0.2775)])
def test_all_right_or_all_wrong_is_still_uncertain(right: int, low: float, high: float) -> None:
    found = mean([1.0] * right + [0.0] * (10 - right), 0.95)
    assert (found.value, found.standard_error, found.n) == (right / 10, 0.0, 10)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("table", [(10, 0, 0, 0), (0, 0, 0, 10), (6, 0, 0, 4)])
def test_without_a_discordant_pair_the_difference_is_0_and_uncertain(table: tuple[int, int, int, int]) -> None:
    found = paired_difference(*pairs(*table), 0.95)
    assert found.value == 0 and found.low is not None and found.high is not None
    assert -1 < found.low < 0 < found.high < 1
    assert found.low == pytest.approx(-found.high)


@pytest.mark.parametrize(("table", "value"), [((0, 10, 0, 0), 1.0), ((0, 0, 10, 0), -1.0)])
def test_when_every_pair_is_discordant_the_interval_ends_at_the_bound(table: tuple[int, int, int, int], value: float) -> None:
    found = paired_difference(*pairs(*table), 0.95)
    assert found.value == value
    assert (found.high if value > 0 else found.low) == value


def test_one_verdict_has_an_interval_and_one_figure_has_none() -> None:
    assert mean([0.5], 0.95) == Mean(value=0.5, standard_error=None, low=None, high=None, n=1)
    assert paired_difference([0.5], [0.25], 0.95) == Difference(value=0.25, low=None, high=None, n=1)
    assert mean([1.0], 0.95).low == pytest.approx(0.2065, abs=5e-5)
    assert paired_difference([1.0], [0.0], 0.95).low == pytest.approx(1 - math.sqrt(2) * (1 - 0.2065), abs=1e-4)


@settings(deadline=None)
@given(FIGURES.filter(lambda values: len(set(values)) > 1 and not 0 <= min(values) <= max(values) <= 1), CONFIDENCE)
def test_the_interval_of_a_figure_of_any_size_is_students(values: list[float], confidence: float) -> None:
    found, error = mean(values, confidence), float(scipy.stats.sem(values))
    low, high = scipy.stats.t.interval(confidence, len(values) - 1, loc=sum(values) / len(values), scale=error)
    assert (found.standard_error, found.low, found.high) == pytest.approx((error, low, high), abs=1e-9)


def test_the_ends_of_the_interval_of_scores_from_0_to_1_are_where_their_score_test_turns() -> None:
    """With the standard error of verdicts whose mean is the end, as many as have the error of the scores."""
    values = [0.9, 0.4, 1.0, 0.75, 0.0, 1.0]
    found, average, t = mean(values, 0.95), sum(values) / 6, float(scipy.stats.t.ppf(0.975, 5))
    worth = average * (1 - average) / float(scipy.stats.sem(values)) ** 2
    assert found.low is not None and found.high is not None and 0 < found.low < average < found.high < 1
    for end in (found.low, found.high):
        assert abs(average - end) == pytest.approx(t * math.sqrt(end * (1 - end) / worth))


def test_a_difference_of_figures_is_students_paired_one() -> None:
    tuned, other = [0.9, 0.4, 0.6, 0.75, 0.1], [0.5, 0.45, 0.2, 0.7, 0.15]
    reference = scipy.stats.ttest_rel(tuned, other).confidence_interval(0.9)
    found = paired_difference(tuned, other, 0.9)
    assert (found.value, found.low, found.high) == pytest.approx((0.15, reference.low, reference.high))


def test_equal_scores_from_0_to_1_are_as_uncertain_as_verdicts_that_are_all_right() -> None:
    found, unseen = mean([0.3] * 4, 0.95), 1 - wilson(4, 4, confidence_of_t(0.95, 3))[0]
    assert (found.standard_error, found.low, found.high) == pytest.approx((0.0, 0.3 - unseen * 0.3, 0.3 + unseen * 0.7))
    nothing = paired_difference([0.3, 0.7], [0.3, 0.7], 0.95)
    assert nothing.low is not None and nothing.high is not None
    assert -1 < nothing.low < 0 < nothing.high < 1


def confidence_of_t(confidence: float, degrees: int) -> float:
    """At which the normal distribution reaches as far as Student's."""
    return 1 - 2 * float(scipy.stats.norm.sf(scipy.stats.t.ppf((1 + confidence) / 2, degrees)))


def test_equal_figures_that_may_be_any_size_tell_nothing_of_others() -> None:
    assert mean([7.5] * 4, 0.95) == Mean(value=7.5, standard_error=0.0, low=None, high=None, n=4)
    assert all(mean([figure] * n, 0.95).low is None for figure in (1.1, 7.3, 1e10 / 3) for n in range(2, 30))  # whatever rounding does
    assert paired_difference([7.5] * 4, [5.0] * 4, 0.95) == Difference(value=2.5, low=None, high=None, n=4)


def test_figures_too_large_to_square_have_no_interval() -> None:
    found = mean([1e300, -1e300, 3.0], 0.95)
    assert (found.value, found.standard_error, found.low) == (1.0, None, None)


def test_no_values_and_unequal_lengths_are_errors() -> None:
    with pytest.raises(ValueError, match="no values"):
        mean([], 0.95)
    with pytest.raises(ValueError, match="no values"):
        paired_difference([], [], 0.95)
    with pytest.raises(ValueError, match="shorter"):
        paired_difference([1.0, 0.0], [1.0], 0.95)
