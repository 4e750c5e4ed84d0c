"""`ftexp sync`: completes MLflow where it couldn't be written while a run went on, and writes a database that is gone anew."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftexp.errors import ExitCode
from ftexp.state import State
from ftexp.tracking.config import parse_tracking
from ftexp.tracking.mlflow_store import MlflowStore
from ftexp.tracking.telling import catch_up


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def main(arguments: argparse.Namespace) -> int:
    state = State(Path.cwd())
    runs = state.journal.runs() if state.exists else []
    stores = {run.id: MlflowStore(parse_tracking(run.tracking), state) for run in runs}
    for run in runs:
        if stores[run.id].is_gone:
            state.journal.forget_mlflow(run.id)
    behind = [run for run in runs if state.journal.has_untold(run.id)]
    if not behind:
        print("MLflow has everything already")
    failed = False
    for run in behind:
        error = catch_up(stores[run.id], run.id)
        failed |= error is not None
        print(f"{run.id} {run.name}: {error or 'complete'}")
    return ExitCode.FAILED if failed else ExitCode.OK
