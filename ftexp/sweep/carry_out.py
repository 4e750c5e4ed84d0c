"""A prepared sweep from its first run to its summary."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from ftexp.budget import Verdict
from ftexp.errors import TrackingError
from ftexp.launch import launch, refuse_obstacles, refuse_over_budget
from ftexp.progress import Progress
from ftexp.reserving import judged
from ftexp.state import State
from ftexp.sweep.confirmation import confirmation_of
from ftexp.sweep.launching import launch_cells
from ftexp.sweep.prepared import PreparedCell, PreparedSweep
from ftexp.sweep.results import SweepResults, find_sweep, results_of
from ftexp.sweep.summary import write_summary
from ftexp.tracking.mlflow_store import MlflowStore


def carry_out(sweep: PreparedSweep, words: Sequence[str], state: State, progress: Progress) -> tuple[SweepResults, TrackingError | None]:
    """Every run that has no result yet, and the summary; and why MLflow is behind. Raises what stands in the way of all of them."""
    for cell in sweep.cells:
        refuse_obstacles(cell.prepared, state)
    refuse_over_budget(judged_sweep(sweep, state))
    tracking = sweep.cells[0].prepared.config.tracking
    MlflowStore(tracking, state).preflight()
    row, cells = sweep.rows(words, time.time())
    state.journal.open_sweep(row, cells)
    on_record = [c for c in sweep.cells if _is_finished(c, state)]
    for c in on_record:
        launch(c.prepared, c.composed, state, progress, sweep=c.sweep)
    if on_record:
        progress.say(f"{len(on_record)} of {len(sweep.cells)} runs are on record")
    missing = [c for c in sweep.cells if c not in on_record]
    ended = launch_cells(sweep.asked, missing, state, progress) if missing else []
    refused = {e.cell: e.error or "" for e in ended if e.over_budget}
    results = replace(results_of(row, state), refused=refused)
    shown = results if sweep.of is None else find_sweep(sweep.of, state)  # a confirmation is told in the summary of what it confirms
    return results, write_summary(shown, confirmation_of(shown, state), tracking, state)


def judged_sweep(sweep: PreparedSweep, state: State) -> Verdict:
    """Whether all that its runs have left to do fits the budget."""
    return judged([(c.title, c.prepared) for c in sweep.cells], sweep.id, state)


def _is_finished(cell: PreparedCell, state: State) -> bool:
    run = state.journal.run(cell.run)
    return run is not None and run.state == "finished"
