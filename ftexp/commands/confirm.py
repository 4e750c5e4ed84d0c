"""`ftexp confirm SWEEP --seeds N`: the first two of a sweep again with other seeds, and whether the winner is better."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftexp.commands.overrides import add_spending
from ftexp.consent import ask_consent
from ftexp.errors import ConfigError
from ftexp.progress import Progress
from ftexp.report.saying import program, say_behind
from ftexp.report.sweep import plan_total, show_results
from ftexp.state import State
from ftexp.sweep.carry_out import carry_out
from ftexp.sweep.confirmation import asked_for, confirmation_of
from ftexp.sweep.prepared import prepare_sweep
from ftexp.sweep.results import find_sweep

MOST_SEEDS = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sweep", help="the id of a sweep that `ftexp status` shows, or last")
    parser.add_argument("--seeds", type=int, default=3, help="how many other seeds for each of the two (default: 3)")
    add_spending(parser)


def main(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    if not 1 <= arguments.seeds <= MOST_SEEDS:
        raise ConfigError(f"--seeds: found {arguments.seeds}, expected a number from 1 to {MOST_SEEDS}")
    state, out = State(Path.cwd()), Console()
    progress = Progress(Console(stderr=True))
    results = find_sweep(arguments.sweep, state)
    sweep = prepare_sweep(asked_for(results, arguments.seeds), state, of=results.row.id)
    for line in (f"confirms  {results.row.id}", *plan_total(sweep)):
        progress.say(line)
    ask_consent([c.prepared for c in sweep.cells], arguments.yes, state)
    ended, tracking_error = carry_out(sweep, ["confirm", results.row.id, f"--seeds={arguments.seeds}"], state, progress)
    show_results(results, confirmation_of(results, state), program(), out)
    for number, reason in ended.failed.items():
        out.print(f"failed    run {number} of the confirmation: {reason}", highlight=False, soft_wrap=True)
    say_behind(tracking_error, out)
    return ended.exit_code
