"""What format a file of examples has, by its name and its first element."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from ftexp.data.jsonl import opened
from ftexp.errors import DataError
from ftexp.values import Value

HEAD = 1 << 20  # bytes that are looked at
_PROMPTS = ("prompt", "question", "input", "user", "instruction", "text", "問題", "輸入")
_REPLIES = ("reply", "answer", "output", "response", "completion", "assistant", "label", "回答", "輸出")
FORMATS = (
    "a JSON object a line with messages, a preference pair (input, preferred_output, non_preferred_output), conversations (ShareGPT), "
    "instruction and output (Alpaca), or a CSV or Parquet table with a column for the prompt and one for the reply"
)


class Format(Value):
    """`kind` is a file of conf/dataset/; `columns` are those of a table."""

    kind: Literal["jsonl", "table", "sharegpt", "alpaca"]
    method: Literal["supervised", "dpo"] = "supervised"
    columns: dict[str, str | None] = Field(default_factory=dict)


def format_of(path: Path) -> Format:
    """Raises DataError where nobody can tell, or the file can't be opened."""
    if path.suffix.lower() in (".csv", ".tsv", ".parquet"):
        return _table(path)
    element = _first_element(path)
    if "messages" in element:
        return Format(kind="jsonl")
    if {"input", "preferred_output", "non_preferred_output"} <= set(element):
        return Format(kind="jsonl", method="dpo")
    if "conversations" in element:
        return Format(kind="sharegpt")
    if {"instruction", "output"} <= set(element):
        return Format(kind="alpaca")
    raise DataError(f"{path}: the first example has the keys {', '.join(map(str, element)) or 'none'}; expected {FORMATS}")


def _first_element(path: Path) -> dict[str, Any]:
    with opened(path) as file:
        head = file.read(HEAD).decode("utf-8-sig", "replace").lstrip()
    if not head:
        raise DataError(f"{path}: is empty; expected {FORMATS}")
    text = head.removeprefix("[").lstrip() if head.startswith("[") else head.partition("\n")[0]
    try:
        element, _ = json.JSONDecoder().raw_decode(text)
    except ValueError as error:
        raise DataError(f"{path}: begins with no JSON object ({error}); expected {FORMATS}") from error
    if not isinstance(element, dict):
        raise DataError(f"{path}: begins with something else than a JSON object; expected {FORMATS}")
    return element


def _table(path: Path) -> Format:
    names = _column_names(path)
    by_name = {name.strip().lower(): name for name in names}
    if "messages" in by_name:
        return Format(kind="table", columns={"messages": by_name["messages"], "prompt": None, "reply": None})
    prompt = next((by_name[name] for name in _PROMPTS if name in by_name), None)
    reply = next((by_name[name] for name in _REPLIES if name in by_name and by_name[name] != prompt), None)
    if prompt is None or reply is None:
        raise DataError(
            f"{path}: has the columns {', '.join(names) or 'none'}; expected one for the prompt ({', '.join(_PROMPTS)}) and one for the "
            f"reply ({', '.join(_REPLIES)}); rename two, or say which they are: ftexp run dataset=table dataset.path={path} "
            "dataset.columns.prompt=NAME dataset.columns.reply=NAME"
        )
    return Format(kind="table", columns={"prompt": prompt, "reply": reply} | ({"system": by_name["system"]} if "system" in by_name else {}))


def _column_names(path: Path) -> list[str]:
    with opened(path) as file:
        head = file.read(HEAD)
    if path.suffix.lower() == ".parquet":
        from pyarrow.parquet import read_schema  # type: ignore[import-untyped]

        try:
            return list(read_schema(path).names)
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: is no Parquet file ({str(error).splitlines()[0]})") from error
    first = head.decode("utf-8-sig", "replace").partition("\n")[0]
    return next(csv.reader([first.strip("\r")], delimiter="\t" if path.suffix.lower() == ".tsv" else ","), [])
