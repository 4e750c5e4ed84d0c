from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from tiny import write_chats

from ftexp.compose import compose
from ftexp.data.fixing import Fixed, fix
from ftexp.data.jsonl import read
from ftexp.errors import DataError

GOOD = '{"messages": [{"role": "user", "content": "q"},   {"role": "assistant", "content": "a"}]}'
OTHER = GOOD.replace('"q"', '"r"')


def fixed(path: Path, content: str, kind: str = "jsonl") -> Fixed:
    path.write_bytes(content.encode("utf-8"))
    return fix(path, compose([f"dataset={kind}", f"dataset.path={path}"], Path.cwd()).config.dataset, "supervised")  # type: ignore[arg-type]


def test_what_is_certain_is_mended_and_what_is_not_is_left_out(tmp_path: Path) -> None:
    null = OTHER.replace('"content": "a"', '"content": "a", "weight": null')
    found = fixed(tmp_path / "a.jsonl", f"\ufeff{GOOD}\r\n\n{GOOD}\n{null}\n{GOOD[:30]}\n{GOOD.replace('user', 'bot')}\n")
    assert [(c.where, c.action, c.why.split(";")[0].split(" (")[0]) for c in found.manifest.changes] == [
        ("a.jsonl line 1", "mended", "byte order mark removed"),
        ("a.jsonl line 2", "left out", "is blank"),
        ("a.jsonl line 3", "left out", "says exactly what a.jsonl line 1 says"),
        ("a.jsonl line 4", "mended", "message 2: weight with null removed"),
        ("a.jsonl line 5", "left out", "not JSON"),
        ("a.jsonl line 6", "left out", "message 1 has role 'bot'"),
    ]
    assert found.lines.splitlines()[0] == GOOD and found.manifest.examples == 2


def test_the_new_file_is_sound_and_the_old_one_as_it_was(tmp_path: Path) -> None:
    content = f"{GOOD}\r\n{OTHER}\n"
    found = fixed(tmp_path / "a.jsonl", content)
    assert (tmp_path / "a.jsonl").read_bytes() == content.encode()
    assert found.manifest.sha256_before == hashlib.sha256(content.encode()).hexdigest()
    assert found.manifest.sha256_after == hashlib.sha256(found.lines.encode()).hexdigest()
    (tmp_path / "b.jsonl").write_text(found.lines, encoding="utf-8")
    assert read(tmp_path / "b.jsonl").findings == ()


def test_a_sound_file_stays_the_same_to_the_byte(tmp_path: Path) -> None:
    content = write_chats(tmp_path / "a.jsonl").read_text(encoding="utf-8")
    found = fixed(tmp_path / "a.jsonl", content)
    assert (found.lines, found.manifest.changes) == (content, ())


def test_other_formats_become_chat_lines(tmp_path: Path) -> None:
    found = fixed(tmp_path / "a.csv", "prompt,reply\nx,y\nx,\nx,y\n", "table")
    assert [json.loads(line)["messages"][1]["content"] for line in found.lines.splitlines()] == ["y"]
    assert [(c.where, c.action) for c in found.manifest.changes] == [
        ("a.csv row 2", "left out"), ("a.csv row 3", "left out"), ("a.csv", "converted")
    ]  # fmt: skip


def test_a_file_that_is_no_jsonl_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found a JSON array"):
        fixed(tmp_path / "a.jsonl", f"[{GOOD}]")
