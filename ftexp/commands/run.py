"""`ftexp run`: one run from config to table."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from pathlib import Path

from ftexp.compose import compose
from ftexp.errors import ExitCode
from ftexp.launch import answers_of, launch
from ftexp.progress import Progress
from ftexp.report.terminal import answers_table, facts, next_step, results_table
from ftexp.run import prepare
from ftexp.state import State

SHOWN_ITEMS = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="group choices and values, as in model=local seed=1")


def main(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    here, out, err = Path.cwd(), Console(), Console(stderr=True)
    state, progress = State(here), Progress(err)
    composed = compose(arguments.overrides, here)
    prepared = prepare(composed.config, state)
    for warning in prepared.data.warnings:
        progress.say(f"warning: {warning}")
    if prepared.hyperparameters.preset:
        progress.say(f"preset    {prepared.hyperparameters.preset}, for {len(prepared.data.splits.train)} training examples")
    outcome = launch(prepared, composed, state, progress)
    out.print(results_table(prepared, outcome.record))
    out.print(answers_table(prepared, answers_of(outcome.run, prepared, state), SHOWN_ITEMS))
    for line in facts(prepared, outcome.record):
        out.print(line, highlight=False, soft_wrap=True)
    if outcome.from_record:
        out.print(
            f"recorded  run {outcome.run.id} had done all of this; nothing was trained again (replicate=2 repeats it)", highlight=False
        )
    if outcome.tracking_error:
        out.print(
            f"mlflow    is behind: {outcome.tracking_error}. The run is safe in the journal; complete it with: ftexp sync",
            highlight=False,
            soft_wrap=True,
        )
    out.print(f"try next  {_command_with(arguments.overrides, next_step(prepared, outcome.record))}", highlight=False, soft_wrap=True)
    me = _program()
    out.print(f"see it    {me} ui {outcome.run.id}      talk to it  {me} chat {outcome.run.id}", highlight=False, soft_wrap=True)
    return ExitCode.OK


def _command_with(overrides: list[str], change: str) -> str:
    """The command that was given, with one key changed."""
    key = change.split("=")[0]
    kept = [shlex.quote(word) for word in overrides if word.split("=")[0] != key]
    return " ".join([_program(), "run", *kept, change])


def _program() -> str:
    """As this shell finds it: `ftexp`, or its path where the environment isn't active."""
    called = Path(sys.argv[0])
    if called.name != "ftexp" or shutil.which("ftexp"):
        return "ftexp"
    return str(called.relative_to(Path.cwd())) if called.is_relative_to(Path.cwd()) else str(called)
