"""How sure it is that a figure is better or worse than a threshold."""

from __future__ import annotations

import math

import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ftexp.evaluation.holm import Evidence
from ftexp.evaluation.shares import Table, share_tails
from ftexp.evaluation.statistics import evidence_of, evidence_of_difference, evidence_of_mean, mean, paired_difference

FIGURES = st.lists(st.integers(-40, 40).map(lambda n: n / 8), min_size=2, max_size=20)
VERDICTS = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0])), min_size=2, max_size=60)
CONFIDENCE = st.sampled_from([0.5, 0.9, 0.95, 0.995])


def of_mean(values: list[float], threshold: float, higher_is_better: bool = True) -> Evidence:
    def interval(confidence: float) -> tuple[float | None, float | None]:
        found = mean(values, confidence)
        return found.low, found.high

    return evidence_of(interval, threshold, higher_is_better)


@settings(deadline=None)
@given(FIGURES, st.floats(-3, 3), CONFIDENCE)
def test_an_interval_leaves_the_threshold_out_just_where_the_evidence_says(
    values: list[float], threshold: float, confidence: float
) -> None:
    found, level = mean(values, confidence), (1 - confidence) / 2
    assume(found.low is not None and found.high is not None)
    assert found.low is not None and found.high is not None
    assume(min(abs(found.low - threshold), abs(found.high - threshold)) > 1e-9)
    evidence = of_mean(values, threshold)
    assert (evidence.better <= level) == (found.low > threshold)
    assert (evidence.worse <= level) == (found.high < threshold)
    assert evidence.better + evidence.worse == pytest.approx(1)


def test_of_figures_it_is_students_test() -> None:
    values = [3.1, 2.2, 4.5, 3.9, 1.7]
    for threshold in (2.0, 3.08, 5.0):
        p = scipy.stats.ttest_1samp(values, threshold, alternative="greater").pvalue
        assert of_mean(values, threshold).better == pytest.approx(p, abs=1e-9)


def test_lower_may_be_better() -> None:
    up, down = of_mean([3.1, 2.2, 4.5], 2.0), of_mean([3.1, 2.2, 4.5], 2.0, higher_is_better=False)
    assert (up.better, up.worse) == (down.worse, down.better)


def test_what_has_no_interval_is_no_evidence() -> None:
    assert of_mean([7.5], 1.0) == Evidence(1.0, 1.0)
    assert evidence_of(lambda c: (None, None), 0.0, True) == Evidence(1.0, 1.0)


def test_a_value_on_its_threshold_is_as_likely_better_as_worse() -> None:
    found = of_mean([1.0, 2.0, 3.0], 2.0)
    assert (found.better, found.worse) == pytest.approx((0.5, 0.5))


@settings(deadline=None)
@given(VERDICTS, st.sampled_from([-0.3, -0.1, 0.0, 0.2]), CONFIDENCE, st.booleans())
def test_verdicts_are_never_surer_than_their_interval(
    verdicts: list[tuple[float, float]], threshold: float, confidence: float, higher_is_better: bool
) -> None:
    tuned, other = [a for a, _ in verdicts], [b for _, b in verdicts]
    found, level = paired_difference(tuned, other, confidence), (1 - confidence) / 2
    evidence = evidence_of_difference(tuned, other, threshold, higher_is_better)
    above, below = (evidence.better, evidence.worse) if higher_is_better else (evidence.worse, evidence.better)
    assert found.low is not None and found.high is not None
    assert above > level or found.low > threshold - 1e-9
    assert below > level or found.high < threshold + 1e-9
    alone = mean(tuned, confidence)
    assert alone.low is not None
    assert evidence_of_mean(tuned, 0.6, True).better > level or alone.low > 0.6 - 1e-9


def test_shares_are_decided_by_the_exact_test_where_wilsons_interval_is_too_sure() -> None:
    """41 of 50 are worse than .95 for Wilson with less than .0001, by the binomial distribution .0008."""
    values = [1.0] * 41 + [0.0] * 9
    assert of_mean(values, 0.95).worse < 1e-4
    assert evidence_of_mean(values, 0.95, True).worse == pytest.approx(scipy.stats.binom.cdf(41, 50, 0.95))


@pytest.mark.parametrize(("right", "n"), [(100, 100), (197, 200), (485, 500)])
def test_a_format_above_95_percent_is_proven_by_so_many(right: int, n: int) -> None:
    enough, short = (evidence_of_mean([1.0] * r + [0.0] * (n - r), 0.95, True).better for r in (right, right - 1))
    assert enough <= 0.025 < short


def test_differences_of_verdicts_are_decided_by_tangos_test_where_it_is_stricter() -> None:
    table = Table(95, 5, 0, 100)
    tuned, other = [1.0] * 100 + [0.0] * 100, [1.0] * 95 + [0.0] * 105
    by_interval = evidence_of(lambda c: table.newcombe(float(scipy.stats.norm.ppf((1 + c) / 2))), -0.025, True)
    above, _ = table.score_tails(-0.025)
    assert by_interval.better < above == evidence_of_difference(tuned, other, -0.025, True).better


def test_the_score_test_ends_where_tangos_published_interval_does() -> None:
    """Bentur 2009, in Fagerland, Lydersen and Laake 2014, Statistics in Medicine 33:2850: -.517 to -.026."""
    table = Table(1, 1, 7, 12)
    assert table.score_tails(-0.517)[0] == pytest.approx(0.025, abs=0.0003)
    assert table.score_tails(-0.026)[1] == pytest.approx(0.025, abs=0.0003)


@given(st.tuples(*[st.integers(0, 15)] * 4).filter(lambda table: sum(table) > 0), st.floats(-0.9, 0.9))
def test_the_score_test_takes_the_most_likely_share_of_broken_items(counts: tuple[int, ...], threshold: float) -> None:
    """Found here by trying, so that no share near it is likelier."""
    both, fixed, broken, neither = counts
    low, high = max(0.0, -threshold), (1 - threshold) / 2

    def likelihood(share: float) -> float:
        chances = ((fixed, share + threshold), (broken, share), (both + neither, 1 - threshold - 2 * share))
        return sum(n * math.log(max(chance, 1e-300)) for n, chance in chances if n)

    tried = [low + (high - low) * i / 2000 for i in range(2001)]
    best, n = max(tried, key=likelihood), sum(counts)
    variance = n * (2 * best + threshold * (1 - threshold))
    assume(variance > 1e-3)
    expected = scipy.stats.norm.sf((fixed - broken - n * threshold) / math.sqrt(variance))
    assert Table(*counts).score_tails(threshold)[0] == pytest.approx(expected, abs=0.01)


def test_groups_make_verdicts_less_sure() -> None:
    values, groups = [1.0] * 40 + [0.0] * 10, [str(i // 10) for i in range(50)]
    assert evidence_of_mean(values, 0.5, True, groups).better > 10 * evidence_of_mean(values, 0.5, True).better


def test_the_binomial_tails_of_all_and_none() -> None:
    assert share_tails(0, 10, 0.3) == pytest.approx((1.0, 0.7**10))
    assert share_tails(10, 10, 0.3) == pytest.approx((0.3**10, 1.0))
