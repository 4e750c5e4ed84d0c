"""What is trained, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from ftexp.backends.local.chat import Encoded
from ftexp.backends.providers import Lora
from ftexp.backends.stopping import BestMetric, EarlyStopping


@dataclass(frozen=True)
class Job:
    """`learning_rate` is the peak; `validate_every` is in steps."""

    train: tuple[Encoded, ...]
    validation: tuple[Encoded, ...]
    n_epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    lora: Lora
    validate_every: int
    early_stopping: EarlyStopping | None = None
    best_metric: BestMetric = "validation/loss"

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
        return self.n_epochs * sum(len(e.ids) for e in self.train)
