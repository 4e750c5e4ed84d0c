"""Mending what is certain in a file of examples, and leaving out what isn't: new lines, and a manifest of every change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ftexp.data import reading
from ftexp.data.building import line_of
from ftexp.data.dataset import AnyFile, JsonlDataset
from ftexp.data.jsonl import Line, judged_line, judged_value, opened, raw_lines, whole_file_finding
from ftexp.data.messages import Example
from ftexp.errors import DataError
from ftexp.validation.catalogue import adjusted
from ftexp.validation.checks import Checks
from ftexp.validation.lines import BLANK, MARK, decoded
from ftexp.validation.structure import NULLABLE, Method
from ftexp.values import Value, digest


class Change(Value):
    """What became of one line, or row or element: where it stood, and why."""

    where: str
    action: Literal["mended", "left out", "converted"]
    why: str


class Manifest(Value):
    source: str
    sha256_before: str
    sha256_after: str
    examples: int
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Fixed:
    """`lines` is the text of the new file, in chat format or as preference pairs; the file itself isn't touched."""

    lines: str
    manifest: Manifest


@dataclass
class _Fixing:
    lines: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    first: dict[str, str] = field(default_factory=dict)  # where each content stands first

    def add(self, example: Example, line: str, mended: list[str]) -> None:
        """What the same example said before is left out."""
        where, content = example.origin, digest(example.said)
        before = self.first.setdefault(content, where)
        if before != where:
            self.leave_out(where, f"says exactly what {before} says")
            return
        self.lines.append(line + "\n")
        if mended:
            self.changes.append(Change(where=where, action="mended", why="; ".join(mended)))

    def leave_out(self, where: str, why: str) -> None:
        self.changes.append(Change(where=where, action="left out", why=why))


def fix(path: Path, dataset: AnyFile, method: Method | None = None, checks: Checks | None = None) -> Fixed:
    """Raises DataError where the file as a whole can't be read."""
    fixing = _Fixing()
    if isinstance(dataset, JsonlDataset):
        _fix_lines(path, method, checks or Checks(), fixing)
    else:
        _convert(path, dataset, method, checks or Checks(), fixing)
    text = "".join(fixing.lines)
    before, after = (hashlib.sha256(data).hexdigest() for data in (path.read_bytes(), text.encode("utf-8")))
    changes = tuple(fixing.changes)
    return Fixed(text, Manifest(source=path.name, sha256_before=before, sha256_after=after, examples=len(fixing.lines), changes=changes))


def _fix_lines(path: Path, method: Method | None, checks: Checks, fixing: _Fixing) -> None:
    with opened(path) as file:
        fault = whole_file_finding(file.read(4096), path.name)
        if fault:
            raise DataError(str(fault))
        file.seek(0)
        for number, raw in enumerate(raw_lines(file), start=1):
            _fix_line(raw, f"{path.name} line {number}", method, checks, fixing)


def _fix_line(raw: bytes, where: str, method: Method | None, checks: Checks, fixing: _Fixing) -> None:
    body = raw.removesuffix(b"\n").removesuffix(b"\r").removeprefix(MARK)
    if not body.strip():
        fixing.leave_out(where, "is blank")
        return
    line, text, mended = _mended(body, where, method)
    errors = [f.message for f in adjusted(line.findings, checks) if f.severity == "error"]
    if errors or line.example is None:
        fixing.leave_out(where, "; ".join(errors))
        return
    ends = ["\\r\\n became \\n"] if raw.endswith(b"\r\n") else []
    fixing.add(line.example, text, (["byte order mark removed"] if raw.startswith(MARK) else []) + ends + mended)


def _mended(body: bytes, where: str, method: Method | None) -> tuple[Line, str, list[str]]:
    """The line as it is where nothing is to be mended in it, so that its text stays the same to the byte."""
    line = judged_line(body, where, method)
    if not line.findings and line.example is not None:
        return line, body.decode("utf-8").strip(), []
    value, faults = decoded(body, where)
    done = list(_mend(value)) if not faults else []
    if not done:
        return line, body.decode("utf-8", "replace").strip(), []
    return judged_value(value, where, method), json.dumps(value, ensure_ascii=False), done


def _mend(value: Any, at: str = "the line") -> Iterator[str]:
    """Changes the value in place, and says what was done."""
    if not isinstance(value, dict):
        return
    for key in [key for key, inner in value.items() if inner is None and key in NULLABLE]:
        del value[key]
        yield f"{at}: {key} with null removed"
    if value.get("tools") == [] and not value.get("parallel_tool_calls"):
        del value["tools"]
        yield f"{at}: empty tools removed"
    if isinstance(value.get("parallel_tool_calls"), bool) and not value.get("tools"):
        del value["parallel_tool_calls"]
        yield f"{at}: parallel_tool_calls without tools removed"
    text = _only_text(value.get("content"))
    if text is not None:
        value["content"] = text
        yield f"{at}: the one text of a list of parts taken as content"
    yield from _mend(value.get("input"), "input")
    for key in ("messages", "preferred_output", "non_preferred_output"):
        if isinstance(value.get(key), list):
            for number, message in enumerate(value[key], start=1):
                yield from _mend(message, f"message {number}" if key == "messages" else f"the message of {key}")


def _only_text(parts: Any) -> str | None:
    """The text of a list of one text part; None for everything else."""
    if not isinstance(parts, list) or len(parts) != 1 or not isinstance(parts[0], dict):
        return None
    part = parts[0]
    return part["text"] if part.keys() == {"type", "text"} and part["type"] == "text" and isinstance(part["text"], str) else None


def _convert(path: Path, dataset: AnyFile, method: Method | None, checks: Checks, fixing: _Fixing) -> None:
    """A table, ShareGPT or Alpaca file becomes chat lines, each of which is as certain as its mapping."""
    found = reading.read(dataset, path, method)
    findings = adjusted(found.findings, checks)
    broken: dict[str, list[str]] = {}
    for finding in findings:
        if finding.severity == "error" or finding.check == BLANK.id:
            broken.setdefault(finding.where, []).append(finding.message)
    for where, messages in broken.items():
        fixing.leave_out(where, "; ".join(messages))
    for example in found.examples:
        if example.origin not in broken:
            fixing.add(example, line_of(example), [])
    if fixing.lines:
        fixing.changes.append(Change(where=path.name, action="converted", why=f"from {dataset.kind} to one chat example a line"))
