"""Compared runs as CSV: a row a run, raw figures, columns named like the metrics in MLflow."""

from __future__ import annotations

import json
import math

from ftexp.compare import RunResult, RunsCompared
from ftexp.report.comparison.terminal import one_line
from ftexp.tracking.events import score_figures, with_interval

Cell = str | float | None


def written(c: RunsCompared) -> str:
    """Differences between runs are `against/SUITE/METRIC`, with the id of the other in the column `against`."""
    from pandas import DataFrame  # type: ignore[import-untyped]  # ships no types

    rows = [{defused(name): defused(cell) if isinstance(cell, str) else cell for name, cell in _row(run, c).items()} for run in c.runs]
    # Whole numbers stay whole where another run has none.
    text: str = DataFrame(rows, dtype=object).to_csv(index=False, lineterminator="\n")
    return text


def defused(text: str) -> str:
    """A spreadsheet takes a cell that begins so for a formula; after an apostrophe it is text."""
    line = one_line(text, 10_000)
    return f"'{line}" if line.lstrip()[:1] in tuple("=+-@＝＋－＠") else line


def _row(run: RunResult, c: RunsCompared) -> dict[str, Cell]:
    row: dict[str, Cell] = {"run": run.id, "name": run.name, "experiment": run.experiment}
    row |= {key: _plain(run.config.get(key)) for key in c.differing}
    row |= score_figures(run.comparison)
    row |= {"validation/loss": run.best_validation_loss, "time/train_seconds": run.train_seconds}
    row |= {"time/evaluation_seconds": run.evaluation_seconds, "cost/billed_usd": run.billed_usd, "against": c.against.id}
    for metric in c.metrics:
        for at in metric.standings:
            if at.run is run and at.difference:
                d = at.difference
                row |= with_interval(f"against/{metric.name}", d.value, d.low, d.high, d.n)
            if at.run is run and at.fixed is not None and at.broken is not None:
                row |= {f"fixed/{metric.name}": len(at.fixed), f"broken/{metric.name}": len(at.broken)}
    return row


def _plain(value: str | None) -> Cell:
    """Numbers of the config as numbers; what isn't set is empty."""
    if value is None or value == "null":
        return None
    try:
        number = json.loads(value)
    except ValueError:
        return value
    return number if isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number) else value
