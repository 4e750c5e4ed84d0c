"""`ftexp cancel RUN`: ends a run's job at its service; what is on record stays."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftexp.backends.hosted.job_changes import change
from ftexp.errors import ExitCode
from ftexp.service_job import job_of, note_cancelled
from ftexp.state import State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="an id or name that `ftexp status` shows, or last")


def main(arguments: argparse.Namespace) -> int:
    state = State(Path.cwd())
    with job_of(arguments.run, state) as at_work:
        change(at_work.service, at_work.job.id, "cancel")
        note_cancelled(at_work, state)
    again = f"ftexp resume {at_work.row.id} --retry-failed"
    print(f"cancelled job {at_work.job.id} of run {at_work.row.id}; another one is only begun with: {again}")
    return ExitCode.OK
