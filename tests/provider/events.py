"""What a job says about itself, and at which share of its time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provider.life import QUEUED, VALIDATED

if TYPE_CHECKING:
    from provider.jobs import Job


@dataclass(frozen=True)
class Due:
    share: float
    event: dict[str, Any]


def story(job: Job) -> list[Due]:
    """The oldest first."""
    key = f" {job.key}" if job.life.echoes_key else ""
    told = [
        _said(job, 0.0, f"Created fine-tuning job: {job.id}{key}"),
        _said(job, 0.0, f"Validating training file: {job.asked['training_file']}"),
    ]
    if job.fault:
        return [*told, _said(job, VALIDATED, f"The job failed due to an invalid training file. {job.fault}", "error")]
    told += [_said(job, VALIDATED, "Files validated, moving job to queued state"), _said(job, QUEUED, "Fine-tuning job started")]
    each = max(1, job.steps // job.settings.epochs)
    for step in range(1, job.steps + 1):
        if step % job.life.every == 0 or step == job.steps:
            told.append(_metrics(job, step, step % each == 0))
    if job.life.ends == "succeeded":
        told.append(_said(job, 1.0, f"New fine-tuned model created: {job.model}"))
        told.append(Due(1.0, _event(job, 1.0, "Moderation checks passed", "info", "moderation_checks", {"blocked": False})))
        told.append(_said(job, 1.0, "The job has successfully completed"))
    elif job.life.ends == "failed":
        told.append(_said(job, job.life.ends_at, f"The job failed. {job.life.error_message}{key}", "error"))
    return sorted(told, key=lambda due: due.share)


def _said(job: Job, share: float, message: str, level: str = "info") -> Due:
    return Due(share, _event(job, share, message, level, "message", None if job.life.data_null else {}))


def _metrics(job: Job, step: int, ends_epoch: bool) -> Due:
    found = job.figures(step)
    data: dict[str, Any] = {"step": step, "total_steps": job.steps, **found}
    if ends_epoch:
        data |= {f"full_{name}": value for name, value in found.items() if name.startswith("valid")}
    share = min(1.0, QUEUED + (1 - QUEUED) * (step / job.steps))
    message = f"Step {step}/{job.steps}: training loss={found['train_loss']:.2f}"
    return Due(share, _event(job, share, message, "info", "metrics", data))


def _event(job: Job, share: float, message: str, level: str, kind: str, data: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job.event",
        "id": f"ftevent-{hashlib.sha256(f'{job.id} {share} {message}'.encode()).hexdigest()[:24]}",
        "created_at": job.created_at + int(share * job.seconds),
        "level": level,
        "message": message,
        "data": data,
        "type": kind,
    }
