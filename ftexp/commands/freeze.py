"""`ftexp freeze REFERENCE NAME`: a run or a sweep as a record of `experiments/`, to be kept and made again."""

from __future__ import annotations

import argparse
import re
from datetime import date
from pathlib import Path

from ftexp.data.keeping import write_splits
from ftexp.data.loading import load
from ftexp.errors import ConfigError, ExitCode
from ftexp.reproduction.files import DIRECTORY, write
from ftexp.reproduction.finding import on_record
from ftexp.reproduction.report import index, report
from ftexp.state import State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("reference", help="a finished run or sweep, by its id")
    parser.add_argument("name", help="of the folder in experiments/")
    parser.add_argument("--with-text", action="store_true", help="the examples too, so that the run can be made again without your file")
    parser.add_argument(
        "--force", action="store_true", help="write over a record of this name; what stands below its analysis line is kept"
    )


def main(arguments: argparse.Namespace) -> int:
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", arguments.name):
        raise ConfigError(f"name: found {arguments.name!r}, expected letters, digits, _, - and .")
    state = State(Path.cwd())
    folder = state.root / DIRECTORY / arguments.name
    if folder.exists() and not arguments.force:
        raise ConfigError(f"{folder}: exists already; name another, or add --force")
    found = on_record(arguments.reference, state)
    write(folder, found.runs, found.launched, report(arguments.name, found, folder / "report.md", state), date.today().isoformat())
    if arguments.with_text:
        write_splits(load(found.runs[0].config.dataset), folder / "data")
    (folder.parent / "README.md").write_text(index(folder.parent), encoding="utf-8")
    print(f"wrote {state.relative(folder)}; make it again with: ftexp reproduce {arguments.name} --verify")
    return ExitCode.OK
