"""`ftexp plan`: what a run or a sweep would take, before anything is spent. Loads no model, needs no key and no network."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from ftexp.commands.run import add_arguments as add_arguments
from ftexp.errors import ExitCode
from ftexp.launch import judged_run
from ftexp.report.money import budget_lines, facts_lines, pays_lines
from ftexp.report.sweep import plan_table, plan_total
from ftexp.report.terminal import data_lines, plan_lines
from ftexp.run import prepare
from ftexp.state import State
from ftexp.sweep.carry_out import judged_sweep
from ftexp.sweep.expand import Asked, expand
from ftexp.sweep.prepared import prepare_sweep


def main(arguments: argparse.Namespace) -> int:
    state = State(Path.cwd())
    asked = expand(arguments.overrides, state.root, arguments.multirun)
    if asked.is_sweep:
        return _sweep(asked, state)
    p, today = prepare(asked.cells[0].composed.config, state), date.today()
    found = judged_run(p, state)
    print("\n".join([*plan_lines(p), *pays_lines(p, today), *facts_lines(p, today), *budget_lines(found)]))
    return ExitCode.REFUSED if found.says == "refused" else ExitCode.OK


def _sweep(asked: Asked, state: State) -> int:
    """What the runs have in common once, then a row a run, then what all take together."""
    from rich.console import Console

    sweep, out = prepare_sweep(asked, state), Console()
    first = sweep.cells[0].prepared
    lines = [*data_lines(first.config.dataset, first.data.splits), f"sweep     {sweep.id}, launcher {asked.launcher}"]
    for line in [*lines, *(f"note      {note}" for note in asked.notes)]:
        out.print(line, highlight=False, soft_wrap=True)
    out.print(plan_table(sweep))
    warnings = dict.fromkeys(f"warning   {w}" for c in sweep.cells for w in c.prepared.data.warnings)
    obstacles = dict.fromkeys(f"obstacle  {o}" for c in sweep.cells for o in c.prepared.model.obstacles)
    facts = dict.fromkeys(line for c in sweep.cells for line in facts_lines(c.prepared, date.today()))
    found = judged_sweep(sweep, state)
    for line in [*plan_total(sweep), *warnings, *obstacles, *facts, *budget_lines(found)]:
        out.print(line, highlight=False, soft_wrap=True)
    return ExitCode.REFUSED if found.says == "refused" else ExitCode.OK
