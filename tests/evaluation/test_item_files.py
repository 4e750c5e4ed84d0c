from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ftexp.data.messages import Message
from ftexp.errors import DataError
from ftexp.evaluation.constraints import AtMostWords
from ftexp.evaluation.item_files import read_items

QUESTION = {"role": "user", "content": "2 + 2?"}


def written(tmp_path: Path, *lines: Any) -> Path:
    path = tmp_path / "own.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), encoding="utf-8")
    return path


def test_the_last_reply_is_the_reference_and_the_rest_is_asked(tmp_path: Path) -> None:
    line = {"messages": [QUESTION, {"role": "assistant", "content": "4"}], "accepted": ["four"], "cluster": "sums"}
    (item,) = read_items(written(tmp_path, line))
    assert (item.prompt, item.reference, item.origin) == ((Message("user", "2 + 2?"),), "4", "own.jsonl line 1")
    assert (item.accepted, item.cluster) == (("four",), "sums")


def test_an_item_needs_no_reference(tmp_path: Path) -> None:
    line = {"messages": [QUESTION], "constraints": [{"kind": "at_most_words", "count": 1}], "expected": "answer"}
    (item,) = read_items(written(tmp_path, line))
    assert item.reference == "" and item.constraints == (AtMostWords(count=1),) and item.expected == "answer"


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    lines = ["{", [], {"messages": []}, {"messages": [QUESTION], "acepted": []}, {"messages": [{"role": "bot", "content": "x"}]}]
    only_reply = {"messages": [{"role": "assistant", "content": "4"}]}
    with pytest.raises(DataError) as error:
        read_items(written(tmp_path, *lines, only_reply))
    told = "\n".join(error.value.faults)
    assert [f"line {n}" in told for n in range(1, 7)] == [True] * 6
    assert "did you mean accepted?" in told and "expected a question before it" in told


def test_a_file_that_is_missing_or_empty_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be read"):
        read_items(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="expected an item a line"):
        read_items(written(tmp_path))
