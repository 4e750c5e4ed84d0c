"""Hyperparameters, and the preset that a training count picks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ftexp.errors import ConfigError
from ftexp.values import Value

Epochs = Annotated[int, Field(ge=1, le=50)]
BatchSize = Annotated[int, Field(ge=1, le=256)]
Multiplier = Annotated[float, Field(gt=0, le=100)]
Chosen = Literal["auto", "provider_auto"]

_EPOCHS = "a whole number from 1 to 50, auto, or provider_auto"
_BATCH = "a whole number from 1 to 256, auto, or provider_auto"
_MULTIPLIER = "a number above 0 and up to 100, auto, or provider_auto"


class Preset(Value):
    """Values for training sets below a size."""

    below_examples: int | None = Field(description="a whole number, or null for no upper end")
    n_epochs: Epochs = Field(description="a whole number from 1 to 50")
    batch_size: BatchSize = Field(description="a whole number from 1 to 256")
    learning_rate_multiplier: Multiplier = Field(description="a number above 0 and up to 100")


class Hyperparameters(Value):
    """As written: `auto` is resolved by the training count, `provider_auto` by a hosted service."""

    n_epochs: Epochs | Chosen = Field(description=_EPOCHS)
    batch_size: BatchSize | Chosen = Field(description=_BATCH)
    learning_rate_multiplier: Multiplier | Chosen = Field(description=_MULTIPLIER)
    below_examples: int | None = Field(default=None, description="a whole number, or null for no upper end")
    candidates: dict[str, Preset] = Field(default_factory=dict, description="presets by name")


class Resolved(Value):
    """What a run trains with. `preset` names the one that `auto` picked, None where nothing was left to pick."""

    n_epochs: Epochs | Literal["provider_auto"]
    batch_size: BatchSize | Literal["provider_auto"]
    learning_rate_multiplier: Multiplier | Literal["provider_auto"]
    preset: str | None = None


def resolve(wanted: Hyperparameters, training_examples: int) -> Resolved:
    """Every `auto` replaced from the candidate with the lowest `below_examples` above the count.

    The sizes and values are the seed table: under 200, 200 to 1,000, above 1,000 examples.
    Raises ConfigError when `auto` is asked for and no candidate fits.
    """
    fields = ("n_epochs", "batch_size", "learning_rate_multiplier")
    written = {field: getattr(wanted, field) for field in fields}
    if "auto" not in written.values():
        return Resolved(**written)
    name = _fitting(wanted.candidates, training_examples)
    picked = wanted.candidates[name]
    return Resolved(**{f: getattr(picked, f) if v == "auto" else v for f, v in written.items()}, preset=name)


def _fitting(candidates: dict[str, Preset], training_examples: int) -> str:
    fits = {name: c for name, c in candidates.items() if c.below_examples is None or training_examples < c.below_examples}
    if not fits:
        raise ConfigError(
            f"hyperparameters: found auto, but no preset for {training_examples} training examples; use preset=auto, or set the value"
        )
    return min(fits, key=lambda name: fits[name].below_examples or float("inf"))
