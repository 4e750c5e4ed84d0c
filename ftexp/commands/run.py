"""`ftexp run`: one run from config to table, or a sweep from config to ranking."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ftexp.commands import overrides
from ftexp.compose import Composed
from ftexp.consent import ask_consent
from ftexp.diagnosis import try_next
from ftexp.errors import ExitCode
from ftexp.launch import Outcome, judged_run, known_run_id, launch, refuse_obstacles, refuse_over_budget
from ftexp.progress import Progress
from ftexp.report.money import estimated_lines, notes
from ftexp.report.outcome import show_scores
from ftexp.report.saying import program, say_behind
from ftexp.report.sweep import plan_total, show_results
from ftexp.report.terminal import advice_lines, diagnosis_lines, facts
from ftexp.run import Prepared, Record, prepare
from ftexp.state import State
from ftexp.sweep.carry_out import carry_out, judged_sweep
from ftexp.sweep.confirmation import confirmation_of
from ftexp.sweep.expand import Asked, expand
from ftexp.sweep.prepared import prepare_sweep

if TYPE_CHECKING:
    from rich.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    overrides.add_arguments(parser)
    overrides.add_spending(parser)
    overrides.add_retrying(parser)


def main(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    out, state, progress = Console(), State(Path.cwd()), Progress(Console(stderr=True))
    asked = expand(arguments.overrides, state.root, arguments.multirun)
    if asked.is_sweep:
        words = ["run", *(["-m"] if arguments.multirun else []), *arguments.overrides]
        return _sweep(asked, words, arguments, state, progress, out)
    return _run(asked.cells[0].composed, arguments, state, progress, out)


def _sweep(asked: Asked, words: list[str], arguments: argparse.Namespace, state: State, progress: Progress, out: Console) -> int:
    for note in asked.notes:
        progress.say(f"note      {note}")
    sweep = prepare_sweep(asked, state, retry_failed=arguments.retry_failed)
    for line in (f"sweep     {sweep.id}", *plan_total(sweep), *advice_lines([c.prepared for c in sweep.cells])):
        progress.say(line)
    for line in notes(sweep.cells[0].prepared, judged_sweep(sweep, state), date.today()):
        progress.say(line)
    refuse_over_budget(judged_sweep(sweep, state))
    ask_consent([c.prepared for c in sweep.cells], arguments.yes, state)
    results, tracking_error = carry_out(sweep, words, state, progress)
    show_results(results, confirmation_of(results, state), program(), out)
    say_behind(tracking_error, out)
    return results.exit_code


def _run(composed: Composed, arguments: argparse.Namespace, state: State, progress: Progress, out: Console) -> int:
    prepared = replace(prepare(composed.config, state), retry_failed=arguments.retry_failed)
    for warning in prepared.data.warnings:
        progress.say(f"warning: {warning}")
    for line in advice_lines([prepared]):
        progress.say(line)
    if prepared.hyperparameters.preset:
        progress.say(f"preset    {prepared.hyperparameters.preset}, for {len(prepared.data.splits.train)} training examples")
    for line in notes(prepared, judged_run(prepared, state), date.today()):
        progress.say(line)
    may_start(prepared, state)
    ask_consent([prepared], arguments.yes, state)
    outcome = launch(prepared, composed, state, progress)
    return show(prepared, composed, outcome, arguments.overrides, state, out)


def may_start(prepared: Prepared, state: State) -> None:
    """Raises what stands in the way before anybody is asked whether to spend; a run on record answers by itself."""
    row = state.journal.run(known_run_id(prepared)) if state.exists else None
    if row is None or row.state != "finished":
        refuse_obstacles(prepared, state)
        refuse_over_budget(judged_run(prepared, state))


def show(prepared: Prepared, composed: Composed, outcome: Outcome[Record], words: list[str], state: State, out: Console) -> int:
    """What a finished run came to; its exit code."""
    show_scores(prepared, outcome, state, out)
    for line in facts(prepared, outcome.record):
        out.print(line, highlight=False, soft_wrap=True)
    for line in estimated_lines(prepared, outcome.record) if not outcome.from_record else []:
        out.print(line, highlight=False, soft_wrap=True)
    if outcome.from_record:
        out.print(
            f"recorded  run {outcome.run.id} had done all of this; nothing was trained again (replicate=2 repeats it)", highlight=False
        )
    for line in diagnosis_lines(outcome.record.diagnoses):
        out.print(line, highlight=False, soft_wrap=True, markup=False)
    say_behind(outcome.tracking_error, out)
    change = try_next(outcome.record.diagnoses, composed.config.seed)
    out.print(f"try next  {_command_with(words, change)}", highlight=False, soft_wrap=True)
    me = program()
    out.print(f"see it    {me} ui {outcome.run.id}      talk to it  {me} chat {outcome.run.id}", highlight=False, soft_wrap=True)
    return outcome.record.gates.exit_code if outcome.record.gates else ExitCode.OK


def _command_with(overrides: list[str], change: str) -> str:
    """The command that was given, with one key changed."""
    key = change.split("=")[0]
    kept = [shlex.quote(word) for word in overrides if word.split("=")[0] != key]
    return " ".join([program(), "run", *kept, change])
