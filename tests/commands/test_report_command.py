from __future__ import annotations

import re
from pathlib import Path

import pytest
from tiny import Finished, ftexp

MIXED_UP = "eval.suites.chat.metrics.f1.kind=macro_f1"


def test_a_run_becomes_one_page_that_loads_and_runs_nothing(copy_of_finished: Finished) -> None:
    said = ftexp("report", "last", "--html", "page.html")
    assert said.code == 0, said.err
    page = Path("page.html").read_text(encoding="utf-8")
    assert "Answer questions about places." in page and "ftexp reproduce" in page
    assert "<script" not in page and not re.search(r"(src|href)=.https?:", page)


def test_a_report_is_also_an_artifact_and_markdown(finished: Finished) -> None:
    assert list(Path("mlartifacts").rglob("report.html"))
    said = ftexp("report", "--markdown")
    assert said.code == 0 and "Answer questions about places." in said.out


def test_labels_that_are_mixed_up_are_a_table(copy_of_finished: Finished) -> None:
    run = ftexp("evaluate", "last", MIXED_UP).run
    assert ftexp("report", run, "--html", "page.html").code == 0
    assert "(other)" in Path("page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"), [(["none"], "not on record"), (["last", "--html", "no/such/folder/x.html"], "can't be written")]
)
def test_what_cannot_be_reported_is_said(words: list[str], message: str, finished: Finished) -> None:
    said = ftexp("report", *words)
    assert said.code != 0 and message in said.err
