from __future__ import annotations

import csv
from io import StringIO

import pytest
from compared import copy_run
from tiny import ftexp

from ftexp.journal import CellRow, Journal, SweepRow
from ftexp.state import State


@pytest.fixture
def journal(copy_of_finished) -> Journal:
    """The finished run and one like it, `xxx`, with another seed."""
    journal = State(copy_of_finished.project.path).journal
    copy_run(journal, copy_of_finished.said.run, "xxx", seed=1)
    return journal


def compared(*words: str) -> list[str]:
    """The ids of the runs, the one compared against last."""
    said = ftexp("compare", *words, "--format", "csv")
    assert said.code == 0, said.err
    rows = list(csv.DictReader(StringIO(said.out)))
    return [*(row["run"] for row in rows), rows[0]["against"]]


def test_two_runs_are_compared_by_what_differs_and_by_their_scores(journal, copy_of_finished) -> None:
    said = ftexp("compare", copy_of_finished.said.run, "xxx")
    assert said.code == 0, said.err
    assert "chat/loss (lower is better)" in said.out and f"against {copy_of_finished.said.run}" in said.out
    (seeds,) = {tuple(line.split("│")[3].strip() for line in said.out.splitlines() if "chats-tiny" in line)}
    assert seeds == ("0", "1")
    assert "+0.000" in said.out


def test_runs_are_named_as_elsewhere_and_each_counts_once(journal, copy_of_finished) -> None:
    first = copy_of_finished.said.run
    assert compared(first[:6], "last") == [first, "xxx", first]
    assert compared("last", first, "xxx", "--against", first) == ["xxx", first, first]


def test_another_run_to_compare_with_need_not_be_among_those_named(journal, copy_of_finished) -> None:
    assert compared("xxx", "--against", copy_of_finished.said.run) == [copy_of_finished.said.run, "xxx", copy_of_finished.said.run]


def test_runs_can_be_picked_by_conditions(journal, copy_of_finished) -> None:
    first = copy_of_finished.said.run
    copy_run(journal, first, "yyy", seed=2)
    assert compared("--where", "seed>=1") == ["xxx", "yyy", "xxx"]
    assert compared("--where", "dataset.name=chats", "--where", "score/tuned/chat/loss<100") == [first, "xxx", "yyy", first]
    assert compared(first, "yyy", "xxx", "--where", "seed<2") == [first, "xxx", first]


def test_a_sweeps_id_stands_for_its_runs(journal, copy_of_finished) -> None:
    first = copy_of_finished.said.run
    copy_run(journal, first, "yyy", seed=2)
    cells = [CellRow(n, run, "{}") for n, run in enumerate(("yyy", first, "not begun"))]
    journal.open_sweep(SweepRow("sweep1", "[]", "basic", 1, None, 0.0), cells)
    assert compared("sweep1") == compared("swe") == ["yyy", first, "yyy"]


def test_an_id_that_begins_a_run_and_a_sweep_is_refused(journal) -> None:
    journal.open_sweep(SweepRow("xx", "[]", "basic", 1, None, 0.0), [])
    said = ftexp("compare", "x", "last")
    assert (said.code, said.err) == (2, "ftexp: 'x': found 2 runs and sweeps that begin so (xx, xxx); give more of the id\n")


def test_a_named_run_that_has_not_finished_is_refused(journal, copy_of_finished) -> None:
    copy_run(journal, copy_of_finished.said.run, "yyy", state="failed")
    said = ftexp("compare", copy_of_finished.said.run, "yyy")
    assert (said.code, said.err) == (2, "ftexp: run yyy: has no scores, it is failed; expected a finished one\n")


def test_one_of_a_query_that_has_not_finished_is_left_out_and_said(journal, copy_of_finished) -> None:
    copy_run(journal, copy_of_finished.said.run, "yyy", state="interrupted")
    said = ftexp("compare", "--where", "dataset.name=chats")
    assert said.code == 0, said.err
    assert "left out, since not finished: yyy is interrupted" in said.out


REFUSED = {
    (): "found neither runs nor a condition, expected runs, a sweep, or --where CONDITION",
    ("last",): "found 1 finished run to compare, expected two or more",
    ("--where", "seed=9"): "found 0 finished runs to compare, expected two or more",
    ("last", "nobody"): "run 'nobody': not on record in",
    ("--where", "sede=1"): "found the key 'sede', which no run on record has; did you mean seed?",
    ("last", "xxx", "--out", "x.md"): "--out: found no format to write, expected --format markdown, csv or html with it",
    ("--where", "seed>=0", "--metric", "chat/los"): "--metric: found 'chat/los', expected one of chat/chrf, chat/loss, chat/token_f1",
    (
        "--where",
        "seed>=0",
        "--format",
        "csv",
        "--out",
        "nowhere/x.csv",
    ): "--out: nowhere/x.csv can't be written (No such file or directory)",
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_meant_is_refused_in_one_line(words: tuple[str, ...], journal) -> None:
    said = ftexp("compare", *words)
    assert said.code in (2, 5) and said.out == ""
    assert REFUSED[words] in said.err and len(said.err.splitlines()) == 1


@pytest.mark.parametrize("form", ["markdown", "csv", "html"])
def test_it_can_be_written_to_a_file(form: str, journal, copy_of_finished) -> None:
    said = ftexp("compare", "--where", "seed>=0", "--format", form, "--out", f"x.{form}")
    assert (said.code, said.out) == (0, f"wrote x.{form}\n")
    written = (copy_of_finished.project.path / f"x.{form}").read_text(encoding="utf-8")
    assert written == ftexp("compare", "--where", "seed>=0", "--format", form).out


def test_without_any_run_it_says_so(bare_project) -> None:
    said = ftexp("compare", "--where", "seed>=0")
    assert (said.code, said.err) == (2, "ftexp: found 0 finished runs to compare, expected two or more\n")
    assert not (bare_project.path / ".ftexp").exists()
