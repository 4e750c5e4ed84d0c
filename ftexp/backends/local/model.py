"""A model of this machine as a run sees it: counted before anything is loaded, trained in a folder of the state directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ftexp.backends.base import Order, Reached, Tuned
from ftexp.backends.kept import KeptBatches
from ftexp.backends.local.chat import ChatTokenizer
from ftexp.backends.local.job import Job, Lesson, Pair, longest_of, tokens_of
from ftexp.backends.local.machine import Machine
from ftexp.backends.providers import LocalProvider
from ftexp.backends.results import Answers, File, Generation, Losses, Point, TrainingResult
from ftexp.data.messages import Example, Message
from ftexp.errors import ConfigError
from ftexp.files import sha256_of
from ftexp.presets import Resolved
from ftexp.values import digest

if TYPE_CHECKING:
    from ftexp.backends.local.backend import LocalBackend
    from ftexp.config import Training
    from ftexp.steps import Steps

WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True)
class LocalModel:
    """A model directory on this machine. `revision` changes with the bytes that a result depends on."""

    name: str
    directory: Path
    revision: str
    provider: LocalProvider
    machine: Machine
    tokenizer: ChatTokenizer
    encoded_train: tuple[Lesson, ...]
    encoded_validation: tuple[Lesson, ...]
    test_pairs: tuple[Pair, ...] = ()

    @cached_property
    def work(self) -> str:
        """Names the kind of work that a measured rate holds for."""
        return digest(self.revision, self.machine, self.provider.lora)

    @property
    def training_work(self) -> str:
        """Names the kind of work that a measured training rate holds for: pairs go at one of their own."""
        return f"{self.work} dpo" if any(isinstance(one, Pair) for one in self.encoded_train) else self.work

    @property
    def pairs_work(self) -> str:
        """The same for ranking pairs."""
        return f"{self.work} pairs"

    @property
    def reference_tokens(self) -> int:
        """Of the training pairs, which the reference reads once."""
        return tokens_of(one for one in self.encoded_train if isinstance(one, Pair))

    @property
    def place(self) -> tuple[str, int]:
        """Without the dtype: evaluation is in float32, whatever training was in."""
        return self.machine.device, self.machine.threads

    @property
    def settings(self) -> tuple[Any, ...]:
        return self.provider.lora, self.provider.validate_every

    @property
    def lengths(self) -> dict[str, list[int]]:
        """Tokens of each example, of a pair those of its longer conversation, by split."""
        parts = {"train": self.encoded_train, "validation": self.encoded_validation}
        return {name: [longest_of(one) for one in part] for name, part in parts.items()}

    def check(self, method: Literal["supervised", "dpo"], hyperparameters: Resolved, seed: int, training: Training) -> None:
        self.job(hyperparameters, seed, training)

    def job(self, hyperparameters: Resolved, seed: int, training: Training, start: Path | None = None) -> Job:
        """Raises ConfigError where a value is left to a service."""
        h = hyperparameters
        if h.n_epochs == "provider_auto" or h.batch_size == "provider_auto" or h.learning_rate_multiplier == "provider_auto":
            raise ConfigError("hyperparameters: found provider_auto, which is for hosted services; on this machine use auto or a number")
        rate = self.provider.lora.learning_rate * h.learning_rate_multiplier
        return Job(
            train=self.encoded_train,
            validation=self.encoded_validation,
            n_epochs=h.n_epochs,
            batch_size=h.batch_size,
            learning_rate=rate,
            seed=seed,
            lora=self.provider.lora,
            validate_every=self.provider.validate_every,
            early_stopping=training.early_stopping,
            best_metric=training.best_metric,
            beta=training.beta,
            start=start,
        )

    def backend(self) -> LocalBackend:
        return _backend(self.directory, self.revision, self.machine)

    def train(self, order: Order, step: Steps) -> TrainingResult:
        """In a folder of the key, where a cut-off run goes on; the adapter is kept under the name of its content."""
        from ftexp.tracking.events import figures_of

        folder = step.state.folder("training", order.key)
        job = self.job(order.hyperparameters, order.seed, order.training, order.start)
        with step.progress.task("training", job.steps) as reached:

            def report(point: Point) -> None:
                step.tell(*figures_of(point))
                told = {name: value for name, value in point.figures.items() if name.endswith(("loss", "reward_accuracy"))}
                reached(point.step, ", ".join(f"{name} {value:.3f}" for name, value in told.items()))

            trained = self.backend().train(job, folder, report, step.used_up)
        step.state.journal.measured(self.training_work, trained.tokens / trained.seconds)
        sha256 = sha256_of(trained.adapter / WEIGHTS)
        return TrainingResult(
            curve=trained.curve,
            adapter=File(path=step.state.keep(trained.adapter, "adapters", sha256), sha256=sha256),
            best_step=trained.best_step,
            steps=trained.steps,
            planned_steps=job.steps,
            trained_tokens=trained.tokens,
            seconds=trained.seconds,
        )

    def subject(self, tuned: Tuned | None) -> LocalSubject:
        assert not isinstance(tuned, str), "a name is a service's"
        return LocalSubject(self.backend(), tuned)


@dataclass(frozen=True)
class LocalSubject:
    """The base, or the base with an adapter on it."""

    backend: LocalBackend
    adapter: Path | None

    def answers(
        self, prompts: Sequence[Sequence[Message]], generation: Generation, reached: Reached, kept: KeptBatches | None = None
    ) -> Answers:
        return self.backend.answers(self.adapter, prompts, generation, reached, kept)

    def losses(self, examples: Sequence[Example], reached: Reached) -> Losses:
        return self.backend.losses(self.adapter, examples, reached)


@lru_cache(maxsize=1)
def _backend(directory: Path, revision: str, machine: Machine) -> LocalBackend:
    """One for all runs of a process that follow each other on one model, so that it is loaded once."""
    from ftexp.backends.local.backend import LocalBackend

    return LocalBackend(directory, machine, ChatTokenizer(directory))
