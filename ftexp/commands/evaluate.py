"""`ftexp evaluate MODEL [KEY=VALUE ...]`: any model on any suite, without training."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ftexp.commands.overrides import add_spending
from ftexp.consent import ask_consent
from ftexp.errors import ExitCode
from ftexp.launch import launch_evaluation
from ftexp.progress import Progress
from ftexp.report.outcome import show_scores
from ftexp.report.saying import program, say_behind
from ftexp.run import Prepared, prepare
from ftexp.state import State
from ftexp.target import Target, find_target

if TYPE_CHECKING:
    from ftexp.config import RunConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="base, a run by id or name, a directory with an adapter or a model, or a service's ft:NAME")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="what to ask it, as in eval=checklist or dataset.test=mine.jsonl")
    add_spending(parser)


def main(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    out, state, progress = Console(), State(Path.cwd()), Progress(Console(stderr=True))
    target = find_target(arguments.model, arguments.overrides, state)
    prepared = _prepared(target, state)
    for warning in prepared.data.warnings:
        progress.say(f"warning: {warning}")
    ask_consent([prepared], arguments.yes, state)
    outcome = launch_evaluation(prepared, target.composed, target, state, progress)
    show_scores(prepared, outcome, state, out)
    say_behind(outcome.tracking_error, out)
    out.print(f"see it    {program()} ui {outcome.run.id}", highlight=False, soft_wrap=True)
    return outcome.record.gates.exit_code if outcome.record.gates else ExitCode.OK


def _prepared(target: Target, state: State) -> Prepared:
    """A model by itself is asked as the base alone; it has nothing to be better than, so no gate judges it."""
    config = target.composed.config
    if target.tuned is None:
        config = config.model_copy(update={"evaluation": config.evaluation.model_copy(update={"gates": {}})})
    p = prepare(only_asked(config), state)
    for obstacle in p.model.obstacles:
        raise obstacle
    label = "evaluation" if target.tuned is None else f"evaluation of {Path(target.title).name}"
    questions = p.questions if target.tuned else tuple(q.without("tuned") for q in p.questions)
    return replace(p, questions=questions, label=label, trains=False, tuned=target.key)


def only_asked(config: RunConfig) -> RunConfig:
    """Neither ranked nor trained, so that what it began with may be gone."""
    evaluation = config.evaluation.model_copy(update={"measure_validation": False})
    return config.model_copy(update={"evaluation": evaluation, "training": config.training.model_copy(update={"start_from": None})})
