"""Compared runs as tables for a terminal: scores and counts, no texts of items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftexp.compare import RunsCompared
from ftexp.report.comparison.tables import Grid, facts, metric_grid, runs_grid
from ftexp.report.terminal import shortened

if TYPE_CHECKING:
    from rich.console import RenderableType


def shown(c: RunsCompared) -> list[RenderableType]:
    from rich.text import Text

    lines = [Text(one_line(line, 1000)) for line in facts(c)]
    return [*(_table(grid) for grid in (runs_grid(c), *(metric_grid(m, c) for m in c.metrics))), *lines]


def one_line(text: str, longest: int = 80) -> str:
    """Control characters made visible, and no line breaks."""
    return shortened(text.replace("\n", " "), longest)


def _table(grid: Grid) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(one_line(grid.title)), title_justify="left")
    for n, name in enumerate(grid.header):
        table.add_column(Text(one_line(name)), justify="left" if n < grid.texts else "right", overflow="fold")
    for row in grid.rows:
        table.add_row(*(Text(one_line(cell), style=_style(cell)) for cell in row))
    return table


def _style(cell: str) -> str:
    return "green" if cell.endswith("] better") else "red" if cell.endswith("] worse") else ""
