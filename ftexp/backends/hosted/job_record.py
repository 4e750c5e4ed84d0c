"""The jobs of a training as they are on record."""

from __future__ import annotations

from ftexp.backends.hosted.job_order import JobOrder
from ftexp.journal import Journal
from ftexp.values import Value, digest


class Job(Value):
    """A job on record. `ended` is how it ended where that was badly, with the service's reason."""

    id: str
    ended: str = ""
    reason: str = ""


def job_key(train_key: str, attempt: int) -> str:
    return digest("job", train_key, attempt)


def job_on_record(journal: Journal, train_key: str) -> Job | None:
    """The last one of this training."""
    found = None
    for attempt in range(1, 1000):
        recorded = journal.result(job_key(train_key, attempt))
        if recorded is None:
            return found
        found = Job.model_validate_json(recorded)
    return found


def attempt_of(journal: Journal, train_key: str, retry_failed: bool) -> int:
    """Counted from 1. After one that ended badly another is only begun when that is asked for."""
    attempt = 1
    while (recorded := journal.result(job_key(train_key, attempt))) is not None:
        if not (Job.model_validate_json(recorded).ended and retry_failed):
            return attempt
        attempt += 1
    return attempt


def note_end(journal: Journal, order: JobOrder, job: Job) -> None:
    journal.conclude(job_key(order.key, order.attempt), job.model_dump_json())
