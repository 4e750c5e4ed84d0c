from __future__ import annotations

from tiny import ftexp


def test_without_runs_it_says_how_to_make_one(bare_project) -> None:
    assert ftexp("list").out == "no runs on record here yet; make one with: ftexp run experiment=quickstart\n"


def test_runs_are_listed_with_id_name_and_state(finished) -> None:
    out = ftexp("list").out
    (line,) = [line for line in out.splitlines() if finished.said.run in line]
    assert "e1-lr1.0-s0-chats-tiny-llama" in line
    assert "finished" in line


def test_another_experiments_runs_can_be_left_out(finished) -> None:
    assert finished.said.run in ftexp("list", "--experiment", "chats").out
    assert "no runs on record" in ftexp("list", "--experiment", "other").out
