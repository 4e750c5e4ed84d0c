"""Reading and writing JSONL files of chat examples."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftexp.data.messages import Example, Message
from ftexp.errors import DataError
from ftexp.validation.findings import Finding
from ftexp.validation.structure import findings_of


@dataclass(frozen=True)
class Reading:
    """What a file holds: the good lines as examples, and what is wrong with the others."""

    examples: tuple[Example, ...]
    findings: tuple[Finding, ...]


def read(path: Path) -> Reading:
    """Every line of the file, judged. Raises DataError where the file as a whole can't be read."""
    examples: list[Example] = []
    findings: list[Finding] = []
    for line, text in enumerate(_lines(path), start=1):
        where = f"{path.name} line {line}"
        if not text.strip():
            findings.append(Finding("blank_line", "warning", where, "is blank and was passed over"))
            continue
        value, fault = _decoded(text, where)
        faults = [fault] if fault else findings_of(value, where)
        findings.extend(faults)
        if not faults:
            examples.append(Example(tuple(Message(m["role"], m["content"]) for m in value["messages"]), where))
    if not examples and not any(f.severity == "error" for f in findings):
        raise DataError(f"{path}: the file is empty; expected one chat example a line")
    return Reading(tuple(examples), tuple(findings))


def write(path: Path, examples: Iterable[Example]) -> None:
    """One example a line, in chat format."""
    path.write_text(lines_of(examples), encoding="utf-8", newline="\n")


def lines_of(examples: Iterable[Example]) -> str:
    return "".join(
        json.dumps({"messages": [{"role": m.role, "content": m.content} for m in e.messages]}, ensure_ascii=False) + "\n" for e in examples
    )


def _lines(path: Path) -> list[str]:
    """Split at line ends only: JSON text may hold U+2028 and its like, which `str.splitlines` takes for ends."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; expected a JSONL file of chat examples (looked in {path.absolute().parent})") from error
    except IsADirectoryError as error:
        raise DataError(f"{path}: is a directory; expected a JSONL file of chat examples") from error
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror}); check the file's permissions") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(f"{path.name} line {line}: not UTF-8 (byte 0x{data[error.start]:02x}); save the file as UTF-8") from error
    if text.lstrip()[:1] == "[":
        raise DataError(
            f"{path}: found a JSON array; expected one JSON object a line. "
            f"Convert it with: jq -c '.[]' {path.name} > {path.stem}-lines.jsonl"
        )
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _decoded(text: str, where: str) -> tuple[Any, Finding | None]:
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant), None
    except (ValueError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        return None, Finding("not_json", "error", where, f"not JSON ({reason}); expected one whole JSON object")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(n for n in names if names.count(n) > 1)!r} stands twice")
    return value


def _no_constant(name: str) -> Iterator[Any]:
    raise ValueError(f"{name} is no JSON")
