from __future__ import annotations

from compared import copy_run
from tiny import ftexp

from ftexp.state import State


def test_what_two_runs_were_made_with_is_told_apart(copy_of_finished) -> None:
    journal, run = State(copy_of_finished.project.path).journal, copy_of_finished.said.run
    copy_run(journal, run, "bbb", seed=1)
    journal.add_step("bbb", "train", "another")
    said = ftexp("diff", run, "bbb")
    assert said.code == 0, said.err
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.out.splitlines() if line.startswith("│")]
    assert rows == [["config", "seed", "0", "1"]]
    assert "apart     training\n" in said.out
    assert (
        "shared    base answers, few-shot answers, tuned answers, base losses, few-shot losses, tuned losses, scores, comparison"
        in said.out
    )
    assert f"{run} chat/loss (lower is better): base " in said.out


def test_a_run_that_has_not_finished_can_be_told_apart_too(copy_of_finished) -> None:
    copy_run(State(copy_of_finished.project.path).journal, copy_of_finished.said.run, "bbb", state="failed")
    said = ftexp("diff", "bbb", copy_of_finished.said.run)
    assert said.code == 0, said.err
    assert "bbb not measured: it is failed" in said.out


def test_a_run_differs_from_itself_in_nothing(finished) -> None:
    said = ftexp("diff", "last", finished.said.run)
    assert said.code == 0
    assert "nothing that they were made with differs" in said.out and "apart     no step" in said.out


def test_text_of_a_run_cannot_steer_the_terminal(copy_of_finished) -> None:
    copy_run(State(copy_of_finished.project.path).journal, copy_of_finished.said.run, "bbb", goal="\x1b[31m[bold]\u202e")
    said = ftexp("diff", "last", copy_of_finished.said.run)
    assert "[31m[bold]" in said.out and "\x1b" not in said.out and "\u202e" not in said.out


def test_an_unknown_run_is_refused(finished) -> None:
    said = ftexp("diff", "last", "nobody")
    assert said.code == 2 and said.err.startswith("ftexp: run 'nobody': not on record in ")
