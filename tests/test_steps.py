from __future__ import annotations

import threading
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from ftexp.backends.results import File, Losses, Point, TrainingResult
from ftexp.keys import Key
from ftexp.progress import Progress
from ftexp.state import State
from ftexp.steps import Steps
from ftexp.tracking.events import Figures, parse

KEY = Key("key", "inputs", 1)
LOSSES = Losses(values=(0.5, 0.25), seconds=2.0)
TRAINING = TrainingResult(
    curve=(
        Point(step=0, epoch=0, figures={"validation/loss": 3.0}),
        Point(step=1, epoch=1, figures={"train/loss": 2.5, "validation/loss": 2.0}),
    ),
    adapter=File(path=".ftexp/adapters/abc", sha256="abc"),
    best_step=1,
    steps=1,
    trained_tokens=100,
    seconds=4.0,
)


@pytest.fixture
def step(tmp_path: Path) -> Steps:
    return steps_of(State(tmp_path), "r")


def steps_of(state: State, run: str) -> Steps:
    state.journal.open_run(run, "name", "experiment", "{}", "{}")
    return Steps(state, run, Progress(Console(file=StringIO())))


def never() -> Losses:
    raise AssertionError("the result is on record")


def test_a_step_is_worked_out_once_and_then_read(step: Steps) -> None:
    assert step("losses_base", KEY, Losses, lambda: LOSSES) == LOSSES
    assert step("losses_base", KEY, Losses, never) == LOSSES
    assert step.computed == ["losses_base"]


def test_another_run_takes_the_same_result_and_tells_of_it_too(step: Steps) -> None:
    step("losses_base", KEY, Losses, lambda: LOSSES)
    other = steps_of(step.state, "other")
    assert other("losses_base", KEY, Losses, never) == LOSSES
    assert other.computed == []
    assert [e.body for e in step.state.journal.untold("other")] == [e.body for e in step.state.journal.untold("r")]


def test_a_step_that_fails_leaves_no_result_and_can_be_tried_again(step: Steps) -> None:
    with pytest.raises(AssertionError):
        step("losses_base", KEY, Losses, never)
    assert step("losses_base", KEY, Losses, lambda: LOSSES) == LOSSES


def test_the_result_of_an_earlier_step_is_found_by_name(step: Steps) -> None:
    step("losses_base", KEY, Losses, lambda: LOSSES)
    assert step.result_of("losses_base", Losses) == LOSSES
    with pytest.raises(KeyError, match="train"):
        step.result_of("train", TrainingResult)


def test_two_that_want_the_same_step_work_once(step: Steps) -> None:
    other, began, worked = steps_of(State(step.state.root), "other"), threading.Event(), []

    def work() -> Losses:
        worked.append(True)
        began.set()
        return LOSSES

    def first() -> Losses:
        result = work()
        second.start()
        second.join(0.2)  # it waits for this one
        return result

    second = threading.Thread(target=lambda: other("losses_base", KEY, Losses, work))
    step("losses_base", KEY, Losses, first)
    second.join()
    assert worked == [True]
    assert other.computed == []


def test_a_curve_told_along_the_way_is_not_told_again_with_the_result(step: Steps) -> None:
    step.tell(Figures(step=0, values={"validation/loss": 3.0}))
    step("train", KEY, TrainingResult, lambda: TRAINING)
    events = [parse(e.body) for e in step.state.journal.untold("r")]
    losses = [(e.step, e.values["validation/loss"]) for e in events if isinstance(e, Figures) and "validation/loss" in e.values]
    assert losses == [(0, 3.0), (1, 2.0)]
