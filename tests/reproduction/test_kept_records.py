"""The records in experiments/ can be read, are all in the table, and hold no text of an example."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftexp.data.builtin import support_tickets
from ftexp.reproduction.files import read
from ftexp.reproduction.report import ANALYSIS, index

EXPERIMENTS = Path(__file__).parent.parent.parent / "experiments"
RECORDS = sorted(path.name for path in EXPERIMENTS.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_reads_back_and_says_what_it_means(name: str) -> None:
    frozen = read(EXPERIMENTS / name)
    assert all(run.outcome.curve and run.outcome.answers and run.inputs.code for run in frozen.runs)
    assert ANALYSIS in (EXPERIMENTS / name / "report.md").read_text(encoding="utf-8")


def test_the_table_has_every_record() -> None:
    assert RECORDS == ["epochs_lr_sweep", "examples_needed", "quickstart"]
    assert (EXPERIMENTS / "README.md").read_text(encoding="utf-8") == index(EXPERIMENTS)


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_has_no_text_of_an_example(name: str) -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in (EXPERIMENTS / name).iterdir())
    splits = support_tickets.splits()
    said = {m.content for e in (*splits.train, *splits.validation, *splits.test) for m in e.messages}
    assert not [content for content in said if content in texts]
