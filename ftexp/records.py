"""Finding runs on record, and opening what they left behind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftexp.compare import Answered, RunResult, listed
from ftexp.errors import ConfigError, RunNotFoundError, StateError
from ftexp.journal import Journal, RunRow
from ftexp.provenance import Inputs, recorded
from ftexp.query import runs_where
from ftexp.state import State
from ftexp.tracking.events import Table

if TYPE_CHECKING:
    from ftexp.backends.base import Tuned
    from ftexp.backends.hosted.model import ServiceModel
    from ftexp.backends.local.model import LocalModel
    from ftexp.config import RunConfig
    from ftexp.run import Evaluated, Record


@dataclass(frozen=True)
class TunedRun:
    """A finished run's config, base model and what was put onto it."""

    row: RunRow
    config: RunConfig
    record: Record
    model: LocalModel | ServiceModel
    tuned: Tuned


@dataclass(frozen=True)
class FinishedRuns:
    """`notes` say which runs were left out, and why."""

    rows: tuple[RunRow, ...]
    notes: tuple[str, ...]


def find_run(reference: str, state: State, kinds: Sequence[str] = ("run",)) -> RunRow:
    """By id, the beginning of one, or name (the newest of that name); `last` is the newest of all. Of these kinds of the journal.

    Raises RunNotFoundError where none or several fit.
    """
    if state.exists:
        kind = f"kind IN ({', '.join('?' for _ in kinds)})"
        newest = f"id IN (SELECT id FROM runs WHERE {kind} ORDER BY started_at DESC LIMIT 1)"
        found = state.journal.runs(newest, tuple(kinds)) if reference == "last" else []
        if named := found or state.journal.runs(f"{kind} AND name=?", (*kinds, reference)):
            return named[-1]
        fitting = state.journal.runs(f"{kind} AND substr(id, 1, length(?))=?", (*kinds, reference, reference))
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise RunNotFoundError(
                f"run {reference!r}: found {len(fitting)} that begin so ({', '.join(r.id for r in fitting)}); give more of the id"
            )
        for row in state.journal.runs("substr(id, 1, length(?))=?", (reference, reference)):
            raise RunNotFoundError(f"run {row.id}: {_standing(row)}; expected a run that `ftexp list` shows")
    raise RunNotFoundError(
        f"run {reference!r}: not on record in {state.directory}; expected an id or name that `ftexp list` shows, or last"
    )


def find_finished(references: Sequence[str], conditions: Sequence[str], state: State) -> FinishedRuns:
    """The runs named, and those of the sweeps named, that fit the conditions; without names all on record that do.

    Raises RunNotFoundError for a named run that hasn't finished; those of a sweep or a query are left out with a note.
    """
    if not references and not conditions:
        raise ConfigError("found neither runs nor a condition, expected runs, a sweep, or --where CONDITION")
    found = [_referred(reference, state) for reference in references]
    named = {row.id for rows, is_sweep in found for row in rows if not is_sweep}
    rows = list({row.id: row for rows, _ in found for row in rows}.values())
    if conditions:
        fitting = runs_where(conditions, state.journal) if state.exists else []
        ids = {row.id for row in fitting}
        rows = [row for row in rows if row.id in ids] if references else fitting
    unfinished = [row for row in rows if row.record is None]
    if faults := [f"run {row.id}: has no scores, it {_standing(row)}; expected a finished one" for row in unfinished if row.id in named]:
        raise RunNotFoundError(*faults)
    left_out = [f"{row.id} {_standing(row)}" for row in unfinished]
    notes = [f"left out, since not finished: {listed(left_out)}"] if left_out else []
    return FinishedRuns(tuple(row for row in rows if row.record is not None), tuple(notes))


def _standing(row: RunRow) -> str:
    return {
        "summary": "is the summary of a sweep",
        "evaluation": f"is an evaluation, {row.state}",
        "augmentation": f"is what an augmentation asked, {row.state}",
    }.get(row.kind, f"is {row.state}")


def _referred(reference: str, state: State) -> tuple[list[RunRow], bool]:
    """The runs that a reference names, and whether it is a sweep's."""
    sweeps = [sweep.id for sweep in state.journal.sweeps() if sweep.id.startswith(reference)] if state.exists else []
    if not sweeps:
        return [find_run(reference, state)], False
    runs = [row.id for row in state.journal.runs("kind='run' AND substr(id, 1, length(?))=?", (reference, reference))]
    if reference not in sweeps and len(sweeps + runs) > 1:
        raise RunNotFoundError(
            f"{reference!r}: found {len(sweeps + runs)} runs and sweeps that begin so ({', '.join(sweeps + runs)}); give more of the id"
        )
    sweep = reference if reference in sweeps else sweeps[0]
    return state.journal.runs_of([cell.run for cell in state.journal.cells(sweep)]), True


def record_of(row: RunRow) -> Evaluated:
    """What a finished run or evaluation came to. Raises RunNotFoundError for one that hasn't finished."""
    from ftexp.run import Evaluated, Record

    if row.record is None:
        raise RunNotFoundError(f"run {row.id}: has no scores, it {_standing(row)}; expected a finished one")
    return (Record if row.kind == "run" else Evaluated).model_validate_json(row.record)


def results_of(rows: Sequence[RunRow], journal: Journal) -> list[RunResult]:
    """What finished runs came to, in their order."""
    ids = [row.id for row in rows]
    inputs, tables = recorded(ids, journal), journal.bodies(ids, "table/evaluation/items.json")
    return [_result(row, inputs[row.id], next(map(Table.model_validate_json, tables.get(row.id, [])), None)) for row in rows]


def _result(row: RunRow, inputs: Inputs, table: Table | None) -> RunResult:
    from ftexp.run import Record

    config, record = json.loads(row.config), Record.model_validate_json(row.record or "")
    metrics = {f"{suite}/{name}": m for suite, s in config["eval"]["suites"].items() for name, m in s["metrics"].items()}
    if table:
        metrics = {name: m for name, m in metrics.items() if f"{name} tuned" in table.columns}  # of the test items
    training = record.training
    losses = [p.figures["validation/loss"] for p in training.curve if p.step == training.best_step and "validation/loss" in p.figures]
    return RunResult(
        id=row.id,
        name=row.name,
        experiment=row.experiment,
        config=inputs.config,
        comparison=record.comparison,
        headline=config["eval"]["headline"],
        confidence=config["eval"]["confidence"],
        metrics=metrics,
        items=_answered(table) if table else (),
        scores=_scores(table, metrics) if table else {},
        best_validation_loss=losses[0] if losses else None,
        train_seconds=training.seconds,
        evaluation_seconds=record.evaluation_seconds,
        billed_usd=record.billed_usd,
    )


def _answered(table: Table) -> tuple[Answered, ...]:
    prompt, reference, reply = (table.columns.index(column) for column in ("prompt", "reference", "tuned"))
    return tuple(Answered(str(row[prompt]), str(row[reference]), str(row[reply])) for row in table.rows)


def _scores(table: Table, metrics: Mapping[str, Any]) -> dict[str, tuple[float | None, ...]]:
    """Those of the tuned model, by metric."""
    places = {metric: table.columns.index(f"{metric} tuned") for metric in metrics if f"{metric} tuned" in table.columns}
    return {metric: tuple(_score(row[place]) for row in table.rows) for metric, place in places.items()}


def _score(cell: str | float | None) -> float | None:
    assert not isinstance(cell, str), "scores are numbers"
    return cell


def open_tuned(reference: str, state: State) -> TunedRun:
    """Raises RunNotFoundError for a run that hasn't finished, StateError where its adapter is gone."""
    from ftexp.backends.opening import open_model
    from ftexp.config import RunConfig
    from ftexp.data.messages import Splits
    from ftexp.run import Record

    row = find_run(reference, state)
    if row.record is None:
        raise RunNotFoundError(f"run {row.id}: has no tuned model, it is {row.state}; expected a finished one")
    config, record = RunConfig.model_validate_json(row.config), Record.model_validate_json(row.record)
    opening = open_model(config.model, config.prices, Splits((), (), ()))
    for obstacle in opening.obstacles:
        raise obstacle
    assert opening.opened, "a model without obstacles is open"
    tuned = record.training.tuned(state.root)
    if opening.local and isinstance(tuned, Path):
        _check_files(row, record, opening.local, tuned)
    return TunedRun(row, config, record, opening.opened, tuned)


def _check_files(row: RunRow, record: Record, model: LocalModel, adapter: Path) -> None:
    if model.revision != record.revision:
        raise StateError(
            f"{model.directory}: not the model that run {row.id} tuned: its files have changed since, "
            "and the adapter fits only the old ones"
        )
    if not (adapter / "adapter_model.safetensors").is_file():
        raise StateError(f"{adapter}: the adapter of run {row.id} is gone; train it again with replicate=2")
