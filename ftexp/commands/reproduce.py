"""`ftexp reproduce REFERENCE [--verify]`: a past run or sweep made again, and whether it came out the same."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from ftexp.commands.overrides import add_spending
from ftexp.consent import ask_consent
from ftexp.errors import ExitCode
from ftexp.progress import Progress
from ftexp.provenance import InputDifference
from ftexp.report.comparison.terminal import one_line
from ftexp.report.saying import program, say_behind
from ftexp.reproduction.again import Again, MadeAgain, PreparedAgain, foreign_config, make_again, paid_from_elsewhere, prepare_again
from ftexp.reproduction.finding import find
from ftexp.state import State

LONGEST_LINE = 240


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("reference", help="a record of experiments/, a run or a sweep by its id, or a run of MLflow by its id")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="what is to be otherwise, as in seed=1")
    parser.add_argument("--verify", action="store_true", help="say whether it came out the same; exit code 1 where it diverged")
    parser.add_argument("--dry-run", action="store_true", help="only say what differs here; nothing is trained")
    add_spending(parser)
    parser.add_argument("--tracking", metavar="URI", help="the MLflow store that has the run, as in sqlite:////path/mlflow.db")


def main(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    state, out = State(Path.cwd()), Console()
    progress = Progress(Console(stderr=True))
    prepared = prepare_again(find(arguments.reference, state, arguments.tracking), arguments.overrides, state)
    for line in before_lines(prepared, state.root):
        out.print(line, highlight=False, soft_wrap=True, markup=False)
    if arguments.dry_run:
        return ExitCode.OK
    words = ["reproduce", arguments.reference, *arguments.overrides, *(["--tracking", arguments.tracking] if arguments.tracking else [])]
    ask_consent([c.prepared for c in prepared.sweep.cells], arguments.yes, state, paid_from_elsewhere(prepared, state.root))
    made, tracking_error = make_again(prepared, words, state, progress)
    for one in made:
        for line in made_lines(one, arguments.verify):
            out.print(line, highlight=False, soft_wrap=True, markup=False)
    say_behind(tracking_error, out)
    shown = made[0].again.cell.run if len(made) == 1 else prepared.sweep.id
    out.print(f"see it    {program()} ui {shown}", highlight=False, soft_wrap=True, markup=False)
    if any(one.verdict is None for one in made):
        again = shlex.join([program(), *words, *(["--verify"] if arguments.verify else [])])
        out.print(f"missing   some runs have failed; go on with: {again}", highlight=False, soft_wrap=True, markup=False)
        return ExitCode.FAILED
    diverged = any(one.verdict and not one.verdict.is_reproduced for one in made)
    return ExitCode.GATE_FAILED if arguments.verify and diverged else ExitCode.OK


def before_lines(prepared: PreparedAgain, root: Path) -> list[str]:
    """What is made again, what a config from elsewhere says, and what differs here."""
    runs = prepared.runs
    lines = [f"again     {prepared.found.where}" + (f": {len(runs)} runs" if len(runs) > 1 else "")]
    foreign = [foreign_config(again.recorded, root) for again in runs if again.recorded.is_foreign]
    told = [f"config    {key} = {theirs} (here: {ours})" for each in foreign for key, theirs, ours in each]
    told += [f"differs   {_said(d)}" for again in runs for d in again.differences]
    if not any(again.differences for again in runs):
        told.append("differs   nothing that is on record: config, data, model, packages, code, machine")
    return [one_line(line, LONGEST_LINE) for line in (*lines, *dict.fromkeys(told))]


def made_lines(made: MadeAgain, verify: bool) -> list[str]:
    title = one_line(f"{made.again.recorded.name} ({made.again.recorded.id})")
    if made.verdict is None or made.run is None:
        return [f"failed    {title}: {made.run.error if made.run and made.run.error else 'has not finished'}"]
    if not verify:
        return [f"made      {title} again as run {made.run.id}"]
    v = made.verdict
    where = "" if v.diverged_at is None else f" from step {v.diverged_at}"
    if v.kind == "within tolerance" and v.first_difference is not None:
        where = f" (the first other digit is at step {v.first_difference})"
    elif v.diverged_at is not None and v.first_difference != v.diverged_at:
        where += f" (the first other digit is at step {v.first_difference})"
    lines = [f"verdict   {title}: {v.kind}{where}", *(f"          {one_line(remark, LONGEST_LINE)}" for remark in v.remarks)]
    return lines + _causes(made.again) if v.kind != "identical" else lines


def _causes(again: Again) -> list[str]:
    """The inputs that differ; without one the cause is not on record."""
    if not again.differences:
        return ["          no input that is on record differs"]
    return [one_line(f"          made with: {_said(d)}", LONGEST_LINE) for d in again.differences]


def _said(d: InputDifference) -> str:
    return f"{d.kind} {d.key}: {_shown(d.one)} then, {_shown(d.other)} here"


def _shown(value: str | None) -> str:
    if value is None:
        return "none"
    return value if len(value) <= 60 else value[:12] + "..."
