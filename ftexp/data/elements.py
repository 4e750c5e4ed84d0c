"""Objects of another format than ours, one a line or in a JSON array."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ftexp.data.jsonl import Line, Reading, Whole, judged_value, opened, raw_lines, whole_file_finding
from ftexp.validation.describing import kind, quoted
from ftexp.validation.findings import Finding
from ftexp.validation.formats import CELL_EMPTY, CELL_TYPE, FIELD_MISSING, LEFT_OUT
from ftexp.validation.lines import ARRAY, decoded
from ftexp.validation.structure import NOT_AN_OBJECT


@dataclass(frozen=True)
class Turned:
    """An element as a chat line; `first` is the number of its first message, as the file counts them."""

    messages: list[dict[str, Any]]
    findings: tuple[Finding, ...] = ()
    first: int = 1


Turn = Callable[[dict[str, Any], str], Turned]


def read_elements(path: Path, keys: Iterable[str], turn: Turn) -> Reading:
    """Every object of the file, turned into a chat line and judged. Of other keys than `keys` it is said that they are left out."""
    whole, others, known = Whole(path.name), dict[str, str](), set(keys)
    for where, value, findings, crlf in _elements(path):
        if isinstance(value, dict):
            for key in value:
                if key not in known:
                    others.setdefault(key, where)
            whole.add(_judged(turn(value, where), where, findings, crlf))
        else:
            unfit = () if findings else (NOT_AN_OBJECT.found(where, f"found {kind(value)}; expected an object"),)
            whole.add(Line(where, None, (*findings, *unfit), crlf))
    if others:
        whole.findings.append(left_out(others, "key"))
    return whole.reading()


def left_out(others: Mapping[str, str], noun: str) -> Finding:
    """`others`: where each name that no mapping has stands first."""
    names = ", ".join(quoted(name) for name in islice(others, 8)) + (", ..." if len(others) > 8 else "")
    return LEFT_OUT.found(next(iter(others.values())), f"has the {noun}{'s' if len(others) > 1 else ''} {names}, not read by dataset.kind")


def text_of(value: Mapping[str, Any], key: str, where: str, findings: list[Finding]) -> str:
    """The text under a key that must be there and not be empty; what is wrong goes to `findings`."""
    if value.get(key) is None:
        message = f"{key} is null" if key in value else f"has no {key}"
        findings.append(FIELD_MISSING.found(where, f"{message}; expected text under the key {key} (named in dataset.keys)"))
    elif not isinstance(value[key], str):
        findings.append(CELL_TYPE.found(where, f"{key} is {kind(value[key])}; expected text"))
    elif not value[key].strip():
        findings.append(CELL_EMPTY.found(where, f"{key} is empty; expected text"))
    else:
        return str(value[key])
    return ""


def optional_text_of(value: Mapping[str, Any], key: str | None, where: str, findings: list[Finding]) -> str:
    """The text under a key that may be missing, null or empty."""
    if key is None or value.get(key) in (None, ""):
        return ""
    return text_of(value, key, where, findings)


def _judged(turned: Turned, where: str, earlier: tuple[Finding, ...], crlf: bool) -> Line:
    if turned.findings:
        return Line(where, None, (*earlier, *turned.findings), crlf)
    return judged_value({"messages": turned.messages}, where, "supervised", earlier, crlf, turned.first)


def _elements(path: Path) -> Iterator[tuple[str, Any, tuple[Finding, ...], bool]]:
    with opened(path) as file:
        fault = whole_file_finding(file.read(4096), path.name)
        file.seek(0)
        if fault and fault.check != ARRAY.id:
            yield path.name, None, (fault,), False
        elif fault:
            value, findings = decoded(file.read(), path.name, "expected one whole JSON array")
            if isinstance(value, list):
                for number, element in enumerate(value, start=1):
                    yield f"{path.name} element {number}", element, (), False
            if findings or not isinstance(value, list):
                yield path.name, None, tuple(findings), False
        else:
            for number, raw in enumerate(raw_lines(file), start=1):
                where = f"{path.name} line {number}"
                value, findings = decoded(raw.removesuffix(b"\n").removesuffix(b"\r"), where)
                yield where, value, tuple(findings), raw.endswith(b"\r\n")
