"""What the runs of a sweep came to, read from the journal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ftexp.config import RunConfig
from ftexp.errors import ExitCode, RunNotFoundError
from ftexp.evaluation.items import SubjectName
from ftexp.evaluation.metrics.base import Score
from ftexp.evaluation.scoring import Scores
from ftexp.journal import CellRow, RunRow, SweepRow
from ftexp.run import Record
from ftexp.state import State
from ftexp.sweep.ranking import Contender, Figures, Ranking, rank


@dataclass(frozen=True)
class SweepResults:
    """A sweep on record: its cells, with the runs that have begun. `ranking` is None before a run has finished.

    `refused` are those that the budget didn't let start or end, in the command that has just carried it out.
    """

    row: SweepRow
    cells: tuple[CellRow, ...]
    runs: dict[int, RunRow]
    ranking: Ranking | None
    refused: Mapping[int, str] = field(default_factory=dict)

    @property
    def finished(self) -> int:
        return sum(run.state == "finished" for run in self.runs.values())

    @property
    def waiting(self) -> int:
        """Whose jobs go on at a service."""
        return sum(run.state == "waiting" for run in self.runs.values())

    @property
    def failed(self) -> dict[int, str]:
        return {n: run.error or "no reason given" for n, run in self.runs.items() if run.state == "failed"}

    @property
    def exit_code(self) -> ExitCode:
        """That of the worst that happened to a run."""
        if self.finished + self.waiting == len(self.cells):
            return ExitCode.OK
        return ExitCode.REFUSED if self.refused and not self.failed else ExitCode.FAILED

    @property
    def experiment(self) -> str:
        """The MLflow experiment of its runs; empty before one has begun."""
        return next((run.experiment for run in self.runs.values()), "")

    @property
    def words(self) -> list[str]:
        found: list[str] = json.loads(self.row.words)
        return found


def find_sweep(reference: str, state: State) -> SweepResults:
    """By id, the beginning of one, or `last`. Raises RunNotFoundError where none or several fit."""
    sweeps = state.journal.sweeps() if state.exists else []
    fitting = sweeps[-1:] if reference == "last" else [s for s in sweeps if s.id.startswith(reference)]
    if len(fitting) != 1:
        there = ", ".join(s.id for s in sweeps[-5:]) or "none; make one with: ftexp run -m KEY=VALUE,VALUE"
        raise RunNotFoundError(f"sweep {reference!r}: found {len(fitting)} on record; the newest are {there}")
    return results_of(fitting[0], state)


def results_of(sweep: SweepRow, state: State) -> SweepResults:
    cells = state.journal.cells(sweep.id)
    runs = {c.cell: row for c in cells if (row := state.journal.run(c.run)) is not None}
    finished = [(c, runs[c.cell]) for c in cells if c.cell in runs and runs[c.cell].state == "finished"]
    return SweepResults(sweep, tuple(cells), runs, _ranking(finished, state) if finished else None)


def _ranking(finished: Sequence[tuple[CellRow, RunRow]], state: State) -> Ranking | None:
    evaluation = RunConfig.model_validate_json(finished[0][1].config).evaluation
    contenders = [c for cell, run in finished if (c := contender(cell.cell, json.loads(cell.point), run, state)) is not None]
    if not contenders:
        return None
    return rank(contenders, evaluation.headline, evaluation.headline_metric.lower_is_better, evaluation.confidence)


def contender(number: int, point: dict[str, str], run: RunRow, state: State) -> Contender | None:
    """None for a run that was never measured on the validation examples."""
    record = Record.model_validate_json(run.record or "")
    if record.selection is None:
        return None
    scores = Scores.model_validate_json(state.journal.step_of(run.id, "score") or "").by_metric[record.selection.metric]
    losses = [p.figures["validation/loss"] for p in record.training.curve if "validation/loss" in p.figures]
    return Contender(
        number=number,
        run=run.id,
        name=run.name,
        point=point,
        validation=tuple(s.value for s in record.selection.scores),
        validation_loss=min(losses),
        test=_figures(scores, "tuned"),
        base=_figures(scores, "base"),
        seconds=record.training.seconds + record.evaluation_seconds,
    )


def _figures(scores: dict[SubjectName, tuple[Score, ...]], subject: SubjectName) -> Figures:
    return tuple(s.value for s in scores[subject])
