"""A run that dies and is started again must come to what an undisturbed run comes to; see `record.py` for what is compared."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from cases import Case, Laboratory, report
from points import Fate

RANDOM_CASES = 12  # half of them in training, half in evaluation
DISK_FULL_STEP = 8  # every how many points the disk is full


def test_a_run_killed_three_times_and_started_again_is_as_if_undisturbed(laboratory: Laboratory) -> None:
    points = ["before rename checkpoint-6/complete", "after rename adapters/", "after mlflow create_logged_model"]
    case = laboratory.case(*(Fate(name=point) for point in points))
    assert (case.codes, case.faults) == ([-9, -9, -9], [])


def in_parallel(laboratories: list[Laboratory], work: Callable[[int, Laboratory], list[Case]]) -> list[Case]:
    """`work(which, laboratory)` in each of them, all at once."""
    with ThreadPoolExecutor(len(laboratories)) as pool:
        return [case for cases in pool.map(work, range(len(laboratories)), laboratories) for case in cases]


def at_each_point(laboratories: list[Laboratory], what: str, every: int = 1) -> list[Case]:
    """Until a run reaches its end before the point."""

    def work(which: int, laboratory: Laboratory) -> list[Case]:
        cases: list[Case] = []
        for number in count(1 + which * every, every * len(laboratories)):
            case = laboratory.case(Fate(what, number))  # type: ignore[arg-type]
            if not case.points:
                break
            cases.append(case)
        return cases

    return in_parallel(laboratories, work)


@pytest.mark.faults
def test_a_run_killed_at_any_point_and_started_again_is_as_if_undisturbed(laboratories, tell) -> None:
    cases = at_each_point(laboratories, "killed")
    tell(
        len(cases),
        f"points of a run on this machine to be killed at, {len({c.points[0] for c in cases})} of them different; "
        f"told steps trained again: at most {max(c.repeated for c in cases)}",
    )
    assert not report(cases), report(cases)
    assert {c.codes[0] for c in cases} == {-9}
    assert len(cases) > 100


@pytest.mark.faults
def test_a_run_killed_at_a_random_moment_and_started_again_is_as_if_undisturbed(laboratories, tell) -> None:
    """MLflow is told all the time, so that any of it may be in the middle."""
    seconds = laboratories[0].seconds

    def work(which: int, laboratory: Laboratory) -> list[Case]:
        dice = random.Random(which)
        parts = ["train", "answers"] * (RANDOM_CASES // len(laboratories) // 2)
        fates = [Fate(name=f"before backend {part}", seconds=dice.uniform(0.001, seconds[part])) for part in parts]
        return [laboratory.case(fate, pause_seconds=0.02) for fate in fates]

    cases = in_parallel(laboratories, work)
    tell(len(cases), f"random moments to be killed at, {sum(c.codes == [-14] for c in cases)} of them before the end")
    assert not report(cases), report(cases)


@pytest.mark.faults
def test_a_run_that_found_the_disk_full_says_so_and_goes_on_when_there_is_space(laboratories, tell) -> None:
    cases = at_each_point(laboratories, "disk full", DISK_FULL_STEP)
    tell(len(cases), f"points to find the disk full at, {sum(c.codes == [0] for c in cases)} of them where only MLflow was behind")
    assert not report(cases), report(cases)
    for case in cases:
        errors = [line for line in case.said.splitlines() if line.startswith("ftexp: ")]
        assert "Traceback" not in case.said, case.said
        if case.codes == [0]:
            assert "mlflow    is behind" in case.said
        else:
            assert (case.codes, len(errors)) == ([5], 1), case.said
            assert "then the same command goes on" in errors[0]


@pytest.mark.faults
def test_a_first_run_killed_while_mlflows_database_is_made_goes_on(laboratory: Laboratory) -> None:
    """MLflow makes its tables one by one, which takes seconds."""
    faults = []
    for seconds in (0.5, 2.0):
        case = laboratory.case(Fate(name="before backend train", seconds=seconds), pause_seconds=0.01, database=False)
        faults += case.faults
    assert not faults
