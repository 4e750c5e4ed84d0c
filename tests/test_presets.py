from __future__ import annotations

import pytest

from ftexp.errors import ConfigError
from ftexp.presets import Hyperparameters, Preset, Resolved, resolve

CANDIDATES = {
    "large": Preset(below_examples=None, n_epochs=2, batch_size=16, learning_rate_multiplier=1.5),
    "small": Preset(below_examples=200, n_epochs=5, batch_size=1, learning_rate_multiplier=0.5),
    "medium": Preset(below_examples=1001, n_epochs=3, batch_size=4, learning_rate_multiplier=1.0),
}
AUTO = Hyperparameters(n_epochs="auto", batch_size="auto", learning_rate_multiplier="auto", candidates=CANDIDATES)


@pytest.mark.parametrize(
    ("examples", "preset"), [(1, "small"), (199, "small"), (200, "medium"), (1000, "medium"), (1001, "large"), (50_000, "large")]
)
def test_auto_picks_by_the_number_of_training_examples(examples: int, preset: str) -> None:
    picked = CANDIDATES[preset]
    assert resolve(AUTO, examples) == Resolved(
        n_epochs=picked.n_epochs,
        batch_size=picked.batch_size,
        learning_rate_multiplier=picked.learning_rate_multiplier,
        preset=preset,
    )


def test_a_value_of_ones_own_stays() -> None:
    resolved = resolve(AUTO.model_copy(update={"n_epochs": 7}), 100)
    assert (resolved.n_epochs, resolved.batch_size, resolved.preset) == (7, 1, "small")


def test_what_the_provider_picks_is_left_to_it() -> None:
    resolved = resolve(AUTO.model_copy(update={"batch_size": "provider_auto"}), 100)
    assert (resolved.n_epochs, resolved.batch_size) == (5, "provider_auto")


def test_no_preset_is_named_where_nothing_was_left_to_pick() -> None:
    chosen = Hyperparameters(n_epochs=1, batch_size=2, learning_rate_multiplier=0.5, candidates=CANDIDATES)
    assert resolve(chosen, 100) == Resolved(n_epochs=1, batch_size=2, learning_rate_multiplier=0.5)


def test_auto_without_a_candidate_that_fits_says_what_to_do() -> None:
    for candidates in ({}, {"small": CANDIDATES["small"]}):
        with pytest.raises(ConfigError, match="found auto, but no preset for 200 training examples; use preset=auto"):
            resolve(AUTO.model_copy(update={"candidates": candidates}), 200)
