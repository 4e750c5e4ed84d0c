from __future__ import annotations

import io
import sys

import pytest
from tiny import ftexp


def test_one_message_is_answered_by_base_and_tuned_side_by_side(finished) -> None:
    said = ftexp("chat", finished.said.run, "When does the shop in Tainan open?", "--max-new-tokens", "4")
    assert said.code == 0
    (titles,) = [line for line in said.out.splitlines() if "base" in line]
    assert "tuned" in titles


def test_messages_come_from_a_pipe_line_by_line(finished, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Hello\n\nHow big is Taipei?\n"))
    said = ftexp("chat", "last", "--max-new-tokens", "4")
    assert (said.code, said.out.count("tuned")) == (0, 2)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("typed", ["Hello\n\n", "Hello\n"], ids=["an empty line", "Ctrl-D"])
def test_a_person_is_asked_until_an_empty_line_or_the_end_of_input(typed: str, finished, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    said = ftexp("chat", "last", "--max-new-tokens", "4")
    assert (said.code, said.out.count("you: "), said.out.count("tuned")) == (0, 2, 1)


def test_a_length_that_makes_no_sense_is_refused(finished) -> None:
    said = ftexp("chat", "last", "Hi", "--max-new-tokens", "0")
    assert (said.code, said.err) == (2, "ftexp: --max-new-tokens: found 0, expected a number from 1 to 8192\n")


def test_an_unknown_run_is_refused(finished) -> None:
    said = ftexp("chat", "nobody", "Hi")
    assert said.code == 2
    assert "run 'nobody': not on record in" in said.err
    assert "expected an id or name that `ftexp list` shows, or last" in said.err


def test_a_run_that_has_not_finished_is_refused(copy_of_finished) -> None:
    from ftexp.state import State

    State(copy_of_finished.project.path).journal.open_run("0123456789", "begun", "chats", "{}", "{}")
    said = ftexp("chat", "begun", "Hi")
    assert (said.code, said.err) == (2, "ftexp: run 0123456789: has no tuned model, it is running; expected a finished one\n")


def test_an_adapter_that_is_gone_is_told(copy_of_finished) -> None:
    import shutil

    shutil.rmtree(copy_of_finished.project.path / ".ftexp" / "adapters")
    said = ftexp("chat", "last", "Hi")
    assert said.code == 5
    assert f"the adapter of run {copy_of_finished.said.run} is gone; train it again with replicate=2" in said.err
