from __future__ import annotations

import pytest

from ftexp.cost import Estimate, ModelPrice, TokenPrices, estimate
from ftexp.presets import Resolved
from ftexp.tokens import TokenCounts

TOKENS = TokenCounts(train=100_000, validation=20_000, longest=400)
THREE_EPOCHS = Resolved(n_epochs=3, batch_size=4, learning_rate_multiplier=1.0)
PER_MILLION = TokenPrices(input=1, cached_input=1, output=1)
PRICE = ModelPrice(encoding="o200k_base", training=25, base=PER_MILLION, tuned=PER_MILLION, max_tokens=1, jobs_end=None, shutdown=None)


def test_training_costs_tokens_times_epochs_and_validation_nothing() -> None:
    assert estimate(TOKENS, THREE_EPOCHS, PRICE, None) == Estimate(training_tokens=300_000, usd=7.5, seconds=None)


def test_the_guides_own_example_costs_what_it_says() -> None:
    """500 examples of 200 tokens, 3 epochs, at 0.008 USD per 1,000 tokens: 2.4 USD."""
    price = PRICE.model_copy(update={"training": 8.0})
    assert estimate(TokenCounts(train=500 * 200, validation=0, longest=200), THREE_EPOCHS, price, None).usd == pytest.approx(2.4)


def test_a_local_run_costs_time_by_its_measured_speed() -> None:
    assert estimate(TOKENS, THREE_EPOCHS, None, 1500.0) == Estimate(training_tokens=300_000, usd=None, seconds=200.0)


def test_a_price_of_zero_is_free_and_no_price_is_unknown() -> None:
    assert estimate(TOKENS, THREE_EPOCHS, PRICE.model_copy(update={"training": 0.0}), None).usd == 0
    assert estimate(TOKENS, THREE_EPOCHS, None, None).usd is None


def test_what_depends_on_something_unknown_is_unknown() -> None:
    unknown = Estimate(training_tokens=None, usd=None, seconds=None)
    assert estimate(None, THREE_EPOCHS, PRICE, 1500.0) == unknown
    assert estimate(TOKENS, THREE_EPOCHS.model_copy(update={"n_epochs": "provider_auto"}), PRICE, 1500.0) == unknown
