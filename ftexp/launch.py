"""Carries out one prepared run: opens it in the journal, tells MLflow along the way, and closes it however it ends."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ftexp.backends.results import Answers
from ftexp.compose import Composed
from ftexp.data.dataset import FileDataset
from ftexp.data.keeping import keep_data
from ftexp.disk import disk_faults_told
from ftexp.environment import environment
from ftexp.errors import TrackingError
from ftexp.evaluation.items import SubjectName
from ftexp.journal import RunRow
from ftexp.keys import Keys
from ftexp.lease import Driver
from ftexp.narration import closing_events, opening_events
from ftexp.progress import Progress
from ftexp.run import Prepared, Record, execute, keys_for
from ftexp.state import State
from ftexp.steps import Steps
from ftexp.tracking.events import Ended, Folder, Tags
from ftexp.tracking.mlflow_store import MlflowStore
from ftexp.tracking.telling import catch_up, telling
from ftexp.values import canonical, digest


@dataclass(frozen=True)
class Outcome:
    """`from_record` is true when nothing had to be computed. `tracking_error` says why MLflow is behind."""

    run: RunRow
    record: Record
    from_record: bool
    tracking_error: TrackingError | None


# Matplotlib's tab20, dark ones first: told apart on white, also in a legend.
_DARK = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")
_LIGHT = ("#aec7e8", "#ffbb78", "#98df8a", "#ff9896", "#c5b0d5", "#c49c94", "#f7b6d2", "#c7c7c7", "#dbdb8d", "#9edae5")
_COLOURS = _DARK + _LIGHT


@dataclass(frozen=True)
class SweepTag:
    """Which cell of which sweep a run is."""

    sweep: str
    cell: int

    @property
    def event(self) -> Tags:
        """With a colour of its own: those that the UI gives repeat among a few runs."""
        colour = _COLOURS[(self.cell - 1) % len(_COLOURS)]
        return Tags(values={f"ftexp.sweep.{self.sweep}": str(self.cell), "mlflow.runColor": colour})


def run_id(p: Prepared, keys: Keys) -> str:
    """Ten hexadecimal digits: a run is what it comes to, under the name and in the store it was asked for."""
    return digest("run", p.name, p.config.name, p.config.tracking, keys.result)[:10]


def launch(p: Prepared, composed: Composed, state: State, progress: Progress, sweep: SweepTag | None = None) -> Outcome:
    """Raises the first obstacle, and whatever stops the run, after noting it. As a part of a `sweep` it says so in MLflow."""
    keys = keys_for(p, p.model.local) if p.model.local else None
    run = run_id(p, keys) if keys else None
    known = state.journal.run(run) if run and state.exists else None
    store = MlflowStore(p.config.tracking, state)
    if known and known.state == "finished" and known.record:
        return _answered(known, store, sweep)
    for obstacle in p.model.obstacles:
        raise obstacle
    assert keys and run and p.model.local, "a model without obstacles is open"
    store.preflight()
    others_turn = partial(progress.say, "another process is at this run, waiting for it")
    with disk_faults_told(state.directory), state.lock(f"run-{run}", others_turn):
        done_meanwhile = state.journal.run(run)
        if done_meanwhile and done_meanwhile.state == "finished":
            return _answered(done_meanwhile, store, sweep)
        return _carried_out(p, composed, keys, run, store, progress, sweep)


def _answered(known: RunRow, store: MlflowStore, sweep: SweepTag | None) -> Outcome:
    """From the journal alone: neither torch nor MLflow is imported, unless MLflow is behind."""
    if sweep:
        store.state.journal.emit(known.id, [(sweep.event.ident, sweep.event.model_dump_json())])
    return Outcome(known, Record.model_validate_json(known.record or ""), True, catch_up(store, known.id))


def answers_of(run: RunRow, p: Prepared, state: State) -> dict[SubjectName, Answers]:
    """What each subject said in a finished run, from the journal."""
    found = {subject: state.journal.step_of(run.id, f"answers_{subject}") for subject in p.prompts}
    return {subject: Answers.model_validate_json(said) for subject, said in found.items() if said is not None}


def _carried_out(
    p: Prepared, composed: Composed, keys: Keys, run: str, store: MlflowStore, progress: Progress, sweep: SweepTag | None
) -> Outcome:
    state, step = store.state, Steps(store.state, run, progress)
    assert p.model.local, "checked by the caller"
    state.journal.open_run(run, p.name, p.config.name, canonical(p.config), canonical(p.config.tracking), canonical(Driver.here()))
    with telling(store, run) as told:
        try:
            with disk_faults_told(state.directory):
                step.tell(*opening_events(p, p.model.local, composed, run, environment(state.root)))
                if isinstance(p.config.dataset, FileDataset):
                    step.tell(Folder(path=keep_data(p.data, state), into="data/examples", private=True))
                if sweep:
                    step.tell(sweep.event)
                else:
                    progress.say(f"one training example as the model reads it; it learns what stands between ⟦ and ⟧:\n{p.shown_example}")
                record = execute(p, p.model.local, keys, step)
                step.tell(*closing_events(p, record, step))
            step.tell(Ended(state="FINISHED", attempt=state.journal.emitted(run)))
        except BaseException as error:
            _note_end(state, step, run, error)
            raise
        state.journal.end_run(run, "finished", record=record.model_dump_json(by_alias=True))
    row = state.journal.run(run)
    assert row is not None, "the run was opened above"
    return Outcome(row, record, not step.computed, told.error)


def _note_end(state: State, step: Steps, run: str, error: BaseException) -> None:
    """A run that stops keeps what it had, and its reason."""
    interrupted = isinstance(error, KeyboardInterrupt | SystemExit)
    reason = "interrupted" if interrupted else str(error) or type(error).__name__
    state.journal.end_run(run, "interrupted" if interrupted else "failed", error=reason)
    step.tell(Ended(state="KILLED" if interrupted else "FAILED", attempt=state.journal.emitted(run), error=reason[:500]))
