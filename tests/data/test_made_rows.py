"""Rows of `ftexp augment` stay in the split that they were made for, whoever reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny import chats, ftexp, write_chats

from ftexp.augmentation.rows import originals
from ftexp.compose import compose
from ftexp.data.building import line_of
from ftexp.data.jsonl import judged_line
from ftexp.data.split import digest
from ftexp.data.streaming import judge_in_stream
from ftexp.validation.survey import SplitName


def write_rows(path: Path, split: SplitName) -> None:
    path.write_text("".join(row.line + "\n" for row in originals(chats(), split, 0)), encoding="utf-8")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_rows(Path("rows.jsonl"), "train")
    write_chats(Path("others.jsonl"))


def test_provenance_is_read_and_is_no_part_of_what_a_row_says() -> None:
    row = originals(chats(1), "train", 0)[0]
    line = judged_line(row.line.encode(), "x", "supervised")
    assert line.example and not line.findings and line.example.made_for == "train"
    assert digest(line.example.said) == digest(chats(1)[0].said) and "provenance" not in line_of(line.example)


@pytest.mark.parametrize("provenance", [None, "train", {}, {"split": "all"}, {"split": 1}])
def test_provenance_that_says_no_split_is_refused(provenance: object) -> None:
    value = json.loads(line_of(chats(1)[0])) | {"provenance": provenance}
    assert [f.check for f in judged_line(json.dumps(value).encode(), "x").findings] == ["provenance"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dataset.path=rows.jsonl"], "was made for the train split, but its file is parted; expected the three files"),
        (["dataset.path=rows.jsonl", "dataset.test=others.jsonl"], "was made for the train split, but its file is parted"),
        (
            ["dataset.path=others.jsonl", "dataset.validation=rows.jsonl"],
            "was made for the train split, but its file is given for validation",
        ),
        (["dataset.path=others.jsonl", "dataset.test=rows.jsonl"], "was made for the train split, but its file is given for test"),
    ],
)
def test_such_a_row_is_never_held_out(words: list[str], message: str) -> None:
    said = ftexp("check", "dataset=jsonl", *words)
    assert said.code == 4 and message in said.out
    dataset, config = compose(["dataset=jsonl", *words], Path.cwd()).config.dataset, compose([], Path.cwd()).config
    report = judge_in_stream(dataset, "supervised", config.checks, "o200k_base", None, processes=1)
    assert "leakage_made" in {group.check for group in report.of("error")}


def test_it_is_no_matter_of_severity() -> None:
    said = ftexp("check", "dataset=jsonl", "dataset.path=rows.jsonl", "checks.severity.leakage_made=off")
    assert said.code == 2 and "can't be softened" in said.err
