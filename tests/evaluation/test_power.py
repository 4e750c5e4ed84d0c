"""How small a change items can show."""

from __future__ import annotations

import random

import pytest

from ftexp.evaluation.power import ASSUMED, Spread, items_for_margin, items_needed, items_to_prove, right_needed, smallest_change, spread_of
from ftexp.evaluation.statistics import paired_difference, wilson


def discordance(share: float) -> Spread:
    return Spread(kind="discordance", value=share)


def test_with_one_item_in_five_changing_its_verdict() -> None:
    """The figures of the literature's formula: 100 items 12.5 points, 1,000 items 4."""
    assert smallest_change(100, ASSUMED, 0.95) == pytest.approx(0.125, abs=0.0005)
    assert smallest_change(1000, ASSUMED, 0.95) == pytest.approx(0.040, abs=0.0005)


@pytest.mark.parametrize("n", [8, 30, 39, 40, 100, 1000])
@pytest.mark.parametrize("spread", [discordance(0.05), ASSUMED, discordance(1.0), Spread(kind="deviation", value=0.3)])
def test_items_needed_is_the_inverse(n: int, spread: Spread) -> None:
    change = smallest_change(n, spread, 0.95)
    assert change is not None
    assert items_needed(change, spread, 0.95) == n
    assert items_needed(change * 0.9, spread, 0.95) > n


def test_a_change_is_never_larger_than_the_share_of_verdicts_that_change() -> None:
    """30 items with 5 % discordance: 11 points would be shown, if only 5 could change."""
    assert smallest_change(30, discordance(0.05), 0.95) == pytest.approx(7.85 / 30, abs=0.001)


@pytest.mark.parametrize("n", [0, 1, 7])
def test_a_handful_of_items_shows_no_change_at_all(n: int) -> None:
    assert smallest_change(n, ASSUMED, 0.95) is None


def test_no_number_of_items_shows_a_change_of_nothing() -> None:
    with pytest.raises(ValueError, match="change of 0"):
        items_needed(0.0, ASSUMED, 0.95)


def test_four_true_changes_in_five_of_that_size_are_shown() -> None:
    """By the interval that a run is judged with, over simulated runs."""
    draw, n = random.Random(0), 200
    change = smallest_change(n, ASSUMED, 0.95)
    assert change is not None
    fixed, broken = (0.2 + change) / 2, (0.2 - change) / 2
    shown = 0
    for _ in range(400):
        verdicts = [(1.0, 0.0) if (x := draw.random()) < fixed else (0.0, 1.0) if x < fixed + broken else (1.0, 1.0) for _ in range(n)]
        low = paired_difference([a for a, _ in verdicts], [b for _, b in verdicts], 0.95).low
        shown += low is not None and low > 0
    assert 0.74 < shown / 400 < 0.86


@pytest.mark.parametrize(("n", "right"), [(50, None), (72, None), (73, 73), (100, 100), (200, 197), (500, 485)])
def test_so_many_right_answers_prove_a_share_above_95_percent(n: int, right: int | None) -> None:
    assert right_needed(n, 0.95, 0.95) == right
    if right:
        assert wilson(right, n, 0.95)[0] > 0.95 >= wilson(right - 1, n, 0.95)[0]


def test_the_items_that_prove_a_share() -> None:
    assert items_to_prove(1.0, 0.95, 0.95) == 73  # all are right for sure
    few, many = items_to_prove(0.98, 0.95, 0.95, power=0.5), items_to_prove(0.98, 0.95, 0.95)
    assert few is not None and many is not None and few < many
    assert wilson(0.98 * few, few, 0.95)[0] > 0.95 > wilson(0.98 * (few - 2), few - 2, 0.95)[0]


@pytest.mark.parametrize(("share", "threshold"), [(0.95, 0.95), (0.9, 0.95), (1.0, 1.0)])
def test_no_number_of_items_proves_what_is_not_so(share: float, threshold: float) -> None:
    assert items_to_prove(share, threshold, 0.95) is None


def test_the_items_that_a_margin_takes() -> None:
    assert items_for_margin(0.1, ASSUMED, 0.95) == 157
    assert items_for_margin(0.03, ASSUMED, 0.95) == 1745
    assert items_for_margin(0.1, ASSUMED, 0.95, change=0.05) == items_needed(0.15, ASSUMED, 0.95)
    assert items_for_margin(0.1, ASSUMED, 0.95, change=-0.1) is None


def test_the_spread_of_an_earlier_run() -> None:
    assert spread_of([1, 1, 0, 1], [1, 0, 0, 0]) == discordance(0.5)
    assert spread_of([1, 1, 0, 1], [1, 1, 0, 1]) == discordance(0.25)  # none changed, and still one might
    found = spread_of([0.5, 0.7, 0.9], [0.5, 0.5, 0.5])
    assert found is not None and (found.kind, found.value) == ("deviation", pytest.approx(0.2))
    assert spread_of([1.0], [0.0]) is None
