"""The result file of a training: a loss curve as CSV, in whatever state a service hands it out. Pure."""

from __future__ import annotations

import base64
import binascii
import csv
import math
from collections.abc import Mapping

# What services call a figure, in events and in result files, and what it is called here.
FIGURES: Mapping[str, str] = {
    "train_loss": "train/loss",
    "train_accuracy": "train/token_accuracy",
    "train_mean_token_accuracy": "train/token_accuracy",
    "valid_loss": "validation/loss",
    "valid_accuracy": "validation/token_accuracy",
    "valid_mean_token_accuracy": "validation/token_accuracy",
    "full_valid_loss": "validation/full_loss",
    "full_valid_mean_token_accuracy": "validation/full_token_accuracy",
    "train_learning_rate": "train/learning_rate",
}
LAST_STEP = 10**9


def figures_by_step(raw: bytes) -> tuple[dict[int, dict[str, float]], str]:
    """Figures by step, and what is wrong with the file, empty where nothing is. Of a step that comes twice the first figures count."""
    text = _text(raw)
    rows = [_cells(line) for line in text.splitlines() if line.strip()]
    names = [name.strip().lower() for name in rows[0]] if rows else []
    if "step" not in names:
        return {}, "the result file is no table with a column step"
    found: dict[int, dict[str, float]] = {}
    broken = 0
    for row in rows[1:]:
        cells = dict(zip(names, row, strict=False))
        step = step_of(cells.get("step"))
        if step is None:
            broken += 1
            continue
        known = found.setdefault(step, {})
        for name, value in figures_of(cells).items():
            known.setdefault(name, value)
    return found, f"{broken} lines of the result file can't be read" if broken else ""


def figures_of(said: Mapping[str, object]) -> dict[str, float]:
    """By our names, those that are numbers."""
    figures: dict[str, float] = {}
    for name, ours in FIGURES.items():
        value = _number(said.get(name))
        if value is not None:
            figures.setdefault(ours, value)
    return figures


def unfit_in(said: Mapping[str, object]) -> int:
    """How many of them are there without being finite numbers."""
    return sum(said.get(name) not in (None, "") and _number(said[name]) is None for name in FIGURES)


def step_of(said: object) -> int | None:
    found = _number(said)
    return int(found) if found is not None and found == int(found) and 0 <= found <= LAST_STEP else None


def _number(said: object) -> float | None:
    """None for what is no number, and for one that isn't finite: nothing can be drawn or compared with it."""
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        found = float(said)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _cells(line: str) -> list[str]:
    """Of one line, so that a stray quotation mark spoils no more than that. None of a line that can't be read."""
    try:
        return next(csv.reader([line.replace("\0", "")]), [])
    except csv.Error:
        return []


def _text(raw: bytes) -> str:
    """OpenAI's comes in base64, others plain; either with or without a byte order mark."""
    plain = raw.decode("utf-8-sig", "replace")
    if "," in plain.partition("\n")[0]:
        return plain
    packed = "".join(plain.split()).rstrip("=")
    whole = packed[: len(packed) - (len(packed) % 4 == 1)]  # the end may be missing
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4), validate=True).decode("utf-8-sig", "replace")
    except (binascii.Error, ValueError):
        return plain
