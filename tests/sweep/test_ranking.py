from __future__ import annotations

import random
from statistics import NormalDist

import pytest

from ftexp.evaluation.statistics import wilson
from ftexp.sweep.ranking import Contender, items_needed, joint_confidence, rank


def contender(number: int, validation: list[float | None], loss: float = 1.0, test: list[float] | None = None) -> Contender:
    return Contender(
        number=number,
        run=f"run{number}",
        name=f"name{number}",
        point={"hyperparameters.n_epochs": str(number)},
        validation=tuple(validation),
        validation_loss=loss,
        test=tuple(test or [1.0, 0.0, 1.0, 1.0]),
        base=(0.0, 0.0, 0.0, 0.0),
        seconds=1.0,
    )


def numbers(*contenders: Contender, lower_is_better: bool = False) -> list[int]:
    return [p.contender.number for p in rank(contenders, "s/m", lower_is_better, 0.95).places]


def test_the_highest_validation_score_wins_and_of_a_loss_the_lowest() -> None:
    three = contender(1, [1.0, 0.0]), contender(2, [1.0, 1.0]), contender(3, [0.0, 0.0])
    assert numbers(*three) == [2, 1, 3]
    assert numbers(*three, lower_is_better=True) == [3, 1, 2]


def test_test_scores_choose_nothing() -> None:
    assert numbers(contender(1, [1.0, 1.0], test=[0.0] * 4), contender(2, [0.0, 0.0], test=[1.0] * 4)) == [1, 2]


def test_equal_scores_are_ranked_by_validation_loss_and_then_by_number() -> None:
    assert numbers(contender(3, [1.0]), contender(2, [1.0], loss=0.5), contender(1, [1.0])) == [2, 1, 3]


def test_a_run_without_a_score_is_left_out_and_none_at_all_is_an_error() -> None:
    assert numbers(contender(1, [None, None]), contender(2, [0.0, None])) == [2]
    with pytest.raises(ValueError, match="no run has a score"):
        rank([contender(1, [None])], "s/m", False, 0.95)


def test_the_winners_interval_is_widened_by_the_number_it_was_picked_from() -> None:
    scores: list[float | None] = [1.0] * 30 + [0.0] * 20
    alone = rank([contender(1, scores)], "s/m", False, 0.95).picked
    of_nine = rank([contender(n, scores) for n in range(1, 10)], "s/m", False, 0.95).picked
    assert (alone.low, alone.high) == wilson(30, 50, 0.95)
    assert (of_nine.low, of_nine.high) == wilson(30, 50, 0.95 ** (1 / 9))


@pytest.mark.parametrize("cells", [9, 50])
def test_the_best_of_equal_runs_has_the_truth_in_its_interval(cells: int) -> None:
    """At n = 50 items; by the plain interval it would lie outside in most draws."""
    rng, truth, draws, items = random.Random(cells), 0.6, 300, 50
    covered = plain = 0
    for _ in range(draws):
        best = max(sum(rng.random() < truth for _ in range(items)) for _ in range(cells))
        low, high = wilson(best, items, joint_confidence(0.95, cells))
        covered += low <= truth <= high
        low, high = wilson(best, items, 0.95)
        plain += low <= truth <= high
    assert covered / draws >= 0.93
    assert plain / draws < 0.9


def test_runs_that_can_not_be_told_from_the_winner_are_named() -> None:
    good, near, bad = [1.0] * 20, [1.0] * 19 + [0.0], [0.0] * 20
    ranking = rank([contender(1, [*good]), contender(2, [*near]), contender(3, [*bad])], "s/m", False, 0.95)
    assert [p.contender.number for p in ranking.not_told_apart] == [2]
    assert ranking.winner.behind_winner is None
    assert ranking.places[2].behind_winner and ranking.places[2].behind_winner.value == 1.0


def test_of_a_loss_the_winner_is_told_apart_when_it_is_lower() -> None:
    low, high = [0.1, 0.2, 0.1, 0.2] * 5, [1.1, 1.3, 1.2, 1.2] * 5
    ranking = rank([contender(1, [*low]), contender(2, [*high])], "s/m", True, 0.95)
    assert ranking.winner.contender.number == 1
    assert ranking.not_told_apart == ()


def test_the_items_needed_follow_the_formula() -> None:
    one, other = (1.0, 1.0, 1.0, 0.0), (1.0, 0.0, 1.0, 0.0)
    z = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)
    assert items_needed(one, other, 0.95) == -(-z * z * 0.25 // 0.25**2)  # differences 0 1 0 0: mean .25, variance .25
    assert items_needed(one, one, 0.95) is None
    assert items_needed((1.0,), (0.0,), 0.95) is None
