"""`ftexp pause RUN`: holds a run's job at its service, where that can; `ftexp resume RUN` lets it go on."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftexp.backends.hosted.job_changes import change
from ftexp.errors import ExitCode
from ftexp.service_job import job_of
from ftexp.state import State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="an id or name that `ftexp status` shows, or last")


def main(arguments: argparse.Namespace) -> int:
    with job_of(arguments.run, State(Path.cwd())) as at_work:
        change(at_work.service, at_work.job.id, "pause")
    print(f"paused    job {at_work.job.id} of run {at_work.row.id}; it goes on with: ftexp resume {at_work.row.id}")
    return ExitCode.OK
