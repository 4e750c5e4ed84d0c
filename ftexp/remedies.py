"""What to do about a training that went wrong: in words, and as an override of the command line. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from ftexp.backends.stopping import EarlyStopping
from ftexp.presets import Resolved

# The founding document's remedies, and what goes without saying for the conditions that it doesn't name.
OVERFITTING = ("fewer passes over the examples", "more diverse training examples", "a lower learning rate", "early stopping")
UNDERFITTING = ("more passes over the examples", "more training examples", "a higher learning rate", "a look at the quality of the data")
FORGETTING = ("a lower learning rate", "fewer passes over the examples", "LoRA with a lower rank or on fewer layers")
MEMORISED = ("more training examples, and more diverse ones", "fewer passes over the examples", "a lower learning rate", "early stopping")
DIVERGENCE = ("a lower learning rate", "a longer warm-up", "larger batches", "a look for broken examples in the data")
PLATEAU = (
    "a higher learning rate",
    "a look at whether the answers follow from the questions",
    "more layers or a higher rank",
)
TOO_SHORT = ("more passes over the examples", "validation after fewer steps")

MOST_EPOCHS, MOST_MULTIPLIER = 50, 100.0  # the bounds of `ftexp.presets`


@dataclass(frozen=True)
class Setting:
    """What a training was told, how many passes it made, 0 where that isn't known, and after which share of them it was best."""

    hyperparameters: Resolved
    early_stopping: EarlyStopping | None
    epochs: float
    best: float

    @property
    def n_epochs(self) -> int:
        """Those made, where a service chose."""
        wanted = self.hyperparameters.n_epochs
        return wanted if isinstance(wanted, int) else max(round(self.epochs), 1)


def fewer_epochs(setting: Setting) -> str:
    """As many as until the best model."""
    best = max(ceil((setting.epochs or setting.n_epochs) * setting.best - 1e-6), 1)
    return f"hyperparameters.n_epochs={best}" if best < setting.n_epochs else ""


def more_epochs(setting: Setting) -> str:
    more = min(setting.n_epochs + 2, MOST_EPOCHS)
    return f"hyperparameters.n_epochs={more}" if more > setting.n_epochs else ""


def stop_early(setting: Setting) -> str:
    return "" if setting.early_stopping else "training.early_stopping.patience=3"


def lower_rate(setting: Setting) -> str:
    return _rate(setting, 0.5)


def higher_rate(setting: Setting) -> str:
    return _rate(setting, 2.0)


def _rate(setting: Setting, times: float) -> str:
    """A multiplier that a service chose is taken for 1."""
    today = setting.hyperparameters.learning_rate_multiplier
    wanted = min((1.0 if today == "provider_auto" else today) * times, MOST_MULTIPLIER)
    return f"hyperparameters.learning_rate_multiplier={wanted!r}" if 0 < wanted != today else ""
