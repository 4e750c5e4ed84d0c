"""`ftexp report RUN`: a run as one page that loads nothing and runs no script, or as Markdown."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from ftexp.errors import ExitCode, FtexpError
from ftexp.files import write_atomically
from ftexp.records import find_run, record_of
from ftexp.report.run.markdown import markdown
from ftexp.report.run.page import page
from ftexp.reporting import report_of
from ftexp.state import State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", default="last", help="a run or an evaluation, by id or name (default: the last)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the page there (default: report-RUN.html)")
    parser.add_argument("--markdown", action="store_true", help="print it as Markdown instead")


def main(arguments: argparse.Namespace) -> int:
    state = State(Path.cwd())
    row = find_run(arguments.run, state, ("run", "evaluation"))
    report = report_of(row, record_of(row), state.journal, date.today())
    if arguments.markdown:
        print(markdown(report))
        return ExitCode.OK
    target: Path = arguments.html or Path(f"report-{row.id}.html")
    try:
        write_atomically(target, page(report).encode("utf-8"))
    except OSError as error:
        raise FtexpError(f"{target}: can't be written ({error.strerror or error}); name another file with --html") from error
    print(f"wrote {target}")
    return ExitCode.OK
