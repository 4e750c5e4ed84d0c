"""`ftexp diff A B`: what two runs were made with that isn't the same, what they share, and what each came to."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftexp.errors import ExitCode
from ftexp.journal import RunRow
from ftexp.provenance import differences, recorded
from ftexp.records import find_run, results_of
from ftexp.report.differences import differences_table, headline, steps_lines
from ftexp.state import State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for name in ("one", "other"):
        parser.add_argument(name, metavar="RUN", help="an id or name that `ftexp list` shows, or last")


def main(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    state, out = State(Path.cwd()), Console()
    one, other = find_run(arguments.one, state), find_run(arguments.other, state)
    inputs = recorded([one.id, other.id], state.journal)
    found = differences(inputs[one.id], inputs[other.id])
    out.print(differences_table(one, other, found) if found else "nothing that they were made with differs")
    for line in (*steps_lines(state.journal.steps_of(one.id), state.journal.steps_of(other.id)), *_came_to((one, other), state)):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    return ExitCode.OK


def _came_to(rows: tuple[RunRow, RunRow], state: State) -> list[str]:
    results = {result.id: result for result in results_of([row for row in rows if row.record], state.journal)}
    return [headline(row, results.get(row.id)) for row in rows]
