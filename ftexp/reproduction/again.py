"""A past run made again: with the threads and dtype it had and the examples it had, apart from what is on record of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ftexp.backends.providers import LocalProvider
from ftexp.boundaries import path_faults, paths_of
from ftexp.compose import compose, recorded
from ftexp.config import RunConfig
from ftexp.data.keeping import find_data
from ftexp.environment import Environment, environment
from ftexp.errors import ConfigError, TrackingError
from ftexp.faults import validated
from ftexp.journal import RunRow
from ftexp.launch import launch
from ftexp.narration import opening_events
from ftexp.once import Once
from ftexp.progress import Progress
from ftexp.provenance import InputDifference, Inputs, inputs_of
from ftexp.reproduction.changed import changed_inputs, flattened
from ftexp.reproduction.finding import Found
from ftexp.reproduction.paid import paid_differences
from ftexp.reproduction.recorded import Recorded, from_journal, overridden
from ftexp.reproduction.verify import Verdict, verify
from ftexp.state import State
from ftexp.sweep.carry_out import carry_out
from ftexp.sweep.expand import Cell, launched_as
from ftexp.sweep.prepared import PreparedCell, PreparedSweep, prepare_sweep
from ftexp.tracking.config import parse_tracking
from ftexp.tracking.events import Tags
from ftexp.tracking.mlflow_store import MlflowStore
from ftexp.tracking.telling import catch_up
from ftexp.values import digest

HOSTED = ("gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini")  # of conf/model, those that name a service


@dataclass(frozen=True)
class Again:
    """One run that is made again. `differences` are what it is made with here against what it was made with."""

    recorded: Recorded
    cell: PreparedCell
    differences: tuple[InputDifference, ...]


@dataclass(frozen=True)
class PreparedAgain:
    found: Found
    sweep: PreparedSweep
    runs: tuple[Again, ...]


@dataclass(frozen=True)
class MadeAgain:
    """How one run came out. `verdict` is None where it failed."""

    again: Again
    run: RunRow | None
    verdict: Verdict | None


def prepare_again(found: Found, overrides: Sequence[str], state: State) -> PreparedAgain:
    """Raises ConfigError, DataError or what stands in the model's way for what can't be run here at all."""
    here, once = environment(state.root), Once()
    configs = [_config(run, found, overrides, state, once) for run in found.runs]
    cells = tuple(Cell(recorded(c, ["reproduce", run.id]), dict(run.point)) for c, run in zip(configs, found.runs, strict=True))
    asked = launched_as(cells, found.launched.launcher, found.launched.at_once)
    apart = digest([run.id for run in found.runs], here.packages, here.code, here.python)[:16]  # one for all: they share the base's answers
    sweep = prepare_sweep(asked, state, again=apart)
    for obstacle in (obstacle for cell in sweep.cells for obstacle in cell.prepared.model.obstacles):
        raise obstacle
    runs = tuple(Again(run, cell, _differences(run, cell, here)) for run, cell in zip(found.runs, sweep.cells, strict=True))
    return PreparedAgain(found, sweep, runs)


def make_again(
    prepared: PreparedAgain, words: Sequence[str], state: State, progress: Progress
) -> tuple[list[MadeAgain], TrackingError | None]:
    """Every run, linked with the one it repeats, and its verdict; and why MLflow is behind."""
    sweep = prepared.sweep
    if len(sweep.cells) == 1:
        tracking_error = launch(sweep.cells[0].prepared, sweep.cells[0].composed, state, progress).tracking_error
    else:
        _, tracking_error = carry_out(sweep, words, state, progress)
    made = [_made(again, state) for again in prepared.runs]
    errors = [_link(one, state) for one in made]
    return made, next(filter(None, (tracking_error, *errors)), None)


def foreign_config(run: Recorded, root: Path) -> list[tuple[str, str, str]]:
    """(key, found there, default here) of what a config from elsewhere says otherwise than ftexp's own."""
    theirs, ours = flattened(run.config), flattened(_default(root))
    keys = [k for k in theirs if not k.startswith(("prices.models", "hyperparameters.candidates", "eval.suites", "eval.gates"))]
    return [(k, theirs[k], ours.get(k, "none")) for k in keys if theirs[k] != ours.get(k)]


def paid_from_elsewhere(prepared: PreparedAgain, root: Path) -> list[str]:
    """What configs from elsewhere say otherwise than those that ship, where that decides over money or a key."""
    foreign = [again.cell.prepared.config for again in prepared.runs if again.recorded.is_foreign]
    if not any(p.kind == "openai" for p in (config.model.provider for config in foreign)):
        return []
    shipped = [compose([f"model={name}"], root).config for name in HOSTED]
    return list(dict.fromkeys(line for config in foreign for line in paid_differences(config, shipped)))


def _config(run: Recorded, found: Found, overrides: Sequence[str], state: State, once: Once) -> RunConfig:
    """With the overrides; else with the examples, threads, device and dtype that the run had."""
    given = [word.partition("=")[0] for word in overrides]
    config = overridden(run.config, overrides)
    changed: dict[str, Any] = {"model": config.model.model_copy(update={"provider": _pinned(config.model.provider, run.inputs, given)})}
    if run.is_foreign and not any(key.startswith("tracking.") for key in given):
        changed["tracking"] = _default(state.root).tracking  # recorded here, not where it was recorded then
    if run.is_foreign:
        _refuse_paths(config.model_copy(update=changed), run, given, found, state)
    if run.inputs.splits and not any(key.startswith("dataset.") for key in given):
        wanted = dict(run.inputs.splits)
        dataset = once((wanted, config.dataset), lambda: find_data(wanted, config.dataset, found.folders))
        changed["dataset"] = dataset or config.dataset  # not found: what is here is taken, and said to differ
    return config.model_copy(update=changed)


def _refuse_paths(config: RunConfig, run: Recorded, given: Sequence[str], found: Found, state: State) -> None:
    """Raises ConfigError for paths out of the project and the record, but for those of the run itself where it was made here."""
    here = state.journal.run(run.id) if state.exists else None
    own = paths_of(validated(RunConfig, json.loads(here.config))) if here else {}
    known = [key for key, path in paths_of(config).items() if own.get(key) == path]
    besides = [found.folder] if found.folder else []
    if faults := path_faults(config, state.root, [*given, *known], besides):
        raise ConfigError(*(f"{found.where}: {fault}" for fault in faults))


def _pinned(provider: Any, inputs: Inputs, given: Sequence[str]) -> Any:
    """With the threads, device and dtype that the run had, whatever auto would come to here, but for those given."""
    if not isinstance(provider, LocalProvider):
        return provider
    then = {key: inputs.machine[key] for key in ("threads", "device", "dtype") if key in inputs.machine}
    pins = {key: int(value) if key == "threads" else value for key, value in then.items() if f"model.provider.{key}" not in given}
    return provider.model_copy(update=pins)


def _differences(run: Recorded, cell: PreparedCell, here: Environment) -> tuple[InputDifference, ...]:
    model = cell.prepared.model.opened
    assert model, "a model without obstacles is open"
    now = inputs_of(opening_events(cell.prepared, model, cell.composed, cell.run, here))
    return changed_inputs(run.inputs, run.config, now)


def _made(again: Again, state: State) -> MadeAgain:
    row = state.journal.run(again.cell.run)
    if row is None or row.state != "finished":
        return MadeAgain(again, row, None)
    return MadeAgain(again, row, verify(again.recorded.outcome, from_journal(row, state.journal, again.recorded.point).outcome))


def _link(made: MadeAgain, state: State) -> TrackingError | None:
    """Each of the two names the other in MLflow, where both are on record here; why MLflow is behind."""
    if made.run is None or made.verdict is None:
        return None
    here, there = made.run, state.journal.run(made.again.recorded.id)
    told = [(here, {"ftexp.reproduces": made.again.recorded.id, "ftexp.reproduction": made.verdict.kind})]
    told += [(there, {f"ftexp.reproduced_by.{here.id}": made.verdict.kind})] if there else []
    errors = []
    for row, values in told:
        event = Tags(values=values)
        state.journal.emit(row.id, [(event.ident, event.model_dump_json())])
        errors.append(catch_up(MlflowStore(parse_tracking(row.tracking), state), row.id))
    return next(filter(None, errors), None)


@cache
def _default(root: Path) -> RunConfig:
    return compose([], root).config
