"""The cells of a sweep, read, checked, counted and priced before the first of them starts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ftexp.compose import Composed
from ftexp.journal import CellRow, SweepRow
from ftexp.launch import SweepTag, known_run_id
from ftexp.once import Once
from ftexp.run import Prepared, prepare
from ftexp.state import State
from ftexp.sweep.expand import Asked, Cell
from ftexp.values import digest

# Keys that the name of a run tells already.
_IN_THE_NAME = {
    "dataset",
    "dataset.train_examples",
    "hyperparameters.learning_rate_multiplier",
    "hyperparameters.n_epochs",
    "model",
    "preset",
    "replicate",
    "seed",
}


@dataclass(frozen=True)
class PreparedCell:
    """`number` counts from 1. `run` is the id of its run, empty where the model isn't on this machine."""

    number: int
    cell: Cell
    prepared: Prepared
    run: str
    sweep: SweepTag | None = None

    @property
    def composed(self) -> Composed:
        return self.cell.composed

    @property
    def title(self) -> str:
        return self.cell.title


@dataclass(frozen=True)
class PreparedSweep:
    """`id` is that of the set of its runs: the same command is the same sweep. `of` is the sweep that it confirms."""

    id: str
    asked: Asked
    cells: tuple[PreparedCell, ...]
    of: str | None = None

    def rows(self, words: Sequence[str], started_at: float) -> tuple[SweepRow, list[CellRow]]:
        """As the journal keeps it."""
        cells = [CellRow(c.number, c.run, json.dumps(c.cell.point, ensure_ascii=False)) for c in self.cells]
        asked, command = self.asked, json.dumps(list(words), ensure_ascii=False)
        return SweepRow(self.id, command, asked.launcher, asked.at_once, self.of, started_at), cells


def prepare_sweep(asked: Asked, state: State, of: str | None = None, again: str = "", retry_failed: bool = False) -> PreparedSweep:
    """Data is read and tokens are counted once for all cells. Cells that come to the same run are one.

    `again` sets runs that are made again apart from those on record.
    """
    once, by_run = Once(), dict[str, PreparedCell]()
    for cell in asked.cells:
        p = prepare(cell.composed.config, state, once)
        p = replace(p, label="-".join(filter(None, (_label(cell), "again" if again else ""))), again=again, retry_failed=retry_failed)
        run = known_run_id(p)
        by_run.setdefault(run or cell.title, PreparedCell(len(by_run) + 1, cell, p, run))
    name = digest("sweep", sorted(by_run))[:10]
    cells = tuple(replace(c, sweep=SweepTag(name, c.number, asked.at_once)) for c in by_run.values())
    return PreparedSweep(name, asked, cells, of)


def _label(cell: Cell) -> str:
    """The swept keys that the run's own name doesn't tell, short."""
    told = {key: value for key, value in cell.point.items() if key not in _IN_THE_NAME}
    return "-".join(f"{key.rpartition('.')[2]}={Path(value).name}" for key, value in told.items())
