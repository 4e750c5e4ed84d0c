"""`ftexp plan`: what a run would take, before anything is spent. Loads no model, needs no key and no network."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftexp.commands.run import add_arguments as add_arguments
from ftexp.compose import compose
from ftexp.errors import ExitCode
from ftexp.report.terminal import plan_lines
from ftexp.run import prepare
from ftexp.state import State


def main(arguments: argparse.Namespace) -> int:
    here = Path.cwd()
    prepared = prepare(compose(arguments.overrides, here).config, State(here))
    print("\n".join(plan_lines(prepared)))
    return ExitCode.OK
