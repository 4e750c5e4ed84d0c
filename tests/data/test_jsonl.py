from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tiny import chat

from ftexp.data.jsonl import Reading, read, write
from ftexp.data.messages import Example, Message
from ftexp.errors import DataError

GOOD = '{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.jsonl"


def reading(file: Path, content: str | bytes) -> Reading:
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read(file)


def findings(file: Path, *lines: str) -> list[str]:
    return [str(finding) for finding in reading(file, "\n".join(lines) + "\n").findings]


def refusal(file: Path) -> str:
    with pytest.raises(DataError) as caught:
        read(file)
    [fault] = caught.value.faults
    return fault


def test_what_is_written_is_read_again(file: Path) -> None:
    examples = [
        Example(
            (Message("system", "客服"), Message("user", "a\n\u2028\u0085\x1c\"'\\"), Message("assistant", "👩‍👩‍👧")), "mine.jsonl line 1"
        ),
        chat("q", "a", "mine.jsonl line 2"),
    ]
    write(file, examples)
    assert read(file) == Reading(tuple(examples), ())
    assert "客服" in file.read_text(encoding="utf-8")


def test_a_missing_file_is_told_with_the_directory_that_was_looked_in(file: Path) -> None:
    assert refusal(file) == f"{file}: no such file; expected a file of examples (looked in {file.parent})"


def test_a_broken_link_is_no_file(file: Path) -> None:
    file.symlink_to(file.parent / "gone")
    assert "no such file" in refusal(file)


def test_a_directory_is_told_as_one(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: is a directory; expected a file of examples"


def test_a_link_that_leads_to_itself_is_told(file: Path) -> None:
    file.symlink_to(file)
    assert "can't be read (Too many levels of symbolic links)" in refusal(file)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    file.chmod(0)
    assert "can't be read (Permission denied); check the file's permissions" in refusal(file)


@pytest.mark.parametrize("content", [b"", b"\n", b" \n\t\n", b"\xef\xbb\xbf"])
def test_a_file_without_a_line_is_empty(file: Path, content: bytes) -> None:
    assert str(reading(file, content).findings[-1]) == "mine.jsonl: the file is empty; expected one chat example a line"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_every_line_that_is_not_utf8_is_told_and_the_rest_is_read(file: Path, end: bytes) -> None:
    found = reading(file, (GOOD.encode() + end + "訂單".encode("big5") + end) * 2)
    told = [str(f) for f in found.findings if f.severity == "error"]
    assert told == [f"mine.jsonl line {n}: not UTF-8 (byte 0xad); save the file as UTF-8" for n in (2, 4)]
    assert len(found.examples) == 2


def test_utf16_is_not_utf8(file: Path) -> None:
    [finding] = reading(file, GOOD.encode("utf-16")).findings
    assert str(finding) == "mine.jsonl: not UTF-8 but UTF-16 (its first byte is 0xff); save the file as UTF-8"


@pytest.mark.parametrize("content", ["[]", f"[{GOOD}]", f"\n  [\n{GOOD},\n{GOOD}\n]\n"])
def test_an_array_is_told_with_how_to_convert_it(file: Path, content: str) -> None:
    [finding] = reading(file, content).findings
    assert finding.message.endswith("expected one JSON object a line. Convert it with: jq -c '.[]' mine.jsonl > mine-lines.jsonl")


def test_a_truncated_last_line_is_told(file: Path) -> None:
    found = reading(file, GOOD + "\n" + GOOD[:40])
    assert [f.where for f in found.findings] == ["mine.jsonl line 2"]
    assert "not JSON (" in found.findings[0].message and len(found.examples) == 1


def test_a_key_that_stands_twice_is_an_error_wherever_it_stands(file: Path) -> None:
    twice = '{"messages": [{"role": "user", "role": "assistant", "content": "q"}]}'
    expected = "not JSON (the key {!r} stands twice); expected one whole JSON object"
    assert findings(file, GOOD, twice, '{"messages": 1, "messages": 2}') == [
        "mine.jsonl line 2: " + expected.format("role"),
        "mine.jsonl line 3: " + expected.format("messages"),
    ]


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_what_only_python_takes_for_json_is_an_error(file: Path, name: str) -> None:
    assert findings(file, '{"messages": ' + name + "}") == [
        f"mine.jsonl line 1: not JSON ({name} is no JSON); expected one whole JSON object"
    ]


def test_json_nested_too_deep_or_with_endless_numbers_is_told_and_the_rest_is_read(file: Path) -> None:
    found = reading(file, "\n".join(['{"messages": ' + "[" * 200_000, GOOD, "1" * 5_000, GOOD]))
    assert [(f.check, f.where) for f in found.findings] == [("too_deep", "mine.jsonl line 1"), ("no_number", "mine.jsonl line 3")]
    assert "nested too deep" in found.findings[0].message
    assert len(found.examples) == 2


@pytest.mark.parametrize("line", ["'a'", "{", GOOD + GOOD, GOOD + ",", "messages: []", "\x00", GOOD.replace("q", "\t")])
def test_other_lines_that_are_not_json_are_told(file: Path, line: str) -> None:
    [finding] = findings(file, GOOD, line)
    assert finding.startswith("mine.jsonl line 2: not JSON (") and finding.endswith("expected one whole JSON object")


def test_a_byte_order_mark_and_windows_line_ends_are_read_with_a_warning_each(file: Path) -> None:
    found = reading(file, b"\xef\xbb\xbf" + (GOOD + "\r\n").encode() * 2)
    assert [e.origin for e in found.examples] == ["mine.jsonl line 1", "mine.jsonl line 2"]
    assert [(f.severity, str(f)) for f in found.findings] == [
        ("warning", "mine.jsonl line 1: ends with \\r\\n, as on Windows (2 lines in this file); read as \\n"),
        ("warning", "mine.jsonl line 1: begins with a byte order mark, which was passed over"),
    ]


def test_only_line_ends_end_a_line(file: Path) -> None:
    strange = "a\u2028b\u2029c\u0085d"
    found = reading(file, GOOD.replace('"a"', json.dumps(strange, ensure_ascii=False)) + "\n" + GOOD)
    assert [e.reference for e in found.examples] == [strange, "a"]


def test_blank_lines_are_warned_of_and_counted(file: Path) -> None:
    found = reading(file, f"{GOOD}\n\n  \t\n{GOOD}\n")
    assert [(f.severity, str(f)) for f in found.findings] == [
        ("warning", "mine.jsonl line 2: is blank and was passed over"),
        ("warning", "mine.jsonl line 3: is blank and was passed over"),
    ]
    assert [e.origin for e in found.examples] == ["mine.jsonl line 1", "mine.jsonl line 4"]


def test_every_line_is_judged_and_the_good_ones_are_kept(file: Path) -> None:
    found = reading(file, "\n".join([GOOD, "{}", GOOD, "3", GOOD]))
    assert [e.origin for e in found.examples] == ["mine.jsonl line 1", "mine.jsonl line 3", "mine.jsonl line 5"]
    assert [(f.where, f.check) for f in found.findings] == [("mine.jsonl line 2", "no_messages"), ("mine.jsonl line 4", "not_an_object")]
