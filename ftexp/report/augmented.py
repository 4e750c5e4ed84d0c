"""What came of an augmentation, in the terminal: counts, samples, the effect on the data, and how to measure that on the score."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ftexp.augmentation.rows import Made, Row, users_of
from ftexp.augmentation.writing import MANIFEST, Manifest
from ftexp.compose import Composed
from ftexp.data.loading import Loaded
from ftexp.data.messages import Example
from ftexp.report.saying import program
from ftexp.validation.facts import facts_of
from ftexp.validation.report import DataReport, SplitReport

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

SAMPLES = 4
_LONGEST = 400  # characters of a text that is shown


def show(
    manifest: Manifest, made: Made, notes: Sequence[str], data: Loaded, after: DataReport, composed: Composed, out_dir: Path, out: Console
) -> None:
    for line in (*_made_lines(manifest, made, notes), *_sample_lines(made)):
        out.print(line, highlight=False, markup=False, soft_wrap=True)
    out.print(_effect(data, after, [row.example for row in _train_rows(manifest, data, made)]))
    for line in _closing_lines(manifest, composed, out_dir):
        out.print(line, highlight=False, markup=False, soft_wrap=True)


def _made_lines(manifest: Manifest, made: Made, notes: Sequence[str]) -> list[str]:
    how = ", ".join(f"{name} {count:,}" for name, count in manifest.made.items() if name != manifest.kind)
    lines = [f"made      {len(made.pairs):,} training rows" + (f": {how}" if how else "")]
    lines += [f"refused   {count:,}: {why}" for why, count in manifest.refused.items()]
    return [*lines, *(f"note      {note}" for note in notes)]


def _sample_lines(made: Made) -> list[str]:
    step = max(len(made.pairs) // SAMPLES, 1)
    return [line for example, row in made.pairs[::step][:SAMPLES] for line in _sample(example, row)]


def _sample(example: Example, row: Row) -> list[str]:
    how = ", ".join(row.provenance.how) or row.provenance.kind
    lines = ["", f"{example.origin} ({how})"]
    if row.example.rejected:
        texts = [("asked", users_of(example)[-1]), ("right", example.reference), ("wrong", row.example.rejected.content)]
    else:
        changed = [pair for pair in zip(users_of(example), users_of(row.example), strict=True) if pair[0] != pair[1]]
        texts = [text for before, after in changed for text in (("before", before), ("after", after))]
    return [*lines, *(f"  {name:<7} {_shown(text)}" for name, text in texts)]


def _shown(text: str) -> str:
    plain = text.replace("\n", "\\n")
    return plain if len(plain) <= _LONGEST else plain[:_LONGEST] + "…"


def _train_rows(manifest: Manifest, data: Loaded, made: Made) -> list[Row]:
    raise NotImplementedError


def _effect(data: Loaded, after: DataReport, train: Sequence[Example]) -> Table:
    raise NotImplementedError


def _closing_lines(manifest: Manifest, composed: Composed, out_dir: Path) -> list[str]:
    raise NotImplementedError
