"""One's own items: a JSONL file of chat examples, whose last reply is the reference, with what else an item may have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from ftexp.data.building import example_of
from ftexp.data.jsonl import LONGEST_LINE, opened, raw_lines, whole_file_finding
from ftexp.errors import ConfigError, DataError
from ftexp.evaluation.constraints import Constraint
from ftexp.evaluation.items import Item
from ftexp.faults import validated
from ftexp.validation.describing import kind, nearest, quoted
from ftexp.validation.findings import counted
from ftexp.validation.lines import decoded
from ftexp.validation.structure import LAST_WEIGHT_ZERO, SURROGATE, WEIGHTS_ZERO, findings_of
from ftexp.values import Value

SHOWN = 20  # faults
_NO_MATTER = (WEIGHTS_ZERO.id, LAST_WEIGHT_ZERO.id)  # of training alone
_NO_REPLY = {"role": "assistant", "content": "none"}  # stands where a reference would

Text = Annotated[str, Field(min_length=1, pattern=r"\S", description="a text that isn't empty")]


class Marks(Value):
    """What a line may say of its item besides the messages."""

    accepted: tuple[Text, ...] = Field(default=(), description="a list of texts")
    cluster: str = Field(default="", description="a text")
    constraints: tuple[Constraint, ...] = Field(default=(), description="a list of constraints")
    expected: Literal["", "answer", "refuse"] = Field(default="", description="answer or refuse")
    secrets: tuple[Text, ...] = Field(default=(), description="a list of texts")
    language: str = Field(default="", pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]+)*)?$", description="a language, like en or zh-Hant")
    twin: str = Field(default="", description="a text")


KEYS = ("messages", *Marks.model_fields)


def read_items(path: Path) -> tuple[Item, ...]:
    """An item a line; blank lines are passed over. Raises DataError with the faults of the whole file."""
    items, faults = [], list[str]()
    with opened(path) as file:
        if fault := whole_file_finding(file.read(4096), path.name):
            raise DataError(str(fault))
        file.seek(0)
        for number, raw in enumerate(raw_lines(file), start=1):
            found = _judged(raw, f"{path.name} line {number}")
            items += [found] if isinstance(found, Item) else []
            faults += found if isinstance(found, list) else []
    if faults:
        raise DataError(*faults[:SHOWN], *([f"{counted(len(faults) - SHOWN, 'more fault')}"] if len(faults) > SHOWN else []))
    if not items:
        raise DataError(f"{path.name}: the file is empty; expected an item a line")
    return tuple(items)


def _judged(raw: bytes, where: str) -> Item | list[str] | None:
    """The item of a line, or its faults; None for a blank line."""
    if len(raw) > LONGEST_LINE:
        return [f"{where}: is over {LONGEST_LINE >> 20} MiB long; expected one item a line"]
    value, findings = decoded(raw.rstrip(b"\r\n"), where)
    if errors := [str(f) for f in findings if f.severity == "error"]:
        return errors
    if value is None and not raw.strip(b"\xef\xbb\xbf \t\r\n"):
        return None
    if not isinstance(value, dict):
        return [f"{where}: found {kind(value)}; expected an object with the key messages"]
    return _item(value, where)


def _item(value: dict[str, Any], where: str) -> Item | list[str]:
    messages, has_reference = _with_a_reply(value.get("messages"))
    chat = {"messages": messages} if "messages" in value else {}
    faults = [str(f) for f in findings_of(chat, where) if f.severity == "error" and f.check not in _NO_MATTER]
    if has_reference and len(value["messages"]) == 1:
        faults.append(f"{where}: found only an assistant message; expected a question before it")
    faults += [f"{where}: {fault}" for fault in _unknown(value)]
    marks = {key: inner for key, inner in value.items() if key in Marks.model_fields}
    halves = [str(f) for f in findings_of(marks, where) if f.check == SURROGATE.id]
    try:
        said = validated(Marks, {} if halves else marks)
    except ConfigError as error:
        faults += [f"{where}: {fault}" for fault in error.faults]
    if faults or halves:
        return faults + halves
    example = example_of(chat, where)
    more = {name: getattr(said, name) for name in Marks.model_fields}
    return Item(example.prompt, example.reference if has_reference else "", where, **more)


def _with_a_reply(messages: Any) -> tuple[Any, bool]:
    """The messages with a reply at the end, and whether they have one of their own; what isn't a list of messages as it is."""
    if not isinstance(messages, list) or not messages:
        return messages, False
    last = messages[-1]
    if isinstance(last, dict) and last.get("role") == "assistant":
        return messages, True
    return [*messages, _NO_REPLY], False


def _unknown(value: dict[str, Any]) -> list[str]:
    return [
        f"the line has the unknown key {quoted(key)}{nearest(key, KEYS) or '; expected only ' + ', '.join(KEYS)}"
        for key in value
        if key not in KEYS
    ]
