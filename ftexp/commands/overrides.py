"""How a command is told which run, or which runs, it is about."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="group choices and values, as in model=local seed=1")
    parser.add_argument("-m", "--multirun", action="store_true", help="a run for every combination of values: seed=1,2 preset=a,b")
