"""What a reference names: a record of `experiments/`, a sweep or a run on record here, or a run in an MLflow store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ftexp.data.keeping import copies
from ftexp.errors import RunNotFoundError
from ftexp.records import find_run
from ftexp.reproduction import files
from ftexp.reproduction.files import DIRECTORY, Launched, folders_with_text
from ftexp.reproduction.recorded import Recorded, from_journal, from_mlflow
from ftexp.state import State
from ftexp.sweep.results import results_of
from ftexp.tracking.events import Text

ONE = Launched(words=(), launcher="basic", at_once=1)


@dataclass(frozen=True)
class Found:
    """`where` says it to a reader. `folders` may hold copies of the examples. `folder` is that of a record of `experiments/`."""

    where: str
    runs: tuple[Recorded, ...]
    launched: Launched
    folders: tuple[Path, ...]
    folder: Path | None = None


def find(reference: str, state: State, tracking_uri: str | None) -> Found:
    """Raises RunNotFoundError where nothing fits, and says where was looked."""
    kept = tuple(copies(state))
    if tracking_uri is not None:
        return _in_mlflow(tracking_uri, reference, kept)
    for folder in (Path(reference), state.root / DIRECTORY / reference):
        if (folder / "metrics.json").is_file() or (folder / "config.yaml").is_file():
            frozen = files.read(folder)
            return Found(str(folder), frozen.runs, frozen.metrics.launched, (*folders_with_text(folder), *kept), folder)
    database = state.root / "mlflow.db"
    if _is_on_record(reference, state) or not database.exists():
        return on_record(reference, state)
    return _in_mlflow(f"sqlite:///{database}", reference, kept)


def on_record(reference: str, state: State) -> Found:
    """A sweep or a run of the journal. Raises RunNotFoundError where there is none, or one that hasn't finished."""
    sweeps = [s for s in state.journal.sweeps() if s.id.startswith(reference)] if state.exists else []
    kept = tuple(copies(state))
    if len(sweeps) != 1:
        row = find_run(reference, state)
        if row.record is None:
            raise RunNotFoundError(f"run {row.id}: has no result, it is {row.state}; expected a finished one")
        launched = ONE.model_copy(update={"words": ("run", *overrides_of(row.id, state))})
        return Found(f"run {row.id}", (from_journal(row, state.journal, {}),), launched, kept)
    results = results_of(sweeps[0], state)
    if results.finished < len(results.cells):
        raise RunNotFoundError(f"sweep {results.row.id}: {results.finished} of {len(results.cells)} runs have finished; expected all")
    runs = tuple(from_journal(results.runs[c.cell], state.journal, json.loads(c.point)) for c in results.cells)
    launched = Launched(words=tuple(results.words), launcher=results.row.launcher, at_once=results.row.at_once)
    return Found(f"sweep {results.row.id}", runs, launched, kept)


def _is_on_record(reference: str, state: State) -> bool:
    try:
        find_run(reference, state)
    except RunNotFoundError:
        return state.exists and any(sweep.id.startswith(reference) for sweep in state.journal.sweeps())
    return True


def overrides_of(run: str, state: State) -> list[str]:
    from omegaconf import OmegaConf

    bodies = state.journal.bodies([run], "text/config/overrides").get(run, [])
    return [str(word) for body in bodies for word in OmegaConf.create(Text.model_validate_json(body).content)]


def _in_mlflow(uri: str, reference: str, folders: tuple[Path, ...]) -> Found:
    from ftexp.tracking.mlflow_reader import read_run

    shown = read_run(uri, reference)
    run = from_mlflow(shown.name, shown.params, shown.tags, shown.metrics, shown.texts)
    return Found(f"run {reference} of {uri}", (run,), ONE, folders)
