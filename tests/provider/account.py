"""What the service keeps for its customer: files, jobs, models, and what was used."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from provider.chat import completion
from provider.files import Files, StoredFile
from provider.jobs import ENDED, Job, digest
from provider.life import Life, Manners
from provider.refusing import RefusedError

BASES = (
    "gpt-4.1-2025-04-14",
    "gpt-4.1-mini-2025-04-14",
    "gpt-4o-2024-08-06",
    "gpt-4o-mini-2024-07-18",
)
TRAIN_KEY = "ftexp_train_key"


class Account:
    def __init__(self) -> None:
        self.life, self.manners = Life(), Manners()
        self.lives: list[tuple[dict[str, Any], Life]] = []
        self.files, self.jobs = Files(), dict[str, Job]()
        self.files_used: Counter[str] = Counter()
        self.chat_tokens: Counter[str] = Counter()
        self._same: Counter[str] = Counter()

    # Jobs

    def create_job(self, asked: dict[str, Any], key: str) -> Job:
        metadata = asked.get("metadata")
        if metadata and self.manners.metadata == "refused":
            raise RefusedError(400, "Unrecognized request argument supplied: metadata", "unknown_parameter", "metadata")
        if asked["model"] not in BASES and asked["model"] not in self._models():
            raise RefusedError(400, f"Model {asked['model']} is not available for fine-tuning", "model_not_available", "model")
        training = self._file(asked["training_file"], "training_file")
        validation = self._file(asked["validation_file"], "validation_file") if asked.get("validation_file") else None
        content = _content(asked, training, validation)
        self._same[content] += 1
        kept = metadata if self.manners.metadata == "kept" else None
        life = next((life for where, life in self.lives if _within(where, asked)), self.life)
        job = Job(asked, training.content, validation is not None, life, content, self._same[content], kept, key)
        self.jobs[job.id] = job
        self.files_used[training.id] += 1
        return job

    def job(self, id: str) -> Job:
        if id not in self.jobs or self.jobs[id].vanished:
            raise RefusedError(404, f"Could not find fine tune: {id}", "fine_tune_not_found")
        return self.jobs[id]

    def listed_jobs(self, metadata: Mapping[str, str]) -> list[dict[str, Any]]:
        """The newest first."""
        now = time.monotonic()
        listed = [j.view for j in self.jobs.values() if not j.vanished and now - j.began >= self.manners.listed_after_seconds]
        found = [*listed[::-1], *(_foreign(n) for n in range(self.manners.foreign_jobs))]
        if not (metadata and self.manners.metadata_filter):
            return found
        return [job for job in found if metadata.items() <= (job["metadata"] or {}).items()]

    def cancel(self, id: str) -> Job:
        job = self._unfinished(id, "cancelled")
        job.cancelled_at = job.paused_since or time.monotonic()
        return job

    def pause(self, id: str) -> Job:
        job = self._unfinished(id, "paused")
        job.paused_since = job.paused_since or time.monotonic()
        return job

    def resume(self, id: str) -> Job:
        job = self._unfinished(id, "resumed")
        if job.paused_since:
            job.paused_seconds += time.monotonic() - job.paused_since
            job.paused_since = None
        return job

    def _unfinished(self, id: str, verb: str) -> Job:
        job = self.job(id)
        if job.status in ENDED:
            raise RefusedError(400, f"Job {id} is {job.status} and can't be {verb}", "invalid_request_error")
        return job

    def _file(self, id: str, param: str) -> StoredFile:
        if id not in self.files.kept:
            raise RefusedError(400, f"invalid {param}: {id}", "invalid_file", param)
        return self.files.kept[id]

    # Files

    def file_view(self, id: str) -> dict[str, Any]:
        result = self._result(id)
        if result is None:
            return self.files.get(id).view
        name = "step_metrics.csv"
        return StoredFile(id, name, "fine-tune-results", result.result_file, None, result.created_at).view

    def content(self, id: str) -> bytes:
        result = self._result(id)
        return self.files.get(id).content if result is None else result.result_file

    def _result(self, id: str) -> Job | None:
        return next((job for job in self.jobs.values() if id == job.result_file_id and job.status == "succeeded"), None)

    # Models

    def _models(self) -> dict[str, tuple[Job, bool]]:
        """Fine-tunes by name; whether it is the final model."""
        found: dict[str, tuple[Job, bool]] = {}
        for job in self.jobs.values():
            if job.status == "succeeded":
                found |= {job.checkpoint_model(step): (job, False) for step in job.epoch_ends} | {job.model: (job, True)}
        return found

    def model(self, id: str) -> dict[str, Any]:
        found = self._models()
        if id not in BASES and id not in found:
            raise RefusedError(404, f"The model '{id}' does not exist", "model_not_found", "model")
        shut = dict(self.manners.shutdown_dates)
        created = found[id][0].created_at if id in found else 1740000000
        more = {"shutdown_date": shut[id]} if id in shut else {}
        return {"id": id, "object": "model", "created": created, "owned_by": "loopback" if id in found else "system", **more}

    def models(self) -> list[dict[str, Any]]:
        return [self.model(id) for id in (*BASES, *self._models())]

    def chat(self, asked: dict[str, Any], key: str) -> dict[str, Any]:
        self.model(asked["model"])
        job = self._models().get(asked["model"], (None, False))[0]
        if job:
            job.requests += 1
            if job.requests <= job.life.not_found_first:
                raise RefusedError(404, f"The model '{asked['model']}' does not exist", "model_not_found", "model")
        said = completion(asked, job.lessons if job else None, f" {key}" if self.manners.chat_echoes_key else "")
        self.chat_tokens += Counter({name: said["usage"][name] for name in ("prompt_tokens", "completion_tokens")})
        return said

    @property
    def dollars(self) -> float:
        prices = self.manners
        chat = self.chat_tokens
        return (
            sum(job.billed_tokens for job in self.jobs.values()) * prices.usd_per_trained_token
            + chat["prompt_tokens"] * prices.usd_per_prompt_token
            + chat["completion_tokens"] * prices.usd_per_completion_token
        )


def _content(asked: Mapping[str, Any], training: StoredFile, validation: StoredFile | None) -> str:
    """The same for the same work, in whatever order it is ordered."""
    key = (asked.get("metadata") or {}).get(TRAIN_KEY)
    files = [hashlib.sha256(file.content).hexdigest() for file in (training, validation) if file]
    rest = {name: value for name, value in asked.items() if name not in ("metadata", "training_file", "validation_file")}
    return digest("key", key) if key else digest("content", files, sorted(rest.items()))


def _within(where: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    return all(_within(v, asked.get(k) or {}) if isinstance(v, dict) else asked.get(k) == v for k, v in where.items())


def _foreign(number: int) -> dict[str, Any]:
    """A finished job of someone else in the same organisation, whose metadata looks like ours."""
    key = digest("foreign", number)
    return {
        "object": "fine_tuning.job",
        "id": f"ftjob-{key[:24]}",
        "model": BASES[number % len(BASES)],
        "created_at": 1780000000 - number,
        "finished_at": 1780000600 - number,
        "fine_tuned_model": f"ft:{BASES[number % len(BASES)]}:loopback::{key[:8]}",
        "organization_id": "org-loopback",
        "result_files": [],
        "status": "succeeded",
        "validation_file": None,
        "training_file": f"file-{key[24:48]}",
        "hyperparameters": {"n_epochs": 3, "batch_size": 1, "learning_rate_multiplier": 2.0},
        "trained_tokens": 1000,
        "error": None,
        "user_provided_suffix": None,
        "seed": number,
        "estimated_finish": None,
        "integrations": [],
        "metadata": {TRAIN_KEY: key} if number % 2 else {"ftexp": "yes", "train_key": key},
        "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}},
    }
