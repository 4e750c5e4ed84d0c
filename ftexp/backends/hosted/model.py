"""A model of a service as a run sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ftexp.backends.base import Order, Reached, Tuned
from ftexp.backends.kept import KeptBatches
from ftexp.backends.providers import OpenAIProvider
from ftexp.backends.results import Answers, Generation, Losses, TrainingResult
from ftexp.data.messages import Example, Message
from ftexp.errors import ConfigError, NotThereYetError
from ftexp.presets import Resolved
from ftexp.values import digest

if TYPE_CHECKING:
    from ftexp.config import Training
    from ftexp.steps import Steps

NO_LOSSES = "a service gives no likelihoods"


@dataclass(frozen=True)
class ServiceModel:
    """A model behind an address. Its identity is that address and its name there; what a service does with them is its own."""

    name: str
    provider: OpenAIProvider

    @property
    def revision(self) -> str:
        return digest("service", self.provider.base_url.rstrip("/"), self.provider.model)

    @property
    def machine(self) -> None:
        return None

    @property
    def place(self) -> tuple[str, int]:
        return "service", 0

    @property
    def settings(self) -> tuple[Any, ...]:
        return self.provider.learning_rate, self.provider.more_hyperparameters

    def check(self, method: Literal["supervised", "dpo"], hyperparameters: Resolved, seed: int, training: Training) -> None:
        if training.early_stopping is not None:
            raise ConfigError("training.early_stopping: a service trains all its epochs; expected null, or a model on this machine")
        if self.provider.learning_rate is not None and hyperparameters.learning_rate_multiplier == "provider_auto":
            raise ConfigError(
                "hyperparameters.learning_rate_multiplier: found provider_auto, but this service wants a rate of its own "
                f"(model.provider.learning_rate is {self.provider.learning_rate}); expected a number"
            )

    def train(self, order: Order, step: Steps) -> TrainingResult:
        raise NotThereYetError("training at a service isn't there yet")

    def subject(self, tuned: Tuned | None) -> ServiceSubject:
        assert not isinstance(tuned, str) or tuned, "a name"
        raise NotThereYetError("answers of a service aren't there yet")


@dataclass(frozen=True)
class ServiceSubject:
    """The base model of a service, or a fine-tune there, by the name under which it answers."""

    model: ServiceModel
    answers_as: str

    def answers(
        self, prompts: Sequence[Sequence[Message]], generation: Generation, reached: Reached, kept: KeptBatches | None = None
    ) -> Answers:
        raise NotThereYetError("answers of a service aren't there yet")

    def losses(self, examples: Sequence[Example], reached: Reached) -> Losses:
        return Losses(values=(None,) * len(examples), seconds=0.0, missing=NO_LOSSES)
