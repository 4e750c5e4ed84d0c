"""`step(name, key, kind, work)`: a result from the journal, or worked out now and written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from ftexp.evaluation.items import SubjectName
from ftexp.keys import Key
from ftexp.progress import Progress
from ftexp.state import State
from ftexp.tracking.events import Event as Told
from ftexp.tracking.events import events_of
from ftexp.values import Value

if TYPE_CHECKING:
    from ftexp.reserving import Allowance

R = TypeVar("R", bound=Value)


class Steps:
    """Journal, timing, progress and tracking of one run's steps, so that the recipe stays one line a step."""

    def __init__(
        self, state: State, run: str, progress: Progress, allowance: Allowance | None = None, stopping: Event | None = None
    ) -> None:
        """`stopping` is set once whoever gave the command wants it to stop; then a pause ends in KeyboardInterrupt, in any thread."""
        self.state, self.run, self.progress, self._allowance, self._stopping = state, run, progress, allowance, stopping or Event()
        self.computed: list[str] = []

    def __call__(self, name: str, key: Key, kind: type[R], work: Callable[[], R]) -> R:
        """The step's result. Two processes that want the same step: one works, the other waits and reads."""
        self.state.journal.add_step(self.run, name, key.value)
        result = self._on_record(key, kind) or self._worked_out(name, key, kind, work)
        self.tell(*events_of(name, result))
        return result

    def each(self, name: str, keys: Mapping[SubjectName, Key], kind: type[R], work: Callable[[SubjectName], R]) -> dict[SubjectName, R]:
        """A step for each subject, those first that no other process is at, so that two runs share the work instead of waiting."""
        found: dict[SubjectName, R] = {}
        while len(found) < len(keys):
            left = [subject for subject in keys if subject not in found]
            subject = next((s for s in left if not self._is_busy(keys[s])), left[0])
            found[subject] = self(f"{name}_{subject}", keys[subject], kind, partial(work, subject))
        return {subject: found[subject] for subject in keys}

    def _is_busy(self, key: Key) -> bool:
        return self.state.journal.result(key.value) is None and self.state.is_locked(key.value)

    def tell(self, *events: Told) -> None:
        self.state.journal.emit(self.run, [(event.ident, event.model_dump_json()) for event in events])

    def pause(self, seconds: float) -> None:
        """Waits for something that others do."""
        if self._stopping.wait(seconds):
            raise KeyboardInterrupt

    def nothing_spent(self) -> None:
        """The step in hand has come to nothing that a service bills."""
        if self._allowance:
            self._allowance.nothing_spent()

    def used_up(self) -> str:
        """Why the budget lets the step in hand go on no longer; empty while it does."""
        return self._allowance.used_up() if self._allowance else ""

    def watched(self, reached: Callable[[int, str], None]) -> Callable[[int, str], None]:
        """Tells as `reached` does, and raises BudgetError where the budget is used up."""

        def told(done: int, remark: str) -> None:
            reached(done, remark)
            if self._stopping.is_set():
                raise KeyboardInterrupt
            if self._allowance:
                self._allowance.check()

        return told

    def result_of(self, name: str, kind: type[R]) -> R:
        """What an earlier step of this run came to. Raises KeyError where there was none."""
        found = self.result_or_none(name, kind)
        if found is None:
            raise KeyError(name)
        return found

    def result_or_none(self, name: str, kind: type[R]) -> R | None:
        recorded = self.state.journal.step_of(self.run, name)
        return None if recorded is None else kind.model_validate_json(recorded)

    def _on_record(self, key: Key, kind: type[R]) -> R | None:
        recorded = self.state.journal.result(key.value)
        return None if recorded is None else kind.model_validate_json(recorded)

    def _worked_out(self, name: str, key: Key, kind: type[R], work: Callable[[], R]) -> R:
        with self.state.lock(key.value, waiting=lambda: self.progress.say(f"{name}: another process is at it, waiting")):
            done_meanwhile = self._on_record(key, kind)
            if done_meanwhile is not None:
                return done_meanwhile
            self._say_other_version(name, key)
            self.state.journal.intend(key.value, name, key.inputs, key.version)
            with self._allowance.step(key.value) if self._allowance else nullcontext():
                result = work()
                if self._allowance:
                    self._allowance.came(name, result)
            self.state.journal.conclude(key.value, result.model_dump_json(by_alias=True))
            self.computed.append(name)
            return result

    def _say_other_version(self, name: str, key: Key) -> None:
        other = self.state.journal.other_version(key.inputs, key.version)
        if other is not None:
            self.progress.say(f"{name}: on record by version {other} of this step's code, now it is {key.version}; worked out anew")
