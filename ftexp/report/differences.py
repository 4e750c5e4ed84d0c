"""What differs between two runs, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ftexp.compare import RunResult, is_loss
from ftexp.journal import RunRow
from ftexp.provenance import InputDifference
from ftexp.report.comparison.tables import interval
from ftexp.report.comparison.terminal import one_line
from ftexp.report.saying import NOT_MEASURED

if TYPE_CHECKING:
    from rich.table import Table

ABSENT = "not there"
_STEPS = ("train", "answers", "losses", "score", "compare")
_SHORT_DIGEST = 12


def differences_table(one: RunRow, other: RunRow, found: Sequence[InputDifference]) -> Table:
    """A row a difference, kind by kind."""
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for heading in ("", "", f"{one.id} {one.name}", f"{other.id} {other.name}"):
        table.add_column(Text(one_line(heading)), overflow="fold")
    for n, difference in enumerate(found):
        begins = n == 0 or found[n - 1].kind != difference.kind
        if begins and n:
            table.add_section()
        cells = (difference.kind if begins else "", difference.key, _value(difference.one), _value(difference.other))
        table.add_row(*(Text(one_line(cell, 200)) for cell in cells))
    return table


def steps_lines(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Which results both have from the same work, and which each has of its own."""
    names = sorted(dict.fromkeys([*one, *other]), key=lambda name: [name.startswith(what) for what in _STEPS], reverse=True)
    shared = [_step(name) for name in names if one.get(name) == other.get(name)]
    apart = [_step(name) for name in names if one.get(name) != other.get(name)]
    return [f"shared    {', '.join(shared) or 'no step'}", f"apart     {', '.join(apart) or 'no step'}"]


def headline(row: RunRow, result: RunResult | None) -> str:
    if result is None:
        return f"{row.id} {NOT_MEASURED}: it is {row.state}"
    lower = " (lower is better)" if is_loss(result.metrics[result.headline]) else ""
    subjects = (("base", result.mean("base", result.headline)), ("tuned", result.mean("tuned", result.headline)))
    return f"{row.id} {result.headline}{lower}: " + ", ".join(f"{name} {interval(mean)}" for name, mean in subjects)


def _value(value: str | None) -> str:
    if value is None:
        return ABSENT
    is_digest = len(value) in (40, 64) and all(c in "0123456789abcdef" for c in value)
    return value[:_SHORT_DIGEST] if is_digest else value


def _step(name: str) -> str:
    """answers_few_shot as `few-shot answers`."""
    what, _, subject = name.partition("_")
    plain = {"train": "training", "score": "scores", "compare": "comparison"}.get(what, what)
    return f"{subject.replace('_', '-')} {plain}" if subject else plain
