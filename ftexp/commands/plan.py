"""`ftexp plan`: what a run or a sweep would take, before anything is spent. Loads no model, needs no key and no network."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ftexp.commands.overrides import add_arguments as add_overrides
from ftexp.launch import known_run_id
from ftexp.plan import plan
from ftexp.report.saying import program
from ftexp.run import prepare
from ftexp.state import State
from ftexp.sweep.expand import Asked, expand
from ftexp.sweep.prepared import PreparedCell, prepare_sweep


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_overrides(parser)
    parser.add_argument("--json", action="store_true", help="the plan as one JSON value, and nothing else, on stdout")
    parser.add_argument("--measure", action="store_true", help="load the model and time a few training steps on this machine first")


def main(arguments: argparse.Namespace) -> int:
    state = State(Path.cwd())
    asked = expand(arguments.overrides, state.root, arguments.multirun)
    if arguments.measure:
        _measure(asked, state)
    sweep, cells = _prepared(asked, state)
    words = [*(["-m"] if arguments.multirun else []), *arguments.overrides]
    report = plan(cells, sweep, asked, words, state, date.today())
    if arguments.json:
        print(report.model_dump_json(indent=2))
    else:
        from rich.console import Console

        from ftexp.report.plan import show_plan

        show_plan(report, program(), Console())
    return report.exit_code


def _prepared(asked: Asked, state: State) -> tuple[str | None, Sequence[PreparedCell]]:
    """The id of the sweep, where it is one, and its runs."""
    if asked.is_sweep:
        sweep = prepare_sweep(asked, state)
        return sweep.id, sweep.cells
    [cell] = asked.cells
    p = prepare(cell.composed.config, state)
    return None, (PreparedCell(1, cell, p, known_run_id(p)),)


def _measure(asked: Asked, state: State) -> None:
    """Times each kind of work that the runs ask for, once."""
    from rich.console import Console

    from ftexp.measuring import measure

    _, cells = _prepared(asked, state)
    err, known = Console(stderr=True), set[str]()
    for p in (c.prepared for c in cells):
        for name, line in measure(p, p.model.local, state, known) if p.model.local else ():
            known.add(name)
            err.print(f"measured  {line}", highlight=False)
