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
ANSWER = {"role": "assistant", "content": "4"}


def written(tmp_path: Path, *lines: Any) -> Path:
    path = tmp_path / "own.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), encoding="utf-8")
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        read_items(path)
    return list(caught.value.faults)


def test_the_last_reply_is_the_reference_and_the_rest_is_asked(tmp_path: Path) -> None:
    line = {"messages": [QUESTION, ANSWER], "accepted": ["four"], "cluster": "sums"}
    (item,) = read_items(written(tmp_path, line))
    assert (item.prompt, item.reference, item.origin) == ((Message("user", "2 + 2?"),), "4", "own.jsonl line 1")
    assert (item.accepted, item.cluster) == (("four",), "sums")


def test_an_item_needs_no_reference(tmp_path: Path) -> None:
    line = {"messages": [QUESTION], "constraints": [{"kind": "at_most_words", "count": 1}], "expected": "answer"}
    (item,) = read_items(written(tmp_path, line))
    assert item.reference == "" and item.constraints == (AtMostWords(count=1),) and item.expected == "answer"
    assert item.prompt == (Message("user", "2 + 2?"),)


def test_an_item_may_have_all_that_items_have(tmp_path: Path) -> None:
    line = {"messages": [QUESTION], "expected": "refuse", "secrets": ["a@example.com"], "language": "zh-Hant", "twin": "one"}
    (item,) = read_items(written(tmp_path, line))
    assert (item.expected, item.secrets, item.language, item.twin) == ("refuse", ("a@example.com",), "zh-Hant", "one")


def test_a_line_of_training_data_is_an_item_whatever_its_weights(tmp_path: Path) -> None:
    (item,) = read_items(written(tmp_path, {"messages": [QUESTION, ANSWER | {"weight": 0}]}))
    assert item.reference == "4"


def test_only_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    text = "a\u2028b\u0085c\x1c"
    line = json.dumps({"messages": [{"role": "user", "content": text}]}, ensure_ascii=False)
    assert [i.prompt[0].content for i in read_items(written(tmp_path, line, "", line + "\r"))] == [text, text]


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    lines = ["{", [], {"messages": []}, {"messages": [QUESTION], "acepted": []}, {"messages": [{"role": "bot", "content": "x"}]}]
    told = "\n".join(faults(written(tmp_path, *lines, {"messages": [ANSWER]}, {"messages": [QUESTION]})))
    assert [f"line {n}" in told for n in range(1, 8)] == [True] * 6 + [False]
    assert "did you mean accepted?" in told and "found only an assistant message; expected a question before it" in told


@pytest.mark.parametrize(
    ("marks", "told"),
    [
        ({"accepted": [""]}, 'accepted.0: found "", expected a text that isn\'t empty'),
        ({"secrets": [" "]}, 'secrets.0: found " ", expected a text that isn\'t empty'),
        ({"accepted": "4"}, 'accepted: found "4", expected a list of texts'),
        ({"expected": "decline"}, 'expected: found "decline", expected answer or refuse'),
        ({"language": "English"}, 'language: found "English", expected a language, like en or zh-Hant'),
        ({"constraints": [{"kind": "at_most_words", "count": 0}]}, "constraints.0.count: found 0, expected a whole number from 1"),
        ({"twin": "\ud800"}, "twin has half of a surrogate pair (\\ud800 to \\udfff), which is no text"),
    ],
)
def test_what_is_wrong_with_a_mark_is_said(tmp_path: Path, marks: dict[str, Any], told: str) -> None:
    assert faults(written(tmp_path, {"messages": [QUESTION]} | marks)) == [f"own.jsonl line 1: {told}"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"messages": [], "messages": []}', "the key 'messages' stands twice"),
        ('{"messages": NaN}', "NaN is no JSON"),
        ('{"messages": ' + "[" * 100_000, "nested too deep"),
        ('{"messages": ' + "9" * 5000 + "}", "not JSON"),
        ('{"mesages": []}', "did you mean messages?"),
        ('{"messages": [{"role": "user", "content": "\\ud800"}]}', "half of a surrogate pair"),
        ('{"messages": [{"role": "user", "content": " "}]}', "empty content"),
        ('{"messages": [{"role": "assistant", "content": "x"}, {"role": "user"}]}', "message 2 has no content"),
    ],
)
def test_hostile_and_broken_lines_are_faults_of_their_line(tmp_path: Path, line: str, told: str) -> None:
    assert any(told in fault and fault.startswith("own.jsonl line 1: ") for fault in faults(written(tmp_path, line)))


def test_of_many_faults_the_first_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    told = faults(written(tmp_path, *["{"] * 30))
    assert len(told) == 21 and told[-1] == "10 more faults"


def test_a_file_that_is_missing_empty_or_no_jsonl_is_said(tmp_path: Path) -> None:
    assert "no such file" in faults(tmp_path / "none.jsonl")[0]
    assert faults(written(tmp_path, "", " ")) == ["own.jsonl: the file is empty; expected an item a line"]
    assert "found a JSON array" in faults(written(tmp_path, "[{}]"))[0]
    (tmp_path / "own.jsonl").write_bytes(b'{"messages": "\xff"}\n')
    assert "not UTF-8 (byte 0xff)" in faults(tmp_path / "own.jsonl")[0]
