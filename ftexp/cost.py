"""What training costs: dated prices times counted tokens, or measured throughput times tokens."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from ftexp.presets import Resolved
from ftexp.tokens import TokenCounts
from ftexp.values import Value


class TokenPrices(Value):
    """USD per million tokens."""

    input: float = Field(ge=0, description="USD per million tokens")
    cached_input: float = Field(ge=0, description="USD per million tokens")
    output: float = Field(ge=0, description="USD per million tokens")


class ModelPrice(Value):
    """The dated facts of one hosted model."""

    encoding: Literal["o200k_base", "cl100k_base"] = Field(description="o200k_base or cl100k_base")
    training: float = Field(ge=0, description="USD per million tokens")
    base: TokenPrices
    tuned: TokenPrices
    max_tokens: int = Field(ge=1, description="a whole number from 1")
    jobs_end: date | None = Field(description="a date like 2027-01-06, or null")
    shutdown: date | None = Field(description="a date like 2027-01-14, or null")


class Prices(Value):
    """A price table with the day it was read."""

    name: str = Field(description="text")
    source: str = Field(description="an address")
    read_on: date = Field(description="a date like 2026-11-22")
    models: dict[str, ModelPrice] = Field(description="prices by model name")


class Estimate(Value):
    """What training takes. `usd` is None for a local run or an unknown price, `seconds` None where nothing was measured yet."""

    training_tokens: int | None
    usd: float | None
    seconds: float | None


def estimate(tokens: TokenCounts | None, hyperparameters: Resolved, price: ModelPrice | None, tokens_per_second: float | None) -> Estimate:
    """Billed tokens are the file's tokens times epochs; validation is free (OpenAI's guide, read 2026-11-22).

    `tokens` is None where no tokenizer is at hand; so is then what follows from it.
    """
    if tokens is None or hyperparameters.n_epochs == "provider_auto":
        return Estimate(training_tokens=None, usd=None, seconds=None)
    total = tokens.train * hyperparameters.n_epochs
    return Estimate(
        training_tokens=total,
        usd=total * price.training / 1e6 if price else None,
        seconds=total / tokens_per_second if tokens_per_second else None,
    )
