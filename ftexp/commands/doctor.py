"""`ftexp doctor`: whether a run can start here, and what to do where it can't."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from ftexp.doctor import Sign, signs
from ftexp.errors import ExitCode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON, for a script")


def main(arguments: argparse.Namespace) -> int:
    found = list(signs(Path.cwd(), os.environ))
    if arguments.json:
        print(json.dumps([sign.model_dump() for sign in found], ensure_ascii=False, indent=2))
    else:
        _show(found)
    return ExitCode.USAGE if any(sign.standing == "problem" for sign in found) else ExitCode.OK


def _show(found: list[Sign]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    for _ in range(3):
        table.add_column(overflow="fold")
    for sign in found:
        colour = {"ok": "green", "warning": "yellow", "problem": "red"}[sign.standing]
        table.add_row(f"[{colour}]{sign.standing}[/]", sign.about, _plain(f"{sign.found}; {sign.advice}" if sign.advice else sign.found))
    Console().print(table)


def _plain(text: str) -> str:
    """Not read as markup."""
    from rich.markup import escape

    return escape(text)
