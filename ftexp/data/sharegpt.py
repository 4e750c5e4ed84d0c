"""ShareGPT: conversations of turns with `from` and `value`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ftexp.data.dataset import ShareGptDataset
from ftexp.data.elements import Turned, optional_text_of, read_elements, text_of
from ftexp.data.jsonl import Reading
from ftexp.validation.describing import kind, nearest, quoted
from ftexp.validation.findings import Finding
from ftexp.validation.formats import FIELD_MISSING, FROM


def read(dataset: ShareGptDataset, path: Path) -> Reading:
    """Raises DataError where there is no file that can be read."""
    known = [dataset.keys.conversations, *([dataset.keys.system] if dataset.keys.system else [])]
    return read_elements(path, known, lambda value, where: _turned(dataset, value, where))


def _turned(dataset: ShareGptDataset, value: dict[str, Any], where: str) -> Turned:
    keys, findings = dataset.keys, list[Finding]()
    system = optional_text_of(value, keys.system, where, findings)
    turns = value.get(keys.conversations)
    if not isinstance(turns, list) or not turns:
        found = "is empty" if turns == [] else f"is {kind(turns)}" if keys.conversations in value else "is missing"
        findings.append(FIELD_MISSING.found(where, f"{keys.conversations} {found}; expected a list of turns (dataset.keys.conversations)"))
        turns = []
    opening = [{"role": "system", "content": system}] if system else []
    messages = [_message(dataset, turn, f"{where} turn {number}", findings) for number, turn in enumerate(turns, start=1)]
    return Turned(opening + messages, tuple(findings), 1 - len(opening))


def _message(dataset: ShareGptDataset, turn: Any, where: str, findings: list[Finding]) -> dict[str, Any]:
    keys, roles = dataset.keys, dataset.roles
    if not isinstance(turn, dict):
        findings.append(FIELD_MISSING.found(where, f"is {kind(turn)}; expected an object with {keys.role} and {keys.content}"))
        return {}
    role = turn.get(keys.role)
    if not isinstance(role, str) or role not in roles:
        near = nearest(role, roles) if isinstance(role, str) else ""
        expected = f"expected one of {', '.join(roles)} (dataset.roles){near}"
        findings.append(
            FROM.found(where, f"{f'{keys.role} is {quoted(role)}' if keys.role in turn else f'has no {keys.role}'}; {expected}")
        )
        role = None
    for key in turn:
        if key not in (keys.role, keys.content):
            expected = f"{keys.role} and {keys.content}"
            findings.append(FIELD_MISSING.found(where, f"has the key {quoted(key)}, which would be left out; expected {expected}"))
    return {"role": roles[role] if role else None, "content": text_of(turn, keys.content, where, findings)}
