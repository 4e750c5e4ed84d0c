"""`ftexp resume [RUN | --all]`: runs that wait for a service's job, were interrupted or cut off, to their end."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ftexp.backends.hosted.job_changes import change
from ftexp.backends.hosted.job_record import job_on_record
from ftexp.commands.overrides import add_retrying, add_spending
from ftexp.commands.run import may_start, show
from ftexp.commands.status import is_at_work
from ftexp.consent import ask_consent
from ftexp.errors import ConfigError, ExitCode, FtexpError, RunNotFoundError, ServiceError
from ftexp.journal import RunRow
from ftexp.launch import launch
from ftexp.progress import Progress
from ftexp.records import find_run
from ftexp.resuming import Resumed, resumed
from ftexp.state import State
from ftexp.sweep.launching import side_by_side

if TYPE_CHECKING:
    import threading


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words", nargs="*", metavar="RUN", help="an id or name that `ftexp status` shows, or last; and KEY=VALUE, as in budget.usd=10"
    )
    parser.add_argument("--all", action="store_true", help="every run that waits, was interrupted or was cut off")
    add_spending(parser)
    add_retrying(parser)


def main(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    state, out, progress = State(Path.cwd()), Console(), Progress(Console(stderr=True))
    overrides = [word for word in arguments.words if "=" in word]
    rows = _rows([word for word in arguments.words if "=" not in word], arguments.all, state)
    runs = [_taken_up(row, overrides, arguments.retry_failed, state, progress) for row in rows]
    ask_consent([r.prepared for r in runs], arguments.yes, state)
    for r in runs:
        _go_on_there(r, state, progress)
    if len(runs) == 1:
        [r] = runs
        outcome = launch(r.prepared, r.composed, state, progress, r.sweep)
        return show(r.prepared, r.composed, outcome, list(r.composed.overrides), state, out)
    return _several(runs, state, progress)


def _rows(names: list[str], every: bool, state: State) -> list[RunRow]:
    if len(names) != (0 if every else 1):
        raise ConfigError("expected one run, as `ftexp status` shows it, or --all")
    if not every:
        return [find_run(names[0], state)]
    rows = state.journal.runs("kind='run' AND state IN ('waiting', 'interrupted', 'running')") if state.exists else []
    found = [row for row in rows if not is_at_work(row)]
    if not found:
        raise RunNotFoundError("no run waits, was interrupted or was cut off; see `ftexp status`")
    return found


def _taken_up(row: RunRow, overrides: list[str], retry_failed: bool, state: State, progress: Progress) -> Resumed:
    r = resumed(row, overrides, state)
    may_start(r.prepared, state)
    progress.say(f"resume    {row.id} {row.name}")
    return replace(r, prepared=replace(r.prepared, retry_failed=retry_failed))


def _go_on_there(r: Resumed, state: State, progress: Progress) -> None:
    """A job that was paused at its service goes on."""
    from ftexp.backends.hosted.model import ServiceModel
    from ftexp.backends.hosted.service import GoneError
    from ftexp.steps import Steps

    job, model = job_on_record(state.journal, state.journal.key_of(r.row.id, "train")), r.prepared.model.opened
    if job is None or job.ended or not isinstance(model, ServiceModel) or r.row.state == "finished":
        return
    service = model.service(Steps(state, r.row.id, progress))
    try:
        if service.read(f"/fine_tuning/jobs/{job.id}").get("status") == "paused":
            change(service, job.id, "resume")
    except (ServiceError, GoneError) as error:
        progress.say(f"warning: {error}")
    finally:
        service.close()


def _several(runs: list[Resumed], state: State, progress: Progress) -> int:
    import threading

    stopping = threading.Event()
    here = all(r.prepared.model.local for r in runs)
    return max(side_by_side([partial(_one, r, state, progress, stopping) for r in runs], 1 if here else len(runs), stopping))


def _one(r: Resumed, state: State, progress: Progress, stopping: threading.Event) -> ExitCode:
    told = progress.plain.of(f"{r.row.id}: ")
    try:
        launch(r.prepared, r.composed, state, told, r.sweep, stopping)
    except FtexpError as error:
        told.say("; ".join(error.faults))
        return error.exit_code
    told.say("finished")
    return ExitCode.OK
