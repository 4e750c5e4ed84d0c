"""What is trained, as a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ftexp.backends.local.chat import Encoded
from ftexp.backends.providers import Lora
from ftexp.backends.stopping import BestMetric, EarlyStopping


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one prompt, each with that prompt as a model sees it; what is learned in them is the answer and its end of turn."""

    preferred: Encoded
    rejected: Encoded


Lesson = Encoded | Pair


def sequences_of(lessons: Iterable[Lesson]) -> tuple[Encoded, ...]:
    """What a model reads of them: of a pair both."""
    return tuple(e for one in lessons for e in ((one.preferred, one.rejected) if isinstance(one, Pair) else (one,)))


def tokens_of(lessons: Iterable[Lesson]) -> int:
    return sum(len(e.ids) for e in sequences_of(lessons))


def longest_of(lesson: Lesson) -> int:
    """Tokens of the longer conversation."""
    return max(len(e.ids) for e in sequences_of([lesson]))


@dataclass(frozen=True)
class Job:
    """`learning_rate` is the peak; `validate_every` is in steps. Pairs are learned from by preference, with `beta`.

    `start` is the directory of an adapter to begin with, which for preference is the reference too; None: the base.
    """

    train: tuple[Lesson, ...]
    validation: tuple[Lesson, ...]
    n_epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    lora: Lora
    validate_every: int
    early_stopping: EarlyStopping | None = None
    best_metric: BestMetric = "validation/loss"
    beta: float = 0.1
    start: Path | None = None

    @property
    def steps(self) -> int:
        """Where it isn't stopped early."""
        return self.n_epochs * self.steps_per_epoch

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self.train) // self.batch_size)

    @property
    def tokens(self) -> int:
        """Read in training where it isn't stopped early, every pass counted, validation not."""
        return self.n_epochs * tokens_of(self.train) + self.reference_tokens

    @property
    def reference_tokens(self) -> int:
        """Read once by the reference, before the first step."""
        return tokens_of(one for one in self.train if isinstance(one, Pair))
