"""`ftexp clean`: removes what no record needs."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftexp.errors import ExitCode
from ftexp.leftovers import leftovers
from ftexp.state import State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checkpoints", action="store_true", help="also checkpoints and answers that runs which were cut off would go on from"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")


def main(arguments: argparse.Namespace) -> int:
    state = State(Path.cwd())
    found = leftovers(state, arguments.checkpoints) if state.exists else []
    for path, why in found:
        print(f"{'would remove' if arguments.dry_run else 'removed'} {state.relative(path)} ({_megabytes(path):.1f} MB): {why}")
        if not arguments.dry_run:
            state.discard(path.parent.name, path.name)
    if not found:
        print("nothing to remove: everything here is needed by a record, or by a run that can go on")
    return ExitCode.OK


def _megabytes(path: Path) -> float:
    return sum(p.stat().st_size for p in [path, *path.rglob("*")] if p.is_file()) / 1e6
