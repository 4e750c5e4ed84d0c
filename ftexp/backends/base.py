"""What a run needs of a model, wherever it is trained and answers. `local` and `hosted` give it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ftexp.backends.kept import KeptBatches
from ftexp.backends.results import Answers, Generation, Losses, TrainingResult
from ftexp.data.messages import Example, Message

if TYPE_CHECKING:
    from ftexp.config import Training
    from ftexp.presets import Resolved
    from ftexp.steps import Steps

Reached = Callable[[int, str], None]  # told how many items are done so far, and a remark
Tuned = Path | str  # an adapter's directory, or the name under which a service answers for a fine-tune


@dataclass(frozen=True)
class Order:
    """A training that is wanted. `key` names everything that it depends on, `name` the run that asks for it."""

    key: str
    name: str
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    hyperparameters: Resolved
    seed: int
    training: Training
    start: Path | None = None  # the directory of an adapter to begin with
    retry_failed: bool = False  # another job in place of one that a service has ended badly


class Subject(Protocol):
    """A model that answers: the base, or a tuned one."""

    def answers(
        self, prompts: Sequence[Sequence[Message]], generation: Generation, reached: Reached, kept: KeptBatches | None = None
    ) -> Answers:
        """A reply to each prompt, in their order, at temperature 0; what was `kept` by an attempt before isn't asked again."""

    def losses(self, examples: Sequence[Example], reached: Reached) -> Losses:
        """How well it predicts the last reply of each example; without values and with the reason where it can't be told."""


class OpenModel(Protocol):
    """A model of the config, ready to be counted on: nothing is loaded, sent or paid for before `train` or a subject's answers."""

    @property
    def name(self) -> str: ...

    @property
    def revision(self) -> str:
        """Changes with whatever a base model's answers depend on."""

    @property
    def place(self) -> tuple[str, int]:
        """Where it computes, as far as numbers depend on it: a device and its threads."""

    @property
    def settings(self) -> tuple[Any, ...]:
        """What a training depends on besides data, revision, place, method, hyperparameters and seed."""

    @property
    def machine(self) -> Any:
        """The machine that trains, as a value with a canonical form; None where that is a service's business."""

    def check(self, method: Literal["supervised", "dpo"], hyperparameters: Resolved, seed: int, training: Training) -> None:
        """Raises ConfigError for what it can't be told, NotThereYetError for what it can't do yet."""

    def train(self, order: Order, step: Steps) -> TrainingResult:
        """Goes on from where an attempt before was cut off, and tells the curve as it comes."""

    def subject(self, tuned: Tuned | None) -> Subject:
        """The base, or a tuned model made from it."""
