"""Reading and writing JSONL files of chat examples, a line at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec

from ftexp.data.building import example_of, line_of
from ftexp.data.messages import Example, Message
from ftexp.errors import DataError
from ftexp.validation.findings import Finding, counted
from ftexp.validation.lines import ARRAY, BLANK, CRLF, EMPTY, MARK, NOT_UTF8, TOO_LONG, decoded
from ftexp.validation.structure import Method, findings_of

LONGEST_LINE = 64 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Line:
    """One line, judged. It has an example unless something was found that makes it none; `crlf`: it ends as on Windows."""

    where: str
    example: Example | None
    findings: tuple[Finding, ...] = ()
    crlf: bool = False


@dataclass(frozen=True)
class Reading:
    """What a file holds: its examples, and what was found. With an error in `findings` the examples are not all."""

    examples: tuple[Example, ...]
    findings: tuple[Finding, ...]


def judged_line(raw: bytes, where: str, method: Method | None = None) -> Line:
    """A line with or without its line end. Pure. Without a method a chat example is as good as a preference pair."""
    crlf = raw.endswith((b"\r\n", b"\r"))
    example = _plain_chat(raw, where) if method != "dpo" else None
    if example is not None:
        return Line(where, example, (), crlf)
    if len(raw) > LONGEST_LINE:
        return Line(where, None, (TOO_LONG.found(where, f"is over {LONGEST_LINE >> 20} MiB long; expected one example a line"),), crlf)
    value, findings = decoded(raw.removesuffix(b"\n").removesuffix(b"\r"), where)
    return judged_value(value, where, method, tuple(findings), crlf)


def judged_value(
    value: Any, where: str, method: Method | None, earlier: tuple[Finding, ...] = (), crlf: bool = False, first: int = 1
) -> Line:
    """A decoded value, after what was found in decoding it. Adjustable findings leave it its example, whatever the config says."""
    from ftexp.validation.catalogue import CATALOGUE

    if any(f.severity == "error" or f.check == BLANK.id for f in earlier):
        return Line(where, None, earlier, crlf)
    found = findings_of(value, where, method, first)
    broken = any(CATALOGUE[f.check].fixed for f in found)
    return Line(where, None if broken else example_of(value, where), (*earlier, *found), crlf)


class _PlainMessage(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    role: Literal["system", "user", "assistant"]
    content: str


class _PlainLine(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: list[_PlainMessage]


_PLAIN = msgspec.json.Decoder(_PlainLine)


def _plain_chat(raw: bytes, where: str) -> Example | None:
    """The fast path: the example of a line that is beyond doubt one of plain messages; None for every other line.

    The decoder takes the last of keys that stand twice. So each key must be there as often as there are messages, and none
    be written with escapes (\\u006d is m).
    """
    try:
        messages = _PLAIN.decode(raw).messages
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if raw.count(b'"role"') != len(messages) or raw.count(b'"content"') != len(messages) or raw.count(b'"messages"') != 1:
        return None
    if b"\\u006" in raw or b"\\u007" in raw or not _in_order(tuple(m.role for m in messages)):
        return None
    if not all(m.content and not m.content.isspace() for m in messages):
        return None
    return Example(tuple(Message(m.role, m.content) for m in messages), where)


@lru_cache(maxsize=4096)
def _in_order(roles: tuple[str, ...]) -> bool:
    """Whether a conversation of plain messages with these roles has no findings."""
    return bool(roles) and not findings_of({"messages": [{"role": role, "content": "x"} for role in roles]}, "")


@dataclass
class Whole:
    """What is said of a file once, not of each line."""

    name: str
    examples: list[Example] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    first_crlf: str = ""
    crlf: int = 0

    def add(self, line: Line) -> None:
        self.findings.extend(line.findings)
        if line.example is not None:
            self.examples.append(line.example)
        if line.crlf:
            self.first_crlf = self.first_crlf or line.where
            self.crlf += 1

    def reading(self) -> Reading:
        if self.crlf:
            self.findings.insert(0, crlf_finding(self.first_crlf, self.crlf))
        if not self.examples and not any(f.severity == "error" for f in self.findings):
            self.findings.append(empty_finding(self.name))
        return Reading(tuple(self.examples), tuple(self.findings))


def read(path: Path, method: Method | None = None) -> Reading:
    """Every line of the file, judged. Raises DataError where there is no file that can be read."""
    whole = Whole(path.name)
    with opened(path) as file:
        fault = whole_file_finding(file.read(4096), path.name)
        if fault:
            return Reading((), (fault,))
        file.seek(0)
        for number, raw in enumerate(raw_lines(file), start=1):
            whole.add(judged_line(raw, f"{path.name} line {number}", method))
    return whole.reading()


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, to be read as bytes. Raises DataError where that can't be."""
    expected = "expected a file of examples"
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; {expected} (looked in {path.absolute().parent})") from error
    except IsADirectoryError as error:
        raise DataError(f"{path}: is a directory; {expected}") from error
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror}); check the file's permissions") from error


def raw_lines(file: BinaryIO) -> Iterator[bytes]:
    """Each line with its end, which is \\n alone: JSON text may hold U+2028 and its like. Of a line that is too long, its beginning."""
    while raw := file.readline(LONGEST_LINE + 1):
        yield raw
        while len(raw) > LONGEST_LINE and not raw.endswith(b"\n"):
            raw = file.readline(LONGEST_LINE + 1)


def whole_file_finding(head: bytes, name: str) -> Finding | None:
    """What the first bytes of a file say of all of it: that it is no JSONL at all."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return NOT_UTF8.found(name, f"not UTF-8 but UTF-16 (its first byte is 0x{head[0]:02x}); save the file as UTF-8")
    if head.removeprefix(MARK).lstrip().startswith(b"["):
        convert = f"jq -c '.[]' {name} > {name.removesuffix('.json').removesuffix('.jsonl')}-lines.jsonl"
        return ARRAY.found(name, f"found a JSON array; expected one JSON object a line. Convert it with: {convert}")
    return None


def crlf_finding(where: str, count: int) -> Finding:
    """`where` is the first of `count` lines."""
    return CRLF.found(where, f"ends with \\r\\n, as on Windows ({counted(count, 'line')} in this file); read as \\n")


def empty_finding(name: str) -> Finding:
    return EMPTY.found(name, "the file is empty; expected one chat example a line")


def write(path: Path, examples: Iterable[Example]) -> None:
    """One example a line."""
    path.write_text(lines_of(examples), encoding="utf-8", newline="\n")


def lines_of(examples: Iterable[Example]) -> str:
    return "".join(line_of(e) + "\n" for e in examples)
