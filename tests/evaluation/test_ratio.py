"""The interval of a ratio of two means."""

from __future__ import annotations

import pytest
import scipy.stats

from ftexp.evaluation.evidence import evidence_of
from ftexp.evaluation.statistics import ratio

OTHER = [1.0 + (n % 5) / 10 for n in range(40)]
TUNED = [1.5 * other + (n % 3 - 1) / 50 for n, other in enumerate(OTHER)]


@pytest.mark.parametrize("confidence", [1e-9, 0.5, 0.95, 0.9999])
def test_at_its_ends_the_rest_is_as_far_from_0_as_students_t_reaches(confidence: float) -> None:
    """Fieller's definition: tuned - end * other."""
    found = ratio(TUNED, OTHER, confidence)
    assert found is not None and found.low is not None and found.high is not None
    for end, sign in ((found.low, 1), (found.high, -1)):
        rest = [a - end * b for a, b in zip(TUNED, OTHER, strict=True)]
        reached = sign * (sum(rest) / len(rest)) / float(scipy.stats.sem(rest))
        assert reached == pytest.approx(scipy.stats.t.ppf((1 + confidence) / 2, len(rest) - 1), rel=1e-6, abs=1e-7)


def test_a_ratio_far_from_a_threshold_is_told_from_it() -> None:
    def interval(confidence: float) -> tuple[float | None, float | None]:
        found = ratio(TUNED, OTHER, confidence)
        return (found.low, found.high) if found else (None, None)

    found = evidence_of(interval, 1.2, higher_is_better=False)
    assert found.worse < 1e-9 and found.better > 0.99


def test_where_every_item_has_the_same_ratio_no_interval_is_told() -> None:
    found = ratio([1.5 * other for other in OTHER], OTHER, 0.95)
    assert found is not None and (found.value, found.low, found.high) == (pytest.approx(1.5), None, None)
