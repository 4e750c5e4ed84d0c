"""`ftexp status`: sweeps with their progress, runs that go on or were cut off, and how to go on."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from ftexp.errors import ExitCode
from ftexp.journal import RunRow
from ftexp.lease import Driver
from ftexp.report.saying import program
from ftexp.state import State
from ftexp.sweep.results import SweepResults, results_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def main(arguments: argparse.Namespace) -> int:
    state = State(Path.cwd())
    if not state.exists:
        print("nothing on record here yet; make a run with: ftexp run experiment=quickstart")
        return ExitCode.OK
    runs = state.journal.runs("kind='run'")
    sweeps = [results_of(sweep, state) for sweep in state.journal.sweeps()]
    print(f"{sum(r.state == 'finished' for r in runs)} of {len(runs)} runs have finished")
    for sweep in sweeps:
        print("\n".join(_sweep_lines(sweep)))
    for run in runs:
        if run.state != "finished":
            print(f"run       {run.id} {run.name}: {standing(run)}")
    behind = [r.id for r in state.journal.runs() if state.journal.has_untold(r.id)]
    if behind:
        print(f"mlflow    is behind by {len(behind)} runs; complete it with: {program()} sync")
    return ExitCode.OK


def _sweep_lines(sweep: SweepResults) -> list[str]:
    command = shlex.join(sweep.words)
    lines = [f"sweep     {sweep.row.id}: {sweep.finished} of {len(sweep.cells)} finished ({command})"]
    if sweep.finished < len(sweep.cells) and not any(standing(r) == "running" for r in sweep.runs.values()):
        lines.append(f"          goes on with: {program()} {command}")
    if sweep.ranking:
        lines.append(f"          best so far: {sweep.ranking.winner.contender.title}, {sweep.ranking.picked.value:.3f}")
    return lines


def is_at_work(run: RunRow) -> bool:
    """Whether a process drives it, as far as is known here."""
    driver = Driver.model_validate_json(run.driver) if run.state == "running" and run.driver else None
    return driver is not None and driver.is_alive is not False


def standing(run: RunRow) -> str:
    """The state of a run in words; one whose process is gone was cut off."""
    if run.state == "running":
        driver = Driver.model_validate_json(run.driver) if run.driver else None
        alive = driver.is_alive if driver else False
        if alive is None and driver:
            return f"running on {driver.host}, as far as is known here"
        return "running" if alive else f"cut off; goes on with: {program()} resume {run.id}"
    if run.state == "waiting":
        return f"waiting: {run.error}" + ("" if "ftexp resume" in (run.error or "") else f"; take it up with: {program()} resume {run.id}")
    return f"{run.state}: {run.error}" if run.error and run.state != "interrupted" else run.state
