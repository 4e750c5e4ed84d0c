"""A fine-tuning job: everything it will go through is known when it is made, and the clock says how far it is."""

from __future__ import annotations

import base64
import hashlib
import math
import time
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from provider.events import Due, story
from provider.life import QUEUED, VALIDATED, Life
from provider.training import DataError, Lesson, Settings, draw, figures, lessons, settings, trained_tokens

ORGANIZATION = "org-loopback"
ENDED = ("succeeded", "failed", "cancelled")


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass
class Job:
    """`content` decides its ids and its figures, `number` counts the jobs of the same content from 1."""

    asked: dict[str, Any]
    training: bytes
    validated: bool
    life: Life
    content: str
    number: int
    metadata: dict[str, str] | None
    key: str = ""
    began: float = field(default_factory=time.monotonic)
    created_at: int = field(default_factory=lambda: int(time.time()))
    paused_since: float | None = None
    paused_seconds: float = 0.0
    cancelled_at: float | None = None
    requests: int = 0  # to its model

    # What it is

    @cached_property
    def id(self) -> str:
        return f"ftjob-{digest(self.content, self.number)[:24]}"

    @cached_property
    def model(self) -> str:
        return f"ft:{self.asked['model']}:loopback:{self.asked.get('suffix') or ''}:{digest('model', self.content, self.number)[:8]}"

    @cached_property
    def method(self) -> str:
        return str((self.asked.get("method") or {}).get("type") or "supervised")

    @cached_property
    def hyperparameters(self) -> Mapping[str, Any]:
        own = ((self.asked.get("method") or {}).get(self.method) or {}).get("hyperparameters")
        return own or self.asked.get("hyperparameters") or {}

    @cached_property
    def seed(self) -> int:
        given = self.asked.get("seed")
        return given if isinstance(given, int) else int(digest("seed", self.content)[:7], 16)

    @cached_property
    def lessons(self) -> list[Lesson]:
        try:
            return lessons(self.training, self.method)
        except DataError:
            return []

    @cached_property
    def fault(self) -> str:
        """What is wrong with its file."""
        try:
            lessons(self.training, self.method)
        except DataError as error:
            return str(error)
        return ""

    @cached_property
    def settings(self) -> Settings:
        return settings(self.hyperparameters, len(self.lessons))

    @cached_property
    def steps(self) -> int:
        return self.settings.steps(len(self.lessons))

    @cached_property
    def seconds(self) -> float:
        return self.life.lasting(draw("seconds", self.content))

    def figures(self, step: int) -> dict[str, float]:
        return figures(self.seed, self.settings, step, self.steps, self.validated)

    # How far it is

    @property
    def share(self) -> float:
        """Of its time."""
        now = self.cancelled_at or self.paused_since or time.monotonic()
        return min(1.0, (now - self.began - self.paused_seconds) / self.seconds) if self.seconds else 1.0

    @property
    def status(self) -> str:
        share = self.share
        if self.fault and share >= VALIDATED:
            return "failed"
        if share >= self.life.ends_at or share >= 1:
            return self.life.ends
        if self.cancelled_at:
            return "cancelled"
        if self.paused_since:
            return "paused"
        return "validating_files" if share < VALIDATED else self.life.queued_as if share < QUEUED else "running"

    @property
    def vanished(self) -> bool:
        return self.status == "vanished"

    @property
    def done_steps(self) -> int:
        share = min(self.share, self.life.ends_at)
        return 0 if self.fault else max(0, min(self.steps, math.floor((share - QUEUED) / (1 - QUEUED) * self.steps + 1e-9)))

    @property
    def finished_at(self) -> int | None:
        """A fixed time after its creation, so that two jobs of equal content have equal times."""
        return self.created_at + max(1, math.ceil(self.seconds)) if self.status in ENDED else None

    @cached_property
    def _story(self) -> list[Due]:
        return story(self)

    @cached_property
    def _due(self) -> list[float]:
        return [due.share for due in self._story]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The newest first."""
        share = min(self.share, self.life.ends_at)
        happened = [due.event for due in self._story[: bisect_right(self._due, share)]]
        if self.cancelled_at and self.status == "cancelled":
            happened = [*happened, {**self._story[0].event, "id": f"{self._story[0].event['id']}x", "message": "Job cancelled"}]
        return happened[::-1]

    @property
    def epoch_ends(self) -> list[int]:
        """Steps that are done, of the last three epochs."""
        each = max(1, self.steps // self.settings.epochs)
        return [step for step in range(each, self.steps + 1, each) if step <= self.done_steps][-3:]

    def checkpoint_model(self, step: int) -> str:
        return self.model if step == self.steps else f"{self.model}:ckpt-step-{step}"

    @property
    def checkpoints(self) -> list[dict[str, Any]]:
        return [self._checkpoint(step) for step in reversed(self.epoch_ends)] if self.status == "succeeded" else []

    def _checkpoint(self, step: int) -> dict[str, Any]:
        found = self.figures(step)
        full = {f"full_{name}": value for name, value in found.items() if name.startswith("valid")}
        return {
            "id": f"ftckpt_{digest(self.id, step)[:24]}",
            "object": "fine_tuning.job.checkpoint",
            "created_at": self.created_at,
            "fine_tuned_model_checkpoint": self.checkpoint_model(step),
            "fine_tuning_job_id": self.id,
            "metrics": {"step": step, **found, **full},
            "step_number": step,
        }

    # What the service says of it

    @property
    def trained_tokens(self) -> int:
        return trained_tokens(self.training, self.settings.epochs)

    @property
    def billed_tokens(self) -> int:
        if self.status == "succeeded":
            return self.trained_tokens
        return self.trained_tokens * self.done_steps // max(1, self.steps) if self.status != "failed" else 0

    @property
    def result_file_id(self) -> str:
        return f"file-{digest('result', self.id)[:24]}"

    @property
    def view(self) -> dict[str, Any]:
        status = self.status
        done = status == "succeeded"
        ending = status in ENDED
        left = max(0.0, self.seconds * (1 - self.share))
        return {
            "object": "fine_tuning.job",
            "id": self.id,
            "model": self.asked["model"],
            "created_at": self.created_at,
            "finished_at": self.finished_at,
            "fine_tuned_model": self.model if done else None,
            "organization_id": ORGANIZATION,
            "result_files": [self.result_file_id] if done and self.life.result_file != "missing" else [],
            "status": status,
            "validation_file": self.asked.get("validation_file"),
            "training_file": self.asked["training_file"],
            "hyperparameters": self._used(),
            "trained_tokens": self.trained_tokens if done and self.life.says_tokens else None,
            "error": self._error(status),
            "user_provided_suffix": self.asked.get("suffix"),
            "seed": self.seed,
            "estimated_finish": None if ending else int(time.time() + left),
            "integrations": [],
            "metadata": self.metadata,
            "method": {"type": self.method, self.method: {"hyperparameters": dict(self.hyperparameters)}},
        }

    def _used(self) -> dict[str, Any] | None:
        used = self.settings
        if self.life.hyperparameters_null:
            return None
        return {"n_epochs": used.epochs, "batch_size": used.batch, "learning_rate_multiplier": used.rate}

    def _error(self, status: str) -> dict[str, Any] | None:
        if status == "failed":
            said = self.fault or self.life.error_message + (f" (key {self.key})" if self.life.echoes_key else "")
            code = "invalid_training_file" if self.fault else self.life.error_code
            return {"code": code, "message": said, "param": "training_file" if self.fault else None}
        return {"null": None, "object": {}, "nulls": {"code": None, "message": None, "param": None}}[self.life.empty_error]

    @property
    def result_file(self) -> bytes:
        names = ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
        rows = [",".join(names)] + [self._row(step) for step in range(1, self.steps + 1)]
        if self.life.echoes_key:
            rows.append(self.key)
        match self.life.result_file:
            case "nan":
                rows[-1] = f"{self.steps},nan,inf,,"
            case "double":
                rows += rows[-2:]
            case "torn":
                return "\n".join(rows).encode()[: -len(rows[-1]) // 2]
            case "html":
                return b"<html><body>Bad gateway</body></html>"
            case "empty":
                return b""
        plain = ("\n".join(rows) + "\n").encode()
        if self.life.result_file == "bom":
            return b"\xef\xbb\xbf" + plain
        return base64.b64encode(plain) if self.life.result_file == "base64" else plain

    def _row(self, step: int) -> str:
        found = self.figures(step)
        names = ("train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy")
        return ",".join([str(step), *(str(found.get(name, "")) for name in names)])
