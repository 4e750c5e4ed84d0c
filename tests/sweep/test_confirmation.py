from __future__ import annotations

from ftexp.sweep.confirmation import Confirmation, compare_seeds

GOOD, BAD = (1.0,) * 18 + (0.0,) * 2, (1.0,) * 4 + (0.0,) * 16


def compared(winner: dict[int, tuple[float, ...]], second: dict[int, tuple[float, ...]], lower_is_better: bool = False) -> Confirmation:
    found = compare_seeds(dict(winner), dict(second), ("a", "b"), 0.95, lower_is_better)
    assert found
    return found


def test_a_winner_that_every_seed_confirms_is_better() -> None:
    found = compared({0: GOOD, 1: GOOD}, {0: BAD, 1: BAD})
    assert found.is_better
    assert [(s.seed, s.winner, s.second) for s in found.seeds] == [(0, 0.9, 0.2), (1, 0.9, 0.2)]


def test_one_seed_that_says_otherwise_is_enough_for_not_being_better() -> None:
    assert not compared({0: GOOD, 1: GOOD, 2: BAD}, {0: BAD, 1: BAD, 2: GOOD}).is_better


def test_a_difference_within_chance_is_not_better() -> None:
    assert not compared({0: GOOD, 1: GOOD}, {0: (1.0,) * 17 + (0.0,) * 3, 1: (1.0,) * 17 + (0.0,) * 3}).is_better


def test_of_a_loss_the_lower_is_better() -> None:
    assert compared({0: (0.1, 0.2, 0.1)}, {0: (1.1, 1.0, 1.3)}, lower_is_better=True).is_better
    assert not compared({0: (1.1, 1.0, 1.3)}, {0: (0.1, 0.2, 0.1)}, lower_is_better=True).is_better


def test_only_seeds_that_both_were_trained_with_count() -> None:
    assert [s.seed for s in compared({0: GOOD, 1: GOOD}, {1: BAD, 2: BAD}).seeds] == [1]
    assert compare_seeds({0: GOOD}, {1: BAD}, ("a", "b"), 0.95, False) is None
