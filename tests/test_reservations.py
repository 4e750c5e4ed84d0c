"""What several runs set aside of one budget never passes it: in one process, in threads, and in processes on one journal."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ftexp.journal import Journal, Taken


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.db")


def test_what_would_pass_the_limit_is_not_set_aside_at_all(journal: Journal) -> None:
    assert journal.reserve("b", "usd", "one", {"train": 0.6}, limit=1)
    assert not journal.reserve("b", "usd", "two", {"train2": 0.3, "answers": 0.2}, limit=1)
    assert journal.taken("b", "usd") == Taken(reserved=0.6, spent=0)


def test_the_same_key_is_set_aside_once(journal: Journal) -> None:
    for _ in range(3):
        assert journal.reserve("b", "usd", "one", {"train": 0.6}, limit=1)
    assert journal.reserve("b", "usd", "two", {"train": 0.6}, limit=1), "both want the same step"
    assert journal.taken("b", "usd").reserved == 0.6


def test_what_was_spent_stays_and_the_rest_is_free_again(journal: Journal) -> None:
    journal.reserve("b", "usd", "one", {"train": 0.6}, limit=1)
    journal.settle("b", "usd", "one", "train", 0.2)
    assert journal.taken("b", "usd") == Taken(reserved=0, spent=0.2)
    assert journal.reserve("b", "usd", "two", {"train2": 0.8}, limit=1)
    assert not journal.reserve("b", "usd", "one", {"train": 0.1}, limit=1)


def test_what_failed_without_spending_is_free_again(journal: Journal) -> None:
    journal.reserve("b", "usd", "one", {"train": 0.6}, limit=1)
    journal.release("b", "one")
    assert journal.taken("b", "usd") == Taken(reserved=0, spent=0)


def test_one_owners_release_leaves_what_another_has_set_aside_for_the_same_key(journal: Journal) -> None:
    for owner in ("one", "two"):
        journal.reserve("b", "usd", owner, {"answers": 0.6}, limit=1)
    journal.release("b", "one")
    assert journal.taken("b", "usd").reserved == 0.6


def test_budgets_and_units_are_apart(journal: Journal) -> None:
    assert journal.reserve("b", "usd", "one", {"train": 1}, limit=1)
    assert journal.reserve("b", "minutes", "one", {"train": 1}, limit=1)
    assert journal.reserve("c", "usd", "one", {"train": 1}, limit=1)


def test_a_limit_that_is_reached_to_the_last_cent_is_kept(journal: Journal) -> None:
    assert all(journal.reserve("b", "usd", f"run {n}", {f"train {n}": 0.1}, limit=1) for n in range(10))
    assert not journal.reserve("b", "usd", "run 10", {"train 10": 0.01}, limit=1)


LIMIT = 10.0


def spend_at_random(path: Path, seed: int, watch: Callable[[], None]) -> None:
    """What runs do: set aside, spend at most that, or fail without spending."""
    journal, chance = Journal(path), random.Random(seed)
    for n in range(10):
        owner, key, amount = f"{seed}-{n}", f"{seed}-{n}", chance.uniform(0.5, 4)
        shared = {"answers": 0.5} if chance.random() < 0.5 else {}
        if journal.reserve("b", "usd", owner, {key: amount} | shared, LIMIT):
            watch()
            if chance.random() < 0.6:
                journal.settle("b", "usd", owner, key, chance.uniform(0, amount))
            journal.release("b", owner)
    journal.close()


def check(path: Path) -> None:
    with sqlite3.connect(path) as db:
        statement = "SELECT SUM(m), SUM(s) FROM (SELECT MAX(reserved) m, SUM(spent) s FROM reservations GROUP BY key)"
        reserved, spent = db.execute(statement).fetchone()
    assert reserved + spent <= LIMIT + 1e-6


def test_threads_never_pass_the_sum(journal: Journal) -> None:
    together = threading.Barrier(4)

    def work(seed: int) -> None:
        together.wait()
        spend_at_random(journal.path, seed, lambda: check(journal.path))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert 0 < journal.taken("b", "usd").spent <= LIMIT


def _work(path: Path, seed: int) -> None:
    spend_at_random(path, seed, lambda: check(path))


def test_processes_never_pass_the_sum(journal: Journal) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_work, args=(journal.path, seed)) for seed in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [w.exitcode for w in workers] == [0, 0, 0]
    assert 0 < journal.taken("b", "usd").spent <= LIMIT
