"""The summary run of a sweep in MLflow: ranking, note, pictures. Told like any other run, from the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ftexp.errors import TrackingError
from ftexp.files import sha256_of
from ftexp.lease import Driver
from ftexp.report.plots import draw
from ftexp.report.sweep import grid_markdown, ranking_lines, ranking_markdown
from ftexp.run import Record
from ftexp.state import State
from ftexp.sweep.confirmation import Confirmation
from ftexp.sweep.results import SweepResults
from ftexp.tracking.config import LocalTracking, ServerTracking
from ftexp.tracking.events import Ended, Event, ExperimentTag, Figures, Folder, Params, Tags, Text, with_interval
from ftexp.tracking.mlflow_store import MlflowStore
from ftexp.tracking.telling import catch_up
from ftexp.tracking.views import sweep_view, sweep_view_value
from ftexp.values import canonical, digest

_RESOLVED = {f"hyperparameters.{name}": f"resolved/{name}" for name in ("n_epochs", "batch_size", "learning_rate_multiplier")}


def write_summary(
    results: SweepResults, confirmation: Confirmation | None, tracking: LocalTracking | ServerTracking, state: State
) -> TrackingError | None:
    """Tells MLflow how the sweep stands; the reason where it can't be told. Again for each new standing, into the same run."""
    run, journal = results.row.id, state.journal
    journal.open_run(
        run, f"sweep of {len(results.cells)}", results.experiment, "{}", canonical(tracking), canonical(Driver.here()), kind="summary"
    )
    events = list(_events(results, confirmation, state))
    journal.emit(run, [(e.ident, e.model_dump_json()) for e in events])
    whole = results.finished == len(results.cells)
    ended = Ended(state="FINISHED" if whole else "FAILED", attempt=journal.emitted(run))
    before = journal.run(run)
    if before and before.state != "finished":
        journal.emit(run, [(ended.ident, ended.model_dump_json())])
        reason = None if whole else f"{results.finished} of {len(results.cells)} runs have finished"
        record = results.ranking.model_dump_json() if results.ranking else None
        journal.end_run(run, "finished" if whole else "failed", record=record, error=reason)
    return catch_up(MlflowStore(tracking, state), run)


def _events(results: SweepResults, confirmation: Confirmation | None, state: State) -> Iterator[Event]:
    sweep = results.row.id
    yield Params(values={"words": " ".join(results.words), "cells": str(len(results.cells))})
    yield Tags(values={"ftexp.summary": sweep, "mlflow.note.content": note(results, confirmation)})
    yield ExperimentTag(key=f"mlflow.sharedViewState.{sweep_view(sweep)}", value=_view(results))
    ranking = results.ranking
    if ranking is None:
        return
    edition = digest(ranking)[:8]
    yield Text(path="sweep/ranking.md", content=ranking_markdown(ranking) + "\n", edition=edition)
    yield Text(path="sweep/ranking.json", content=ranking.model_dump_json(indent=2), edition=edition)
    folder = state.folder("sweeps", sweep)
    draw(ranking, _curves(results), folder)
    yield Folder(path=state.relative(folder), into="sweep", edition=sha256_of(folder)[:8])
    if results.finished == len(results.cells):
        yield Figures(step=0, values=dict(_figures(results)))


def _view(results: SweepResults) -> str:
    """Curves, parallel coordinates over the axes, and score against time. `auto` is drawn as what it came to."""
    axes = [_RESOLVED.get(key, key) for key in json.loads(results.cells[0].point)]
    headline = next((json.loads(r.config)["eval"]["headline"] for r in results.runs.values()), None)
    metrics = ["validation/loss"] + ([f"score/tuned/{headline}"] if headline else [])
    return sweep_view_value(results.row.id, int(results.row.started_at * 1000), axes, metrics)


def _figures(results: SweepResults) -> Iterator[tuple[str, float]]:
    assert results.ranking, "a finished sweep has a ranking"
    winner = results.ranking.winner
    yield "sweep/cells", len(results.cells)
    yield "time/sweep_seconds", sum(p.contender.seconds for p in results.ranking.places)
    picked = results.ranking.picked
    yield from with_interval(f"winner/validation/{results.ranking.metric}", picked.value, picked.low, picked.high, picked.n)
    if winner.against_base:
        d = winner.against_base
        yield from with_interval(f"winner/delta_base/{results.ranking.metric}", d.value, d.low, d.high, d.n)


def _curves(results: SweepResults) -> dict[int, list[tuple[int, float]]]:
    records = {n: Record.model_validate_json(run.record) for n, run in results.runs.items() if run.record}
    return {
        n: [(p.step, p.figures["validation/loss"]) for p in record.training.curve if "validation/loss" in p.figures]
        for n, record in records.items()
    }


def note(results: SweepResults, confirmation: Confirmation | None) -> str:
    """Markdown that the UI shows above the summary run."""
    winner = f"best: {results.ranking.winner.contender.title}; " if results.ranking else ""  # first: the UI folds the rest
    lines = [f"{winner}{results.finished} of {len(results.cells)} runs of sweep {results.row.id} finished: `{' '.join(results.words)}`"]
    lines += [f"- run {n} failed: {reason}" for n, reason in results.failed.items()]
    if results.ranking:
        lines += ["", *(f"- {line}" for line in ranking_lines(results.ranking, results.row.id, "ftexp", confirmation)), ""]
        lines += [ranking_markdown(results.ranking), "", grid_markdown(results.ranking), "", "Pictures: artifacts, folder `sweep`."]
    return "\n".join(lines)
