"""A job at a service, created once: written down before, looked for before, and looked for again when no answer came.

A service may take a job and lose the answer, list it late, or ignore what a list is asked to be filtered by. So nothing is created while a
job of this key may exist, and none is taken for ours that doesn't carry our mark.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ftexp.backends.hosted.job_order import JobOrder, request_of
from ftexp.backends.hosted.job_record import Job, job_key
from ftexp.backends.hosted.patience import BUSY, NO_MONEY
from ftexp.backends.hosted.service import GoneError, Sent, Service, checked_id, is_id
from ftexp.backends.hosted.uploads import remove
from ftexp.errors import NothingBeganError, ServiceError, WaitingError
from ftexp.steps import Steps
from ftexp.values import digest

CREATED = 1
ROUNDS = 5  # of creating and looking, without an answer
LOOK_SECONDS = 2.0  # between two looks for a job that may be listed late


def create_once(service: Service, order: JobOrder, step: Steps) -> Job:
    """The job of this order: the one on record, the one that is found at the service, or a new one.

    Raises NothingBeganError where the service refuses it, ServiceError where several carry its mark, WaitingError where it stays unclear
    whether there is one.
    """
    key, journal = job_key(order.key, order.attempt), step.state.journal
    recorded = journal.result(key)
    if recorded is not None:
        return Job.model_validate_json(recorded)
    begun = journal.intended_at(key)
    found = _looked_for(service, order, begun) if begun is not None else _found(service, order)
    job = Job(id=found if found is not None else _created(service, order, key, step))
    journal.conclude(key, job.model_dump_json())
    return job


def _created(service: Service, order: JobOrder, key: str, step: Steps) -> str:
    """Each request is written down when it is sent: whoever comes after a death looks from then on, not from the first of them."""
    rounds, failures, reason, body = 0, 0, "", request_of(order, service.provider)
    while rounds < ROUNDS:
        step.state.journal.intend(key, "job", digest("job", order.key), CREATED)
        sent = _named(service.send("/fine_tuning/jobs", body))
        if sent.outcome == "done":
            _warn_without_mark(service, sent.body)
            return checked_id(sent.body.get("id"))
        if sent.outcome == "refused":
            step.state.journal.withdraw(key)
            raise _refused(service, order, sent)
        if sent.code in NO_MONEY:
            raise WaitingError(f"{service.host}: {sent.reason}; the account has no money or quota left. Then the same command goes on")
        if sent.outcome == "unknown":
            step.state.journal.intend(key, "job", digest("job", order.key), CREATED)  # the service may have been at it until now
        if sent.reason != reason:
            service.say(f"{service.host}: {sent.reason}; looking whether the job was created before it is tried again")
        reason, rounds = sent.reason, rounds + (sent.status != BUSY)  # a limit of jobs at once lasts as long as they do
        failures += 1
        service.pause_after(sent.wait_seconds, failures)
        found = _found(service, order) if sent.outcome == "not_yet" else _looked_for(service, order, time.time())
        if found is not None:
            return found
    raise WaitingError(f"{service.host}: no job was created as far as can be told ({reason}); the same command looks for it and goes on")


def _named(sent: Sent) -> Sent:
    """An answer that names no job may be anybody's on the way."""
    if sent.outcome != "done" or is_id(str(sent.body.get("id") or "")):
        return sent
    return Sent("unknown", {}, "the answer to the request for a job names none", 200)


def _warn_without_mark(service: Service, job: Mapping[str, Any]) -> None:
    if service.provider.job_metadata and not job.get("metadata"):
        service.say(
            f"warning: {service.host} keeps no metadata, so a job whose answer is lost isn't found again; "
            "set model.provider.job_metadata=false for the next one"
        )


def _looked_for(service: Service, order: JobOrder, since: float) -> str | None:
    """Until a job that was created at `since` must be listed; a clock that was set meanwhile makes that no longer."""
    lag = service.provider.listed_within_seconds
    until = time.monotonic() + min(max(since + lag - time.time(), 0.0), lag)
    while True:
        found, left = _found(service, order), until - time.monotonic()
        if found is None and left <= 0:
            return _found(service, order, whole_list=True)
        if found is not None:
            return found
        service.pause(min(LOOK_SECONDS, left))


def _found(service: Service, order: JobOrder, whole_list: bool = False) -> str | None:
    """By our own look at each job; in the `whole_list` those that may be ours without carrying a mark are found out too."""
    by_metadata = service.provider.job_metadata
    asked: dict[str, Any] = {f"metadata[{name}]": value for name, value in order.mark.items()} if by_metadata and not whole_list else {}
    listed = _listed(service, asked)
    jobs = [checked_id(job.get("id")) for job in listed if _is_ours(job, order, by_metadata)]
    if len(jobs) > 1:
        raise ServiceError(
            f"{service.host}: {len(jobs)} jobs carry the mark of this training ({', '.join(jobs)}); expected one. Nothing was created; "
            f"cancel the others there, or ask for a true repeat with replicate=2"
        )
    if not jobs and by_metadata and whole_list:
        _refuse_doubtful(service, [job for job in listed if not job.get("metadata") and job.get("training_file") == order.training_file])
    return jobs[0] if jobs else None


def _listed(service: Service, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """A service may ignore what it is asked to filter by, or refuse it."""
    try:
        return list(service.listed("/fine_tuning/jobs", **asked))
    except GoneError as error:
        raise ServiceError(f"{service.host}: lists no jobs ({error}), so whether one exists can't be told; nothing was created") from error
    except ServiceError:
        if not asked:
            raise
        return _listed(service, {})


def _refuse_doubtful(service: Service, jobs: Sequence[Mapping[str, Any]]) -> None:
    """After a lost answer a job on our file that carries no mark may be the one; nobody can tell, so nothing is created."""
    if jobs:
        named = ", ".join(service.endpoint.shown(str(job.get("id"))) for job in jobs)
        raise ServiceError(
            f"{service.host}: the answer to a request for a job was lost, and {named} may be it: the service keeps no metadata. "
            "Nothing was created; set model.provider.job_metadata=false, so that jobs are found by a file of their own"
        )


def _is_ours(job: Mapping[str, Any], order: JobOrder, by_metadata: bool) -> bool:
    if by_metadata:
        metadata = job.get("metadata")
        return isinstance(metadata, dict) and all(metadata.get(name) == value for name, value in order.mark.items())
    return job.get("training_file") == order.training_file  # a file that only this training has


def _refused(service: Service, order: JobOrder, sent: Sent) -> NothingBeganError:
    said = f"{service.host}: the job was refused, and none was created ({sent.reason})"
    if sent.status == 403 and (sent.code == "training_not_available" or "training_not_available" in sent.reason):
        gone = [remove(service, file) for file in (order.training_file, order.validation_file) if file]
        files = "our files there were removed again" if all(gone) else "our files are still there"
        return NothingBeganError(f"{said}: this account may not train there any more; {files}. Train on this machine: model=smollm2-135m")
    if sent.status == 400 and "metadata" in sent.reason.lower():
        return NothingBeganError(f"{said}; for a service that takes no metadata: model.provider.job_metadata=false")
    return NothingBeganError(said)
