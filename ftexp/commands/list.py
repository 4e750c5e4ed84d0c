"""`ftexp list`: the runs on record, the newest last."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftexp.errors import ExitCode
from ftexp.report.terminal import runs_table
from ftexp.state import State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--experiment", help="only the runs of this experiment")


def main(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    state = State(Path.cwd())
    runs = [r for r in (state.journal.runs("kind='run'") if state.exists else []) if arguments.experiment in (None, r.experiment)]
    if not runs:
        print("no runs on record here yet; make one with: ftexp run experiment=quickstart")
    else:
        Console().print(runs_table(runs))
    return ExitCode.OK
