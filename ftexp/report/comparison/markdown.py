"""Compared runs as Markdown, with the items that each fixed and broke."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ftexp.compare import Flip, MetricCompared, RunsCompared
from ftexp.report.comparison.tables import SHOWN_FLIPS, Grid, facts, metric_grid, runs_grid
from ftexp.report.comparison.terminal import one_line


def written(c: RunsCompared) -> str:
    return "\n".join(_lines(c)) + "\n"


def _lines(c: RunsCompared) -> Iterator[str]:
    yield f"# {len(c.runs)} runs compared with {c.against.id}"
    yield ""
    yield from (f"- {_escaped(line)}" for line in facts(c))
    yield from _table(runs_grid(c))
    for metric in c.metrics:
        yield from _table(metric_grid(metric, c))
        yield from _flips(metric, c)


def _table(grid: Grid) -> Iterator[str]:
    yield from ("", f"## {_escaped(grid.title)}", "")
    yield "| " + " | ".join(_escaped(name) for name in grid.header) + " |"
    yield "|" + "".join(" --- |" if n < grid.texts else " ---: |" for n in range(len(grid.header)))
    yield from ("| " + " | ".join(_escaped(cell) for cell in row) + " |" for row in grid.rows)


def _flips(metric: MetricCompared, c: RunsCompared) -> Iterator[str]:
    for at in metric.standings:
        for what, flips in (("fixed", at.fixed), ("broken", at.broken)):
            if flips:
                yield from ("", f"### {_escaped(metric.name)}: {what} by {at.run.id} ({len(flips)})", "")
                yield from _items(flips, at.run.id, c.against.id)


def _items(flips: Sequence[Flip], run: str, against: str) -> Iterator[str]:
    for flip in flips[:SHOWN_FLIPS]:
        yield f"- asked {code(flip.prompt)}, expected {code(flip.reference)}"
        yield f"  - {against} said {code(flip.before)}"
        yield f"  - {run} said {code(flip.after)}"
    if len(flips) > SHOWN_FLIPS:
        yield f"- and {len(flips) - SHOWN_FLIPS} more"


def code(text: str) -> str:
    """As a code span, in which nothing else of Markdown or HTML has a meaning."""
    line = one_line(text, 280)
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    pad = " " if line[:1] in ("`", " ", "") or line[-1:] == "`" else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _escaped(text: str) -> str:
    """Words between other words: a backslash before what Markdown or HTML would read as more than that."""
    return re.sub(r"([\\`*_\[\]<>&|~#])", r"\\\1", one_line(text, 1000))
