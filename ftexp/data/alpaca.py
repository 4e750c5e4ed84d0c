"""Alpaca: instruction, input and output, some with a system text and a history of earlier turns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ftexp.data.dataset import AlpacaDataset
from ftexp.data.elements import Turned, optional_text_of, read_elements, text_of
from ftexp.data.jsonl import Reading
from ftexp.validation.describing import kind
from ftexp.validation.findings import Finding
from ftexp.validation.formats import CELL_TYPE


def read(dataset: AlpacaDataset, path: Path) -> Reading:
    """Raises DataError where there is no file that can be read."""
    return read_elements(path, dataset.keys.named, lambda value, where: _turned(dataset, value, where))


def _turned(dataset: AlpacaDataset, value: dict[str, Any], where: str) -> Turned:
    keys, findings = dataset.keys, list[Finding]()
    system = optional_text_of(value, keys.system, where, findings)
    asked = text_of(value, keys.instruction, where, findings)
    more = optional_text_of(value, keys.input, where, findings)
    answer = text_of(value, keys.output, where, findings)
    earlier = value.get(keys.history) if keys.history else None
    messages = [("system", system)] if system else []
    for number, turn in enumerate(_list(earlier, keys.history or "", where, findings), start=1):
        messages += _earlier(turn, f"{keys.history} {number}", where, findings)
    messages += [("user", asked + dataset.between + more if more else asked), ("assistant", answer)]
    return Turned([{"role": role, "content": content} for role, content in messages], tuple(findings))


def _list(value: Any, key: str, where: str, findings: list[Finding]) -> list[Any]:
    if value is None or isinstance(value, list):
        return value or []
    findings.append(CELL_TYPE.found(where, f"{key} is {kind(value)}; expected a list of pairs of texts"))
    return []


def _earlier(turn: Any, at: str, where: str, findings: list[Finding]) -> list[tuple[str, str]]:
    if isinstance(turn, list) and len(turn) == 2 and all(isinstance(text, str) and text.strip() for text in turn):
        return [("user", turn[0]), ("assistant", turn[1])]
    findings.append(CELL_TYPE.found(where, f"{at} is no pair of texts; expected [question, answer]"))
    return []
