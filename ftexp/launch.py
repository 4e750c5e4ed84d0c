"""Carries out one prepared run: opens it in the journal, tells MLflow along the way, and closes it however it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Generic, TypeVar

from ftexp.backends.hosted.job_record import job_on_record
from ftexp.backends.results import Answers, TrainingResult
from ftexp.budget import Verdict
from ftexp.compose import Composed
from ftexp.data.dataset import FileDataset
from ftexp.data.keeping import keep_data
from ftexp.disk import disk_faults_told
from ftexp.environment import environment
from ftexp.errors import BudgetError, ConfigError, TrackingError, WaitingError
from ftexp.evaluation.items import SubjectName
from ftexp.journal import RunRow
from ftexp.keys import Keys
from ftexp.lease import Driver
from ftexp.narration import closing_events, opening_events
from ftexp.prices import facts_findings
from ftexp.progress import Progress
from ftexp.reporting import report_of
from ftexp.reserving import judged, set_aside
from ftexp.run import Evaluated, Prepared, Record, evaluate, execute, keys_for, known_keys, subjects_of
from ftexp.state import State
from ftexp.steps import Steps
from ftexp.target import Target
from ftexp.tracking.events import Ended, Event, Folder, Tags, Text
from ftexp.tracking.mlflow_store import MlflowStore
from ftexp.tracking.telling import catch_up, telling
from ftexp.values import canonical, digest

E = TypeVar("E", bound=Evaluated, covariant=True)


@dataclass(frozen=True)
class Outcome(Generic[E]):
    """`from_record` is true when nothing had to be computed. `tracking_error` says why MLflow is behind."""

    run: RunRow
    record: E
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
    at_once: int = 1  # runs that go on side by side

    @property
    def event(self) -> Tags:
        """With a colour of its own: those that the UI gives repeat among a few runs."""
        colour = _COLOURS[(self.cell - 1) % len(_COLOURS)]
        return Tags(values={f"ftexp.sweep.{self.sweep}": str(self.cell), "mlflow.runColor": colour})


def run_id(p: Prepared, keys: Keys) -> str:
    """Ten hexadecimal digits: a run is what it comes to, under the name and in the store it was asked for."""
    return digest("run", p.name, p.config.name, p.config.tracking, keys.result)[:10]


def known_run_id(p: Prepared) -> str:
    """Empty for a model that isn't on this machine yet."""
    keys = known_keys(p)
    return run_id(p, keys) if keys else ""


def launch(
    p: Prepared,
    composed: Composed,
    state: State,
    progress: Progress,
    sweep: SweepTag | None = None,
    stopping: threading.Event | None = None,
) -> Outcome[Record]:
    """Raises the first obstacle, and whatever stops the run, after noting it. As a part of a `sweep` it says so in MLflow.

    `stopping` ends it from another thread.
    """
    keys = known_keys(p)
    run = run_id(p, keys) if keys else None
    known = state.journal.run(run) if run and state.exists else None
    store = MlflowStore(p.config.tracking, state)
    if known and known.state == "finished" and known.record:
        return _answered(Record, known, store, sweep)
    refuse_obstacles(p, state)
    assert keys and run and p.model.opened, "a model without obstacles is open"
    if sweep is None:
        refuse_over_budget(judged_run(p, state))
    store.preflight()
    others_turn = partial(progress.say, "another process is at this run, waiting for it")
    with disk_faults_told(state.directory), state.lock(f"run-{run}", others_turn):
        done_meanwhile = state.journal.run(run)
        if done_meanwhile and done_meanwhile.state == "finished":
            return _answered(Record, done_meanwhile, store, sweep)
        budget, at_once = (sweep.sweep, sweep.at_once) if sweep else (run, 1)
        if sweep is None and p.shown_example:
            progress.say(f"one training example as the model reads it; it learns what stands between ⟦ and ⟧:\n{p.shown_example}")
        model, told = p.model.opened, [sweep.event] if sweep else []
        with set_aside(p, keys, budget, run, at_once, state) as allowance:
            step = Steps(state, run, progress, allowance, stopping)
            return _carried_out(p, composed, step, store, told, "run", lambda: execute(p, model, keys, step))


def launch_evaluation(p: Prepared, composed: Composed, target: Target, state: State, progress: Progress) -> Outcome[Evaluated]:
    """As `launch`, for a model that is there already."""
    model = p.model.opened
    assert model, "a model without obstacles is open"
    keys = keys_for(p, model)
    run = evaluation_id(p, keys)
    store = MlflowStore(p.config.tracking, state)
    known = state.journal.run(run) if state.exists else None
    if known and known.state == "finished":
        return _answered(Evaluated, known, store, None)
    store.preflight()
    subjects = subjects_of(model, target.tuned)
    others_turn = partial(progress.say, "another process is at this evaluation, waiting for it")
    with disk_faults_told(state.directory), state.lock(f"run-{run}", others_turn), set_aside(p, keys, run, run, 1, state) as allowance:
        step = Steps(state, run, progress, allowance)
        told = [Tags(values={"ftexp.evaluates": target.title})]
        return _carried_out(p, composed, step, store, told, "evaluation", lambda: evaluate(p, model, subjects, keys, step))


def evaluation_id(p: Prepared, keys: Keys) -> str:
    return digest("evaluation", p.name, p.config.name, p.config.tracking, keys.result)[:10]


def has_job(keys: Keys, state: State) -> bool:
    """Whether a service is at this training already, or was."""
    return state.exists and job_on_record(state.journal, keys.train.value) is not None


def refuse_obstacles(p: Prepared, state: State) -> None:
    """Raises what stands in the way of starting, or of going on."""
    keys = known_keys(p)
    if not (keys and has_job(keys, state)):
        stop_where_ended(p)
    for obstacle in p.model.obstacles:
        raise obstacle


def stop_where_ended(p: Prepared) -> None:
    """Raises ConfigError for a model that can't be trained any more."""
    ended = [fact.line for fact in facts_findings(p.config.model, p.config.prices, date.today()) if fact.severity == "error"]
    if ended:
        raise ConfigError(*ended)


def judged_run(p: Prepared, state: State) -> Verdict:
    """Whether what a run by itself has left to do fits the budget."""
    return judged([("", p)], known_run_id(p), state)


def refuse_over_budget(found: Verdict) -> None:
    """Raises BudgetError before anything starts."""
    if found.says == "refused":
        raise BudgetError(*found.lines, "nothing was started")


def _answered(kind: type[E], known: RunRow, store: MlflowStore, sweep: SweepTag | None) -> Outcome[E]:
    """From the journal alone: neither torch nor MLflow is imported, unless MLflow is behind."""
    if sweep:
        store.state.journal.emit(known.id, [(sweep.event.ident, sweep.event.model_dump_json())])
    return Outcome(known, kind.model_validate_json(known.record or ""), True, catch_up(store, known.id))


def answers_of(run: RunRow, p: Prepared, state: State) -> dict[SubjectName, Answers]:
    """What each subject said in a finished run, from the journal."""
    found = {subject: state.journal.step_of(run.id, f"answers_{subject}") for subject in p.prompts}
    return {subject: Answers.model_validate_json(said) for subject, said in found.items() if said is not None}


def _carried_out(
    p: Prepared, composed: Composed, step: Steps, store: MlflowStore, told: Sequence[Event], kind: str, work: Callable[[], E]
) -> Outcome[E]:
    """`told` is what MLflow is to know of it besides, `work` what there is to do."""
    state, run = store.state, step.run
    assert p.model.opened, "checked by the caller"
    opened = (canonical(p.config), canonical(p.config.tracking), canonical(Driver.here()), kind, p.label, p.again)
    state.journal.open_run(run, p.name, p.config.name, *opened)
    with telling(store, run) as telling_it:
        try:
            with disk_faults_told(state.directory):
                step.tell(*opening_events(p, p.model.opened, composed, run, environment(state.root)), *told)
                if isinstance(p.config.dataset, FileDataset):
                    step.tell(Folder(path=keep_data(p.data, state), into="data/examples", private=True))
                record = work()
                step.tell(*closing_events(p, record, step), _report(step, record))
            step.tell(Ended(state="FINISHED", attempt=state.journal.emitted(run)))
        except BaseException as error:
            _note_end(state, step, run, error)
            raise
        state.journal.end_run(run, "finished", record=record.model_dump_json(by_alias=True))
    row = state.journal.run(run)
    assert row is not None, "the run was opened above"
    return Outcome(row, record, not step.computed, telling_it.error)


def _report(step: Steps, record: Evaluated) -> Text:
    """The page that `ftexp report` shows."""
    from ftexp.report.run.page import page

    row = step.state.journal.run(step.run)
    assert row is not None, "the run was opened before"
    return Text(path="report.html", content=page(report_of(row, record, step.state.journal, date.today())), private=True)


def _note_end(state: State, step: Steps, run: str, error: BaseException) -> None:
    """A run that stops keeps what it had, and its reason. One whose job goes on at a service has not ended."""
    job = job_on_record(state.journal, state.journal.key_of(run, "train"))
    goes_on = job is not None and not job.ended and step.result_or_none("train", TrainingResult) is None
    if isinstance(error, WaitingError) or (goes_on and isinstance(error, KeyboardInterrupt | SystemExit)):
        state.journal.end_run(run, "waiting", error=str(error) or f"job {job.id if job else ''} goes on by itself")
        if not isinstance(error, WaitingError):
            step.progress.say(f"job {job.id if job else ''} goes on by itself; take the run up again with: ftexp resume {run}")
        return
    over_budget = isinstance(error, BudgetError)
    interrupted = over_budget or isinstance(error, KeyboardInterrupt | SystemExit)
    reason = "interrupted" if interrupted and not over_budget else str(error) or type(error).__name__
    state.journal.end_run(run, "interrupted" if interrupted else "failed", error=reason)
    step.tell(Ended(state="KILLED" if interrupted else "FAILED", attempt=state.journal.emitted(run), error=reason[:500]))
