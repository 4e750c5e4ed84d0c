"""`ftexp compare RUN...`: what differs between finished runs, and which is better by how much."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from ftexp.compare import RunsCompared, compare_runs
from ftexp.errors import ConfigError, ExitCode, FtexpError
from ftexp.files import write_atomically
from ftexp.journal import RunRow
from ftexp.records import find_finished, results_of
from ftexp.state import State

FORMATS = ("terminal", "markdown", "csv", "html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs", nargs="*", metavar="RUN", help="ids, beginnings of ids or names that `ftexp list` shows, last, or a sweep's id"
    )
    parser.add_argument(
        "--where", action="append", default=[], metavar="CONDITION", help="only runs that it fits, as in 'hyperparameters.n_epochs>=3'"
    )
    parser.add_argument("--against", metavar="RUN", help="the run that the others are compared with (default: the first)")
    parser.add_argument("--metric", metavar="SUITE/NAME", help="only this metric")
    parser.add_argument("--format", choices=FORMATS, default="terminal", help="default: terminal")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there; markdown and html hold texts of the test items")


def main(arguments: argparse.Namespace) -> int:
    if arguments.out and arguments.format == "terminal":
        raise ConfigError("--out: found no format to write, expected --format markdown, csv or html with it")
    state = State(Path.cwd())
    found = find_finished(arguments.runs, arguments.where, state)
    against = _against(arguments.against, state) if arguments.against else None
    rows = [*([against] if against and against.id not in {row.id for row in found.rows} else []), *found.rows]
    results = results_of(rows, state.journal) if rows else []
    compared = compare_runs(results, against.id if against else None, arguments.metric, found.notes)
    if arguments.format == "terminal":
        _show(compared)
    else:
        _write(import_module(f"ftexp.report.comparison.{arguments.format}").written(compared), arguments.out)
    return ExitCode.OK


def _against(reference: str, state: State) -> RunRow:
    rows = find_finished([reference], [], state).rows
    if len(rows) != 1:
        raise ConfigError(f"--against: found {reference!r}, which is {len(rows)} runs, expected one")
    return rows[0]


def _show(compared: RunsCompared) -> None:
    from rich.console import Console

    from ftexp.report.comparison.terminal import shown

    out = Console()
    for part in shown(compared):
        out.print(part, highlight=False)


def _write(text: str, path: Path | None) -> None:
    if path is None:
        print(text, end="")
        return
    try:
        write_atomically(path.expanduser(), text.encode("utf-8"))
    except OSError as error:
        raise FtexpError(
            f"--out: {path} can't be written ({error.strerror or error}); name a file in a directory that you may write to"
        ) from error
    print(f"wrote {path}")
