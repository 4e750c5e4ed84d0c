"""What stands between a test and a service: its config, one connection, and the steps of one run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from threading import Event
from typing import Any

import yaml
from chat_server import Request, Response
from rich.console import Console

from ftexp.backends.hosted.endpoint import Endpoint
from ftexp.backends.hosted.following import Followed, follow
from ftexp.backends.hosted.job_creation import create_once
from ftexp.backends.hosted.job_order import JobOrder
from ftexp.backends.hosted.job_record import Job
from ftexp.backends.hosted.patience import Patience
from ftexp.backends.hosted.service import Service
from ftexp.backends.hosted.uploads import upload
from ftexp.backends.providers import OpenAIProvider
from ftexp.backends.results import Point
from ftexp.presets import Resolved
from ftexp.progress import Progress
from ftexp.state import State
from ftexp.steps import Steps

KEY = "a-key-that-is-long-enough-to-be-1"
MODEL = "gpt-4o-mini-2024-07-18"
VARIABLE = "LABORATORY_API_KEY"
# A run of a second; where the service is, is still to be said.
RUN_WORDS = (
    "dataset=jsonl",
    "dataset.path=chats.jsonl",
    "dataset.test_examples=3",
    "eval=chat",
    "eval.headline=chat/chrf",
    "eval.few_shot=0",
    "model=compatible",
    "model.provider.model=gpt-4o-mini-2024-07-18",
    f"model.provider.api_key_env={VARIABLE}",
    "model.provider.poll_seconds=0.05",
    "model.provider.listed_within_seconds=0.5",
    "model.provider.answers_within_minutes=0.1",
    "model.provider.requests_in_flight=1",
    "hyperparameters.n_epochs=2",
    "hyperparameters.batch_size=21",
    "hyperparameters.learning_rate_multiplier=1.0",
    "budget.usd=5",
    "tracking=local",
)
QUICK = Patience(first_wait_seconds=0.01, longest_wait_seconds=0.05)
TRAIN_KEY = "ab" * 32
OPENED: list[Service] = []  # for the end of a test to close


def lines(count: int = 12) -> bytes:
    """Of training data."""
    pairs = [({"role": "user", "content": f"Question {n}?"}, {"role": "assistant", "content": f"Answer {n}."}) for n in range(count)]
    return "".join(json.dumps({"messages": pair}) + "\n" for pair in pairs).encode()


def provider_of(base_url: str, **changes: Any) -> OpenAIProvider:
    """As conf/model/compatible.yaml has it, with waits that suit a test."""
    written = yaml.safe_load(Path("conf/model/compatible.yaml").read_text(encoding="utf-8"))["provider"]
    quick = {"poll_seconds": 0.02, "listed_within_seconds": 0.2}
    uploads = written["uploads"] | changes.pop("uploads", {})
    return OpenAIProvider(**written | quick | {"model": MODEL, "base_url": base_url, "uploads": uploads} | changes)


@dataclass(frozen=True)
class Parts:
    service: Service
    step: Steps
    stopping: Event
    output: StringIO
    points: list[Point] = field(default_factory=list)

    @property
    def said(self) -> str:
        return self.output.getvalue()

    def uploaded(self, content: bytes | None = None, apart: str = "") -> str:
        return upload(self.service, lines() if content is None else content, apart, self.step)

    def order(self, **changes: Any) -> JobOrder:
        file = changes.pop("training_file", None) or self.uploaded()
        usual = {"key": TRAIN_KEY, "attempt": 1, "run": "a run", "model": MODEL, "method": "supervised", "validation_file": None, "seed": 7}
        hyperparameters = Resolved(n_epochs=2, batch_size=3, learning_rate_multiplier=2.0)
        return JobOrder(training_file=file, hyperparameters=hyperparameters, **usual | changes)

    def created(self, **changes: Any) -> Job:
        return create_once(self.service, self.order(**changes), self.step)

    def followed(self, job: str, folder: Path) -> Followed:
        return follow(self.service, job, folder, self.points.append, lambda done, remark: None)


def parts(base_url: str, root: Path, run: str = "r", pause: Callable[[float], None] | None = None, **changes: Any) -> Parts:
    """The same `root` is the same journal, as after a death."""
    root.mkdir(exist_ok=True)
    state, output, stopping = State(root), StringIO(), Event()
    state.journal.open_run(run, "name", "experiment", "{}", "{}")
    step = Steps(state, run, Progress(Console(file=output, width=400)), stopping=stopping)
    service = Service(provider_of(base_url, **changes), Endpoint(base_url, MODEL, "SOME_KEY", KEY), pause or step.pause, step.progress.say)
    service._patience = QUICK
    OPENED.append(service)
    return Parts(service, step, stopping, output)


def rows(*found: object, has_more: object = False) -> Response:
    return said({"object": "list", "data": list(found), "has_more": has_more})


def said(body: object) -> Response:
    return Response(json.dumps(body).encode())


def a_job(**changes: Any) -> dict[str, Any]:
    usual = {"id": "ftjob-1", "status": "succeeded", "fine_tuned_model": "ft:m", "result_files": [], "created_at": 1_790_000_000}
    return usual | changes


def metrics(step: int, total: int, **figures: Any) -> dict[str, Any]:
    data = {"step": step, "total_steps": total} | (figures or {"train_loss": 1 / (step + 1)})
    return {"id": f"ftevent-{step}", "type": "metrics", "message": f"Step {step}", "created_at": step, "data": data}


def one_job(
    job: Callable[[], dict[str, Any]], events: Callable[[Request], Response], content: bytes = b"", checkpoints: Iterable[object] = ()
) -> Callable[[Request], Response]:
    """A service with one job alone."""

    def answer(request: Request) -> Response:
        path = request.path.removeprefix("/v1").partition("?")[0]
        match path.split("/")[1:]:
            case ["fine_tuning", "jobs", _]:
                return said(job())
            case ["fine_tuning", "jobs", _, "events"]:
                return events(request)
            case ["fine_tuning", "jobs", _, "checkpoints"]:
                return rows(*checkpoints)
            case ["files", _, "content"]:
                return Response(content)
        return Response(b"{}", 404)

    return answer
