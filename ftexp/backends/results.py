"""What passes between a run and a backend: values, and files named by their content, never live models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ftexp.values import Value


class Generation(Value):
    """How answers are generated: greedy, batch by batch in a fixed order."""

    max_new_tokens: int = Field(ge=1, le=8192, description="a whole number from 1 to 8192")
    batch_size: int = Field(ge=1, le=1024, description="a whole number from 1 to 1024")


class Point(Value):
    """Figures at one training step. Names as in MLflow: train/loss, train/token_accuracy, train/learning_rate, validation/..."""

    step: int
    epoch: float
    figures: dict[str, float]


class File(Value):
    """A file or directory in the state directory, and the sha256 of what matters in it."""

    path: str
    sha256: str


class Checkpoint(Value):
    """A model as it was at a step, by the name under which the service answers for it, and what was measured of it there."""

    step: int
    model: str
    figures: dict[str, float] = Field(default_factory=dict)


class HostedModel(Value):
    """A fine-tune at a service. `partial` says why the curve may lack points, empty where it is whole.

    `hyperparameters` are those that the service says it used. `billed_tokens` is None where it doesn't say.
    """

    service: str
    job: str
    model: str  # the one that is evaluated
    checkpoints: tuple[Checkpoint, ...] = ()
    hyperparameters: dict[str, str] = Field(default_factory=dict)
    billed_tokens: int | None = None
    partial: str = ""


class TrainingResult(Value):
    """`best_step` is the best by `training.best_metric`. The model of that step is an `adapter` here, or `hosted` by a service.

    `trained_tokens` counts every pass, None where a service doesn't say. `steps` were done, of `planned_steps`: fewer where training
    stopped early. None in records from before it could. `seconds` at a service run from the job's creation to its end.
    """

    curve: tuple[Point, ...]
    adapter: File | None = None
    hosted: HostedModel | None = None
    best_step: int
    steps: int
    planned_steps: int | None = None
    trained_tokens: int | None
    seconds: float

    def tuned(self, root: Path) -> Path | str:
        """The adapter's directory in a project directory, or the name under which a service answers for the fine-tune."""
        if self.hosted:
            return self.hosted.model
        assert self.adapter, "a training has one of them"
        return root / self.adapter.path

    @property
    def tokens_per_second(self) -> float | None:
        return self.trained_tokens / self.seconds if self.trained_tokens is not None and self.seconds else None


def _whole(text: Any) -> Any:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(text, str) and not text.isascii() else text


class Reply(Value):
    """An answer, and what it took. `tokens_out` counts the generated tokens without the one that ended it.

    `seconds` and `first_token_seconds` run from when its batch was begun; None in records from before they were kept. With
    `error` there is no answer: the item stays unscored, and the error is the reason. Half a surrogate pair, which no file takes, is �.
    """

    text: Annotated[str, BeforeValidator(_whole)]
    tokens_in: int
    tokens_out: int
    seconds: float | None = None
    first_token_seconds: float | None = None
    error: str = ""


class Answers(Value):
    """A reply to each item, in the order of the items. `batch_plan` says which were generated together."""

    replies: tuple[Reply, ...]
    batch_plan: tuple[tuple[int, ...], ...]
    seconds: float


class PairMargins(Value):
    """Of each preference pair, `beta` times the nats by which the tuned model prefers the right answer more than its reference does."""

    values: tuple[float, ...]
    seconds: float


class Losses(Value):
    """Mean negative log-likelihood of each text in nats a token, in the order of the items; None for a text without tokens."""

    values: tuple[float | None, ...]
    seconds: float
    missing: str = ""  # why there are none at all
