"""Carries out the cells of a sweep through one of Hydra's launchers: one after another, or side by side in processes."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ftexp.backends.providers import OpenAIProvider
from ftexp.errors import BudgetError, FtexpError, WaitingError
from ftexp.launch import launch
from ftexp.progress import Progress
from ftexp.report.sweep import finished_line
from ftexp.state import State
from ftexp.sweep.expand import Asked
from ftexp.sweep.prepared import PreparedCell
from ftexp.withheld import without_keys

if TYPE_CHECKING:
    from omegaconf import DictConfig

R = TypeVar("R")

# Hydra's outputs and log files would only repeat what the journal has.
_QUIET = ("hydra/job_logging=disabled", "hydra/hydra_logging=disabled", "++hydra.output_subdir=null", "++hydra.job.chdir=false")


@dataclass(frozen=True)
class Ended:
    """How a cell ended: well, or with the reason why it failed."""

    cell: int
    error: str | None
    over_budget: bool = False


def launch_cells(asked: Asked, cells: Sequence[PreparedCell], state: State, progress: Progress) -> list[Ended]:
    """Every cell's end, in the order of the cells; each is told when it comes, and one that fails stops no other."""
    work = _Work({c.number: c for c in cells}, state, os.getpid(), progress)
    if isinstance(cells[0].prepared.config.model.provider, OpenAIProvider):
        return side_by_side([partial(work.one, c.number) for c in cells], _jobs_at_once(cells), work.stopping)
    left, ended = list(cells), list[Ended]()
    while left:
        try:
            ended += _launched(asked, left, work)
            break
        except _WorkerDiedError as error:
            # joblib gives up all cells when a process of its own dies: those that were at work count as failed, the rest goes on
            rows = {c.number: state.journal.run(c.run) for c in left}
            done = [n for n, row in rows.items() if row and row.state == "finished"]
            at_work = [n for n, row in rows.items() if row and row.state == "running"] or [n for n in rows if n not in done]
            ended += [Ended(n, None) for n in done] + [work.failed(n, str(error)) for n in at_work]
            left = [c for c in left if c.number not in {*done, *at_work}]
    return sorted(ended, key=lambda e: e.cell)


def side_by_side(works: Sequence[Callable[[], R]], at_once: int, stopping: threading.Event) -> list[R]:
    """Each in a thread of its own, so many at a time: what they wait for is done elsewhere. Ctrl-C ends all of them, and then this."""
    with ThreadPoolExecutor(at_once, thread_name_prefix="run") as threads:
        futures = [threads.submit(work) for work in works]
        try:
            return [future.result() for future in futures]
        except BaseException:
            stopping.set()
            for future in futures:
                future.cancel()
            raise


def _jobs_at_once(cells: Sequence[PreparedCell]) -> int:
    """The least that a service of theirs takes."""
    providers = [c.prepared.config.model.provider for c in cells]
    return min(p.jobs_at_once for p in providers if isinstance(p, OpenAIProvider))


class _WorkerDiedError(Exception):
    pass


def _launched(asked: Asked, cells: Sequence[PreparedCell], work: _Work) -> list[Ended]:
    from hydra._internal.callbacks import Callbacks
    from hydra.core.plugins import Plugins
    from hydra.types import HydraContext
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    from ftexp.compose import Composer

    composer = Composer(work.state.root)
    sweep_directory = (work.state.root / ".ftexp" / "hydra").as_posix()
    master = composer.master([*asked.hydra_words, *_QUIET, f"++hydra.sweep.dir='{sweep_directory}'"])
    launcher = Plugins.instance().instantiate_launcher(
        hydra_context=HydraContext(config_loader=composer.loader, callbacks=Callbacks()), task_function=work, config=master
    )
    numbers = [[f"+{CELL}={c.number}"] for c in cells]  # the cells are composed and judged: the launcher only needs to name them
    try:
        returned = launcher.launch(numbers, initial_job_idx=0)
    except TerminatedWorkerError as error:
        raise _WorkerDiedError(
            "its process was ended from outside (often because memory ran out; try a lower hydra.launcher.n_jobs); the same command goes on"
        ) from error
    return [job.return_value for job in returned]


CELL = "ftexp_cell"  # the key under which a launcher names a cell


@dataclass(frozen=True)
class _Work:
    """What a launcher calls for each cell, here or in another process."""

    cells: dict[int, PreparedCell]
    state: State
    parent: int
    progress: Progress
    stopping: threading.Event = field(default_factory=threading.Event)

    def __reduce__(self) -> tuple[type[_Work], tuple[object, ...]]:
        """Without the event and the open journal, which are for threads of this process."""
        return _Work, (self.cells, State(self.state.root), self.parent, self.progress)

    def __call__(self, config: DictConfig) -> Ended:
        if os.getpid() != self.parent:
            _end_with(self.parent)
        return self._done(config[CELL], self.progress)

    def one(self, number: int) -> Ended:
        """In a thread: without bars, since several would write over each other."""
        return self._done(number, self.progress.plain)

    def _done(self, number: int, progress: Progress) -> Ended:
        cell, state = self.cells[number], self.state
        try:
            outcome = launch(cell.prepared, cell.composed, state, progress.of(f"{cell.number}: "), cell.sweep, self.stopping)
        except BudgetError as error:
            reason = "; ".join(error.faults)
            self.progress.say(f"{cell.number}: {cell.title} REFUSED: {reason}")
            return Ended(cell.number, reason, over_budget=True)
        except WaitingError as error:
            self.progress.say(f"{cell.number}: {cell.title} {'; '.join(error.faults)}")
            return Ended(cell.number, None)
        except FtexpError as error:
            return self.failed(cell.number, "; ".join(error.faults))
        except Exception as error:  # the other cells go on; where it broke stays beside the run
            where = state.folder("errors", "") / f"{cell.run}.txt"
            where.write_text(without_keys(traceback.format_exc()), encoding="utf-8")
            return self.failed(cell.number, f"{type(error).__name__}: {error} (traceback in {state.relative(where)})")
        self.progress.say(f"{cell.number}: {cell.title} {finished_line(cell.prepared, outcome)}")
        return Ended(cell.number, None)

    def failed(self, number: int, reason: str) -> Ended:
        self.progress.say(f"{number}: {self.cells[number].title} FAILED: {reason}")
        return Ended(number, reason)


def _end_with(parent: int) -> None:
    """A process that a launcher started ends when the command does, even when that is killed: nobody would know of its work."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    if os.getppid() == parent and not any(t.name == "parent" for t in threading.enumerate()):
        threading.Thread(target=watch, name="parent", daemon=True).start()
