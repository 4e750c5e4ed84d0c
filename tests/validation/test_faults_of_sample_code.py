"""What breaks the sample code of the guide that this project follows, as far as it is about data."""

from __future__ import annotations

from pathlib import Path

from fault_table import CALLING, CLEAN, RESULT, TOOL, USER, chat

from ftexp.data.jsonl import judged_line, read


def test_messages_without_a_first_one_have_no_first_role_to_look_at() -> None:
    assert [f.check for f in judged_line(b'{"messages": []}', "here", "supervised").findings] == ["messages_empty"]


def test_null_as_content_is_right_with_tool_calls_and_told_without(tmp_path: Path) -> None:
    called = chat(USER, CALLING, RESULT, {"role": "assistant", "content": "x"}, tools=[TOOL])
    assert judged_line(called, "here", "supervised").findings == ()
    [finding] = judged_line(chat(USER, {"role": "assistant", "content": None}), "here", "supervised").findings
    assert finding.check == "content_type"


def test_an_empty_set_is_told_and_nothing_is_divided_by_it(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"")
    assert [f.check for f in read(tmp_path / "empty.jsonl").findings] == ["file_empty"]


def test_errors_of_one_reading_are_not_in_the_next(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_bytes(b"{}\n")
    (tmp_path / "good.jsonl").write_bytes(CLEAN[0])
    assert len(read(tmp_path / "bad.jsonl").findings) == len(read(tmp_path / "bad.jsonl").findings) == 1
    assert read(tmp_path / "good.jsonl").findings == ()
