"""A job from its creation to its end: its curve as it comes, each event once, and what it came to."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ftexp.backends.hosted.result_file import figures_by_step, figures_of, step_of, unfit_in
from ftexp.backends.hosted.service import GoneError, Service, checked_id, name_of
from ftexp.backends.results import Checkpoint, Point
from ftexp.errors import JobEndedError, ServiceError, WaitingError
from ftexp.files import write_atomically

GONE_POLLS = 5  # in a row, before a job counts as gone; and several times as long as a new one may be unlisted
GONE_LAGS = 4
TRIES = 4  # for what a run can do without, while the job itself can be read
LONGEST_JOB = 30 * 86400  # seconds; an end further away is no estimate
UNNAMED_POLLS = 30  # that a job which has succeeded may go without the name of its model
_MODEL = re.compile(r"[!-~]{1,300}")  # it goes into requests, never into an address or a file's name
_OVER = ("succeeded", "failed", "cancelled")


class BadEndError(JobEndedError):
    """`ended` is failed, cancelled or gone; `reason` is the service's."""

    def __init__(self, ended: str, reason: str, message: str) -> None:
        super().__init__(message)
        self.ended, self.reason = ended, reason


@dataclass(frozen=True)
class Followed:
    """What a job came to. `seconds` run from its creation to its end, by the service's clock; 0 where it doesn't say."""

    model: str
    curve: tuple[Point, ...]
    steps: int
    billed_tokens: int | None
    seconds: float
    checkpoints: tuple[Checkpoint, ...]
    hyperparameters: dict[str, str]
    partial: str


@dataclass
class _Curve:
    """Figures by step, those that came first: events before the result file."""

    figures: dict[int, dict[str, float]] = field(default_factory=dict)
    total_steps: int = 0
    unfit: int = 0  # figures that are no finite numbers

    def add(self, step: int, found: Mapping[str, float]) -> dict[str, float]:
        """Those that are new."""
        known = self.figures.setdefault(step, {})
        new = {name: value for name, value in found.items() if name not in known}
        known.update(new)
        return new

    @property
    def last_step(self) -> int:
        return max((step for step, found in self.figures.items() if found), default=0)

    def points(self, epochs: float) -> tuple[Point, ...]:
        steps = max(self.total_steps, self.last_step, 1)
        return tuple(
            Point(step=step, epoch=round(epochs * step / steps, 6), figures=self.figures[step])
            for step in sorted(self.figures)
            if self.figures[step]
        )


def follow(service: Service, job: str, folder: Path, report: Callable[[Point], None], reached: Callable[[int, str], None]) -> Followed:
    """`folder` keeps the raw result file; `reached` is told a percentage and a remark.

    Raises BadEndError for a job that failed, was cancelled or is gone; WaitingError where the key isn't taken any more.
    """
    return _Following(service, checked_id(job), folder, report, reached).to_its_end()


class _Following:
    def __init__(
        self, service: Service, job: str, folder: Path, report: Callable[[Point], None], reached: Callable[[int, str], None]
    ) -> None:
        self.service, self.job, self.folder, self.report, self.reached = service, job, folder, report, reached
        self.path = f"/fine_tuning/jobs/{job}"
        self.curve, self.seen, self.status = _Curve(), set[str](), ""
        self.no_events = ""  # why they can't be had, as it was at the last try
        self.has_events = True  # False: it is no such service

    def to_its_end(self) -> Followed:
        gone = unnamed = 0
        lost = 0.0  # seconds
        while True:
            try:
                job = self.service.read(self.path)
                gone, lost = 0, 0.0
            except GoneError as error:
                gone, lost = gone + 1, lost + self.service.provider.poll_seconds
                if gone >= GONE_POLLS and lost >= GONE_LAGS * self.service.provider.listed_within_seconds:
                    raise self._bad_end("gone", str(error)) from error
                self.service.pause(self.service.provider.poll_seconds)
                continue
            over = job.get("status") in _OVER
            self._take_events()
            self._tell(job)
            named = isinstance(job.get("fine_tuned_model"), str) and _MODEL.fullmatch(job["fine_tuned_model"])
            if job.get("status") in ("failed", "cancelled"):
                raise self._bad_end(str(job["status"]), self._reason(job))
            if over and named:
                return self._followed(job)
            unnamed += over
            if unnamed >= UNNAMED_POLLS:
                raise ServiceError(f"{self.service.host}: job {self.job} has succeeded, but the service doesn't name its model")
            self.service.pause(self.service.provider.poll_seconds)

    def _take_events(self, all_pages: bool = False) -> None:
        """Those that are new, the oldest first. Services list the newest first, so that the first known one ends it; some don't.

        What can't be had now is asked for again at the next look, all of it: of a part the rest would count as known.
        """
        new: list[dict[str, Any]] = []
        try:
            for event in self.service.listed(f"{self.path}/events", TRIES):
                if name_of(event) not in self.seen:
                    new.append(event)
                elif not all_pages:
                    break
        except (GoneError, ServiceError, WaitingError) as error:  # where the key isn't taken at all, the next look at the job says so
            self.no_events, self.has_events = str(error), not isinstance(error, GoneError)
            return
        self.no_events = ""
        for event in sorted(reversed(new), key=lambda event: step_of_time(event.get("created_at")) or 0):
            self.seen.add(name_of(event))
            self._take(event)

    def _take_last_events(self) -> None:
        """They may be listed a while after the end; without them, what comes in time would decide what is on record."""
        self._take_events(all_pages=True)
        for _ in range(TRIES):
            if not self.no_events:
                break
            with suppress(GoneError):  # it has ended well before that
                self.service.read(self.path)  # waits while nothing at all answers, and raises where the key isn't taken
            self._take_events(all_pages=True)
        until = time.monotonic() + self.service.provider.listed_within_seconds
        while not self.no_events and self.curve.last_step < self.curve.total_steps and time.monotonic() < until:
            self.service.pause(min(self.service.provider.poll_seconds, 2.0))
            self._take_events(all_pages=True)

    def _take(self, event: Mapping[str, Any]) -> None:
        message, data = event.get("message"), event.get("data")
        step = step_of(data.get("step")) if isinstance(data, dict) else None
        figures, unfit = (figures_of(data), unfit_in(data)) if isinstance(data, dict) else ({}, 0)
        if not figures and not unfit and isinstance(message, str) and message and event.get("type") != "metrics":
            self.service.say(f"{self.job}: {self.service.endpoint.shown(message)}")
        if step is None or not isinstance(data, dict):
            return
        self.curve.unfit += unfit
        self.curve.total_steps = max(self.curve.total_steps, step_of(data.get("total_steps")) or 0)
        new = self.curve.add(step, figures)
        if new:
            self.report(Point(step=step, epoch=0.0, figures=new))

    def _tell(self, job: Mapping[str, Any]) -> None:
        status = self.service.endpoint.shown(str(job.get("status")))
        if status != self.status:
            self.status = status
            about = {"paused": f"; it goes on with: ftexp resume, or at {self.service.host}"}.get(status, "")
            self.service.say(f"{self.job}: {status.replace('_', ' ')}{about}")
        total, at = self.curve.total_steps, self.curve.last_step
        finish = step_of_time(job.get("estimated_finish")) or 0
        is_likely = status == "running" and 0 < finish - time.time() < LONGEST_JOB
        until = f", expected to end at {datetime.fromtimestamp(finish):%H:%M}" if is_likely else ""
        losses = [f"{name} {value:.3f}" for name, value in self.curve.figures.get(at, {}).items() if name.endswith("/loss")]
        self.reached(round(100 * min(at / total, 1)) if total else 0, ", ".join([f"{status}{until}", *losses]))

    def _reason(self, job: Mapping[str, Any]) -> str:
        error = job.get("error")
        if not isinstance(error, dict):
            return ""
        return ": ".join(self.service.endpoint.shown(str(error[name])) for name in ("code", "message") if error.get(name))

    def _bad_end(self, ended: str, reason: str) -> BadEndError:
        how = {"failed": "failed", "cancelled": "was cancelled", "gone": "isn't known there any more"}[ended]
        said = f" ({reason})" if reason else ""
        return BadEndError(
            ended, reason, f"{self.service.host}: job {self.job} {how}{said}. No other is created by itself: --retry-failed asks for one"
        )

    def _followed(self, job: Mapping[str, Any]) -> Followed:
        self._take_last_events()
        remarks = self._take_result_file(job)
        epochs = _hyperparameters(job, self.service.endpoint.shown)
        steps = max(self.curve.total_steps, self.curve.last_step)
        if self.curve.last_step < self.curve.total_steps:
            remarks.append(f"the curve ends at step {self.curve.last_step} of {self.curve.total_steps}")
        if not self.curve.figures:
            remarks.append("the service told no curve")
        if self.no_events and (self.has_events or remarks or not self.curve.figures):
            remarks.append(f"events can't be had ({self.no_events})")
        if self.curve.unfit:
            remarks.append(f"{self.curve.unfit} figures of its events are no finite numbers")
        tokens = job.get("trained_tokens")
        checkpoints, remark = self._checkpoints()
        remarks += [remark] if remark else []
        return Followed(
            model=job["fine_tuned_model"],
            curve=self.curve.points(_float(epochs.get("n_epochs"))),
            steps=steps,
            billed_tokens=tokens if type(tokens) is int and tokens >= 0 else None,
            seconds=_seconds(job),
            checkpoints=checkpoints,
            hyperparameters=epochs,
            partial="; ".join(remarks),
        )

    def _take_result_file(self, job: Mapping[str, Any]) -> list[str]:
        """Saved as it came before it is read. What is wrong with it."""
        files = job.get("result_files")
        names = [name for name in files if isinstance(name, str)] if isinstance(files, list) else []
        if not names:
            return ["the service has no result file"]
        found, remark = self._result_table(names[0])
        for _ in range(TRIES - 1):
            if found or not remark:
                break
            self.service.pause(min(self.service.provider.poll_seconds, 2.0))
            found, remark = self._result_table(names[0])
        for step in sorted(found):
            self.curve.add(step, found[step])
        return [remark] if remark else []

    def _result_table(self, name: str) -> tuple[dict[int, dict[str, float]], str]:
        """Figures by step, and what is wrong: a page of somebody in between may have come instead."""
        try:
            raw = self.service.content(f"/files/{checked_id(name)}/content", TRIES)
        except (GoneError, ServiceError) as error:
            return {}, f"the result file can't be had ({error})"
        write_atomically(self.folder / "result_file", raw)
        return figures_by_step(raw)

    def _checkpoints(self) -> tuple[tuple[Checkpoint, ...], str]:
        """And why they can't be had, where the service has some."""
        try:
            listed = list(self.service.listed(f"{self.path}/checkpoints", TRIES))
        except GoneError:
            return (), ""
        except ServiceError as error:
            return (), f"the checkpoints can't be had ({error})"
        found = {c.step: c for each in listed if (c := self._checkpoint(each))}
        return tuple(found[step] for step in sorted(found)), ""

    def _checkpoint(self, said: Mapping[str, Any]) -> Checkpoint | None:
        step, name, metrics = step_of(said.get("step_number")), said.get("fine_tuned_model_checkpoint"), said.get("metrics")
        if step is None or not isinstance(name, str) or not _MODEL.fullmatch(name):
            return None
        return Checkpoint(step=step, model=name, figures=figures_of(metrics) if isinstance(metrics, dict) else {})


def _hyperparameters(job: Mapping[str, Any], shown: Callable[[str], str]) -> dict[str, str]:
    """What the service says that it used, in its own method or beside it."""
    method = job.get("method")
    inner = method.get(str(method.get("type"))) if isinstance(method, dict) else None
    found = inner.get("hyperparameters") if isinstance(inner, dict) else None
    beside = job.get("hyperparameters")
    said = {**(beside if isinstance(beside, dict) else {}), **(found if isinstance(found, dict) else {})}
    return {shown(str(name)[:64]): shown(str(value)[:64]) for name, value in said.items() if isinstance(value, int | float | str)}


def _seconds(job: Mapping[str, Any]) -> float:
    created, finished = step_of_time(job.get("created_at")), step_of_time(job.get("finished_at"))
    return float(max(finished - created, 0)) if created is not None and finished is not None else 0.0


def step_of_time(said: object) -> float | None:
    return float(said) if type(said) in (int, float) and 0 <= said < 2**40 else None  # type: ignore[operator, arg-type]


def _float(said: str | None) -> float:
    """0 for what is no number of epochs."""
    try:
        found = float(said or "")
    except ValueError:
        return 0.0
    return found if math.isfinite(found) else 0.0
