"""`ftexp freeze REFERENCE NAME`: a run or a sweep as a record of `experiments/`, to be kept and made again."""

from __future__ import annotations

import argparse
import re
from datetime import date
from pathlib import Path

from ftexp.data.keeping import find_data
from ftexp.data.loading import Loaded, load
from ftexp.errors import ConfigError, DataError, ExitCode
from ftexp.files import write_atomically
from ftexp.reproduction.files import DIRECTORY, write, write_text
from ftexp.reproduction.finding import Found, on_record
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
    texts = _examples(found) if arguments.with_text else []
    write(folder, found.runs, found.launched, report(arguments.name, found, folder / "report.md", state), date.today().isoformat())
    if texts:
        write_text(folder, texts)
    write_atomically(folder.parent / "README.md", index(folder.parent).encode("utf-8"))
    print(f"wrote {state.relative(folder)}; make it again with: ftexp reproduce {arguments.name} --verify")
    return ExitCode.OK


def _examples(found: Found) -> list[Loaded]:
    """What the runs were trained on and judged by, each dataset once. Raises DataError where it has changed and no copy is left."""
    wanted = {tuple(sorted(run.inputs.splits.items())): run.config for run in found.runs}
    datasets = [(find_data(dict(splits), config.dataset, found.folders), config) for splits, config in wanted.items()]
    if gone := [config.dataset.name for dataset, config in datasets if dataset is None]:
        raise DataError(*(f"{name}: has changed since, and no copy is left in .ftexp/data; freeze it without --with-text" for name in gone))
    return [load(dataset, config.training.method, config.checks) for dataset, config in datasets if dataset is not None]
