"""The job that a run has at a service, found by the run, to be cancelled, paused or taken up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ftexp.backends.hosted.endpoint import endpoint_of
from ftexp.backends.hosted.job_record import Job, attempt_of, job_key, job_on_record
from ftexp.backends.hosted.service import Service
from ftexp.backends.providers import OpenAIProvider
from ftexp.config import RunConfig
from ftexp.errors import ConfigError
from ftexp.journal import RunRow
from ftexp.records import find_run
from ftexp.state import State


@dataclass(frozen=True)
class JobAtWork:
    row: RunRow
    job: Job
    service: Service
    key: str  # of the training


@contextmanager
def job_of(reference: str, state: State) -> Iterator[JobAtWork]:
    """Raises ConfigError for a run that has no job at a service, or none that goes on."""
    row = find_run(reference, state)
    provider = RunConfig.model_validate_json(row.config).model.provider
    if not isinstance(provider, OpenAIProvider):
        raise ConfigError(f"run {row.id}: trains on this machine; Ctrl-C stops it there, and the same command goes on")
    key = state.journal.key_of(row.id, "train")
    job = job_on_record(state.journal, key)
    if job is None or job.ended or state.journal.result(key) is not None:
        how = f"its job {job.id} has ended" if job else "it has no job at a service"
        raise ConfigError(f"run {row.id}: {how}; expected a run whose job goes on, as `ftexp status` shows it")
    service = Service(provider, endpoint_of(provider, provider.model), time.sleep, print)
    try:
        yield JobAtWork(row, job, service, key)
    finally:
        service.close()


def note_cancelled(found: JobAtWork, state: State) -> None:
    """For a run that nobody follows at the moment; who follows it is told by the service."""
    ended = found.job.model_copy(update={"ended": "cancelled", "reason": "by ftexp cancel"})
    state.journal.conclude(job_key(found.key, attempt_of(state.journal, found.key, retry_failed=False)), ended.model_dump_json())
    if found.row.state == "waiting":
        state.journal.end_run(found.row.id, "failed", error=f"job {found.job.id} was cancelled")
