"""How a command is told which run, or which runs, it is about, and what it may spend."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="group choices and values, as in model=local seed=1")
    parser.add_argument("-m", "--multirun", action="store_true", help="a run for every combination of values: seed=1,2 preset=a,b")


def add_spending(parser: argparse.ArgumentParser) -> None:
    """For commands that may have something done that is billed."""
    parser.add_argument("--yes", action="store_true", help="agree to what a service will bill, within budget.usd, without being asked")


def add_retrying(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--retry-failed", action="store_true", help="another job in place of one that failed or was cancelled at a service")
