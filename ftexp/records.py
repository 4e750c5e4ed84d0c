"""Finding a run on record, and opening what it left behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ftexp.backends.opening import LocalModel, open_model
from ftexp.config import RunConfig
from ftexp.data.messages import Splits
from ftexp.errors import RunNotFoundError, StateError
from ftexp.journal import RunRow
from ftexp.run import Record
from ftexp.state import State


@dataclass(frozen=True)
class TunedRun:
    """A finished run's config, base model and adapter directory."""

    row: RunRow
    config: RunConfig
    record: Record
    model: LocalModel
    adapter: Path


def find_run(reference: str, state: State) -> RunRow:
    """By id, the beginning of one, or name (the newest of that name); `last` is the newest of all.

    Raises RunNotFoundError where none or several fit.
    """
    runs = state.journal.runs("kind='run'") if state.exists else []
    if reference == "last" and runs:
        return runs[-1]
    named = [r for r in runs if r.name == reference]
    if named:
        return named[-1]
    fitting = [r for r in runs if r.id.startswith(reference)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise RunNotFoundError(
            f"run {reference!r}: found {len(fitting)} that begin so ({', '.join(r.id for r in fitting)}); give more of the id"
        )
    raise RunNotFoundError(
        f"run {reference!r}: not on record in {state.directory}; expected an id or name that `ftexp list` shows, or last"
    )


def open_tuned(reference: str, state: State) -> TunedRun:
    """Raises RunNotFoundError for a run that hasn't finished, StateError where its adapter is gone."""
    row = find_run(reference, state)
    if row.record is None:
        raise RunNotFoundError(f"run {row.id}: has no tuned model, it is {row.state}; expected a finished one")
    config, record = RunConfig.model_validate_json(row.config), Record.model_validate_json(row.record)
    opening = open_model(config.model, config.prices, Splits((), (), ()))
    for obstacle in opening.obstacles:
        raise obstacle
    assert opening.local, "a model without obstacles is open"
    if opening.local.revision != record.revision:
        where = opening.local.directory
        raise StateError(
            f"{where}: not the model that run {row.id} tuned: its files have changed since, and the adapter fits only the old ones"
        )
    adapter = state.root / record.training.adapter.path
    if not (adapter / "adapter_model.safetensors").is_file():
        raise StateError(f"{adapter}: the adapter of run {row.id} is gone; train it again with replicate=2")
    return TunedRun(row, config, record, opening.local, adapter)
