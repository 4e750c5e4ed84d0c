"""A past run made again: with the threads and dtype it had and the examples it had, apart from what is on record of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ftexp.backends.providers import LocalProvider
from ftexp.compose import compose, recorded
from ftexp.config import RunConfig
from ftexp.data.keeping import find_data
from ftexp.environment import Environment, environment
from ftexp.errors import ConfigError, TrackingError
from ftexp.journal import RunRow
from ftexp.launch import launch
from ftexp.narration import opening_events
from ftexp.progress import Progress
from ftexp.provenance import InputDifference, Inputs, differences, inputs_of
from ftexp.reproduction.finding import Found
from ftexp.reproduction.recorded import Recorded, from_journal, judged
from ftexp.reproduction.verify import Verdict, verify
from ftexp.state import State
from ftexp.sweep.carry_out import carry_out
from ftexp.sweep.expand import Cell, launched_as
from ftexp.sweep.prepared import PreparedCell, PreparedSweep, prepare_sweep
from ftexp.tracking.events import Tags
from ftexp.tracking.mlflow_store import MlflowStore
from ftexp.tracking.telling import catch_up
from ftexp.values import digest

# Where the examples lie and where the result goes are no part of what is made; threads, device and dtype stand under machine.
_ELSEWHERE = (
    "dataset.builtin",
    "dataset.kind",
    "dataset.path",
    "dataset.split.",
    "dataset.test",
    "dataset.validation",
    "goal",
    "model.provider.device",
    "model.provider.dtype",
    "model.provider.threads",
    "name",
    "prices.",
    "tracking.",
)


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
    """Raises ConfigError or DataError for what can't be run here at all."""
    here = environment(state.root)
    configs = [_config(run, found, overrides, state) for run in found.runs]
    cells = tuple(Cell(recorded(c, ["reproduce", run.id]), dict(run.point)) for c, run in zip(configs, found.runs, strict=True))
    asked = launched_as(cells, found.launched.launcher, found.launched.at_once)
    salts = [digest(run.id, here.packages, here.code, here.python)[:16] for run in found.runs]
    sweep = prepare_sweep(asked, state, again=salts)
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
    return made, tracking_error


def foreign_config(run: Recorded, root: Path) -> list[tuple[str, str, str]]:
    """(key, found there, default here) of what a config from elsewhere says otherwise than ftexp's own."""
    theirs, ours = _flat(run.config.model_dump(mode="json", by_alias=True)), _flat(_default(root).model_dump(mode="json", by_alias=True))
    keys = [k for k in theirs if not k.startswith(("prices.models", "hyperparameters.candidates", "eval.suites"))]
    return [(k, json.dumps(theirs[k]), json.dumps(ours.get(k))) for k in keys if theirs[k] != ours.get(k)]


def _config(run: Recorded, found: Found, overrides: Sequence[str], state: State) -> RunConfig:
    config = _overridden(run.config, overrides)
    is_known = bool(run.inputs.splits) and not any(word.startswith("dataset.") for word in overrides)
    dataset = find_data(run.inputs.splits, config.dataset, found.folders) if is_known else None
    changed: dict[str, Any] = {"dataset": dataset or config.dataset}  # not found: what is here is taken, and said to differ
    changed["model"] = config.model.model_copy(update={"provider": _pinned(config.model.provider, run.inputs.machine)})
    if run.is_foreign:
        changed["tracking"] = _default(state.root).tracking  # recorded here, not where it was recorded then
    return config.model_copy(update=changed)


def _overridden(config: RunConfig, overrides: Sequence[str]) -> RunConfig:
    from omegaconf import OmegaConf

    if bad := [word for word in overrides if "=" not in word]:
        raise ConfigError(*(f"{word!r}: expected KEY=VALUE, as in seed=1" for word in bad))
    if not overrides:
        return config
    values = OmegaConf.create(config.model_dump(mode="json", by_alias=True))
    merged = OmegaConf.merge(values, OmegaConf.from_dotlist(list(overrides)))
    return judged(OmegaConf.to_container(merged, resolve=False), "the command")


def _pinned(provider: Any, machine: Mapping[str, str]) -> Any:
    """With the threads, device and dtype that the run had, whatever auto would come to here."""
    if not isinstance(provider, LocalProvider) or "threads" not in machine:
        return provider
    pins = {"threads": int(machine["threads"]), "device": machine.get("device", "auto"), "dtype": machine.get("dtype", "auto")}
    return provider.model_copy(update=pins)


def _differences(run: Recorded, cell: PreparedCell, here: Environment) -> tuple[InputDifference, ...]:
    model = cell.prepared.model.local
    if model is None:
        return ()
    now = inputs_of(opening_events(cell.prepared, model, cell.composed, cell.run, here))
    return tuple(d for d in differences(_comparable(run.inputs, now), now) if d.kind != "config" or not d.key.startswith(_ELSEWHERE))


def _comparable(recorded_inputs: Inputs, now: Inputs) -> Inputs:
    """Without what one of both doesn't know: a key of the config that came later, the project's commit outside a checkout."""
    config = {**{k: v for k, v in now.config.items() if k not in recorded_inputs.config}, **recorded_inputs.config}
    config = {k: v for k, v in config.items() if k in now.config}
    same_code = recorded_inputs.code is not None and recorded_inputs.code == now.code
    commit = (now.commit, now.dirty, now.patch) if same_code or recorded_inputs.commit is None else None
    known = replace(recorded_inputs, config=config, code=recorded_inputs.code or None)
    return known if commit is None else replace(known, commit=commit[0], dirty=commit[1], patch=commit[2])


def _made(again: Again, state: State) -> MadeAgain:
    row = state.journal.run(again.cell.run)
    if row is None or row.state != "finished":
        return MadeAgain(again, row, None)
    verdict = verify(again.recorded.outcome, from_journal(row, state.journal, again.recorded.point).outcome)
    _link(again, row, verdict, state)
    return MadeAgain(again, row, verdict)


def _link(again: Again, row: RunRow, verdict: Verdict, state: State) -> None:
    """Each of the two names the other in MLflow, where both are on record here."""
    tags = {row.id: {"ftexp.reproduces": again.recorded.id, "ftexp.reproduction": verdict.kind}}
    if state.journal.run(again.recorded.id) is not None:
        tags[again.recorded.id] = {f"ftexp.reproduced_by.{row.id}": verdict.kind}
    store = MlflowStore(again.cell.prepared.config.tracking, state)
    for run, values in tags.items():
        event = Tags(values=values)
        state.journal.emit(run, [(event.ident, event.model_dump_json())])
        catch_up(store, run)


@cache
def _default(root: Path) -> RunConfig:
    return compose([], root).config


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in _flat(inner, f"{prefix}.{key}" if prefix else str(key)).items()}
    return {prefix: value}
