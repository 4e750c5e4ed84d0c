"""One's own items: a JSONL file of chat examples, whose last reply is the reference, with what else an item may have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import Field

from ftexp.data.messages import Message
from ftexp.errors import ConfigError, DataError
from ftexp.evaluation.constraints import Constraint
from ftexp.evaluation.items import Item
from ftexp.faults import validated
from ftexp.values import Value

SHOWN = 20  # faults


class Said(Value):
    role: Literal["system", "developer", "user", "assistant"] = Field(description="system, developer, user or assistant")
    content: str = Field(min_length=1, description="a text")


class Line(Value):
    """One item as it stands in a file. Without an assistant message at the end there is no reference."""

    messages: tuple[Said, ...] = Field(min_length=1, description="a list of messages")
    accepted: tuple[str, ...] = Field(default=(), description="a list of texts")
    cluster: str = Field(default="", description="a text")
    constraints: tuple[Constraint, ...] = Field(default=(), description="a list of constraints")
    expected: Literal["", "answer", "refuse"] = Field(default="", description="answer or refuse")
    secrets: tuple[str, ...] = Field(default=(), description="a list of texts")
    language: str = Field(default="", description="a language, like en or zh-Hant")
    twin: str = Field(default="", description="a text")

    def item(self, origin: str) -> Item:
        said = tuple(Message(m.role, m.content) for m in self.messages)
        prompt, reference = (said[:-1], said[-1].content) if said[-1].role == "assistant" else (said, "")
        more = (self.accepted, self.cluster, self.constraints, self.expected, self.secrets, self.language, self.twin)
        return Item(prompt, reference, origin, *more)


def read_items(path: Path) -> tuple[Item, ...]:
    """Raises DataError with every fault of the file."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror}); expected a JSONL file of items") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: byte {error.start} isn't UTF-8; expected a JSONL file in UTF-8") from error
    found = [_judged(line, f"{path.name} line {n}") for n, line in enumerate(lines, start=1) if line.strip()]
    faults = [fault for item in found if not isinstance(item, Item) for fault in item]
    if faults:
        more = [f"{len(faults) - SHOWN} more faults"] if len(faults) > SHOWN else []
        raise DataError(*faults[:SHOWN], *more)
    items = tuple(item for item in found if isinstance(item, Item))
    if not items:
        raise DataError(f"{path}: found no line, expected an item a line")
    return items


def _judged(line: str, where: str) -> Item | list[str]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return [f"{where}: not JSON ({error}); expected an object with messages"]
    if not isinstance(value, dict):
        return [f"{where}: found {type(value).__name__}, expected an object with messages"]
    try:
        item = validated(Line, value).item(where)
    except ConfigError as error:
        return [f"{where}: {fault}" for fault in error.faults]
    return item if item.prompt else [f"{where}: found only an assistant message, expected a question before it"]
