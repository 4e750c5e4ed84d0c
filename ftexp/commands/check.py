"""`ftexp check`: the data alone, judged and split."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftexp.commands.run import add_arguments as add_arguments
from ftexp.compose import compose
from ftexp.data.loading import load
from ftexp.errors import ExitCode
from ftexp.report.terminal import data_lines
from ftexp.validation.findings import shown


def main(arguments: argparse.Namespace) -> int:
    config = compose(arguments.overrides, Path.cwd()).config
    dataset = config.dataset
    loaded = load(dataset, config.training.method, config.checks)
    print("\n".join([*data_lines(dataset, loaded.splits), *(f"warning   {line}" for line in shown(loaded.warnings)), "no errors"]))
    return ExitCode.OK
