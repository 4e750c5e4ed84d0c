"""What a loss curve is said to show, and what is to be tried next. How often that is right: benchmarks/diagnosis.py."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import exp, inf, nan
from pathlib import Path
from typing import get_args

import pytest
from tiny import chat

from ftexp.backends.results import Point, Reply
from ftexp.backends.stopping import EarlyStopping
from ftexp.compose import compose
from ftexp.diagnosis import SEVEREST_FIRST, Condition, Diagnosis, diagnose, try_next
from ftexp.evaluation.items import Item
from ftexp.evaluation.scoring import Comparison
from ftexp.evaluation.statistics import Difference, Mean
from ftexp.loss_curve import Curves, curves_of, scatter_of
from ftexp.presets import Resolved
from ftexp.side_effects import Copied, Forgotten, copied, forgotten

TODAY = Resolved(n_epochs=5, batch_size=4, learning_rate_multiplier=1.0)
FALLING = [1.4, 0.9, 0.62, 0.5, 0.44, 0.42, 0.41, 0.412, 0.409, 0.411]
RISING_AGAIN = [1.4, 0.9, 0.62, 0.5, 0.45, 0.412, 0.43, 0.46, 0.49, 0.518]
LEARNING = [1.4 * exp(-0.25 * n) + 0.1 for n in range(10)]


def curves(validation: Sequence[float], train: Sequence[float] = (), epochs: float = 5.0) -> Curves:
    """A validation every ten steps from the base's on; ten steps of training loss before each that `train` has a level for."""
    points = tuple((10 * n, value) for n, value in enumerate(validation))
    steps = tuple((10 * n + i + 1, level) for n, level in enumerate(train) for i in range(10))
    return Curves(steps, points, epochs=epochs)


def said(c: Curves, today: Resolved = TODAY, early_stopping: EarlyStopping | None = None) -> tuple[Diagnosis, ...]:
    best = min((p for p in c.validation if p[1] == p[1]), key=lambda p: p[1], default=(0, 0.0))[0]
    return diagnose(c, best, c.validation[-1][0] if c.validation else 0, today, early_stopping)


def conditions(c: Curves) -> list[Condition]:
    return [d.condition for d in said(c)]


@pytest.mark.parametrize(
    ("validation", "train", "expected"),
    [
        (FALLING, FALLING, ["well_fitted"]),
        (RISING_AGAIN, LEARNING, ["overfitting"]),
        (RISING_AGAIN, [], ["overfitting"]),
        ([1.4, 1.41, 1.39, 1.4, 1.405, 1.4, 1.395, 1.41], LEARNING, ["overfitting"]),
        ([1.4, 1.41, 1.39, 1.4, 1.405, 1.4, 1.395, 1.41], [1.4] * 8, ["plateau"]),
        ([1.4, 1.3, 1.2, 1.1, 1.0, 0.9], [1.4, 1.3, 1.2, 1.1, 1.0, 0.9], ["underfitting"]),
        ([1.4, 1.3, 1.29, 1.295, 1.29, 1.292], [1.4, 1.3, 1.29, 1.3, 1.29, 1.3], ["plateau"]),
        ([1.4, 1.0, 0.7, 1.6, 2.2, 2.1], [1.4, 1.0, 0.7, 1.9, 2.2, 2.1], ["divergence"]),
        ([1.4, 2.0, 3.0, 3.0, 3.1, 3.0], [1.4, 2.0, 3.0, 3.0, 3.1, 3.0], ["divergence"]),
        ([1.4, 0.8, 0.6, 0.65, 0.7, 0.78], [0.7, 0.2, 0.05, 0.02, 0.01, 0.01], ["memorised"]),
        ([1.4, 0.9, 0.8, 0.81, 0.8, 0.8], [0.7, 0.2, 0.05, 0.02, 0.01, 0.01], ["memorised"]),
        ([], [], ["too_short_to_tell"]),
        ([1.4], [], ["too_short_to_tell"]),
        ([1.4, 0.9], [1.4], ["too_short_to_tell"]),
        ([1.4, 0.9, 1.6], [1.4, 0.5], ["too_short_to_tell"]),
    ],
)
def test_a_curve_has_its_condition(validation: list[float], train: list[float], expected: list[Condition]) -> None:
    assert conditions(curves(validation, train)) == expected


def test_the_evidence_is_in_figures() -> None:
    (found,) = said(curves(RISING_AGAIN, LEARNING))
    assert found.evidence.startswith("validation loss rose from 0.430 around step 50 to 0.490 by step 90, ")
    assert "times its scatter of 0.01" in found.evidence
    assert "training loss fell from 0.615 around step 50 to 0.248 by step 100" in found.evidence


@pytest.mark.parametrize("broken", [nan, inf, -inf, -1.0, 1e30])
def test_a_loss_that_is_no_number_is_a_divergence_wherever_it_stands(broken: float) -> None:
    for place in range(3):
        validation, train = [1.4, 0.9, 0.8], [1.4, 0.9, 0.8]
        validation[place] = train[place] = broken
        assert conditions(curves(validation)) == conditions(curves([1.4, 0.9], train)) == ["divergence"]
    assert f"was {broken} at step 20" in said(curves([1.4, 0.9, broken]))[0].evidence


def test_spikes_that_come_back_change_nothing() -> None:
    spiky = [*FALLING]
    spiky[4] *= 3
    train = [*FALLING]
    train[6] *= 5
    assert conditions(curves(spiky, train)) == ["well_fitted"]


def test_one_higher_value_at_the_end_is_no_overfitting_yet() -> None:
    assert conditions(curves([*FALLING, 0.45], FALLING)) == ["well_fitted"]


def test_a_rise_that_does_not_matter_is_none() -> None:
    assert conditions(curves([1.4, 0.3, 0.05, 0.02, 0.019, 0.021, 0.022, 0.024, 0.025], LEARNING)) == ["well_fitted"]


def test_noise_on_a_plateau_is_seldom_taken_for_more() -> None:
    rng, alarms = random.Random(11), 0
    for _ in range(200):
        batches = tuple((step, 1.4 * exp(rng.gauss(0, 0.2))) for step in range(1, 121))
        noisy = replace(curves([1.4 * exp(rng.gauss(0, 0.05)) for _ in range(12)]), train=batches)
        alarms += bool({"overfitting", "divergence"} & set(conditions(noisy)))
    assert alarms <= 10


def test_scatter_is_what_values_turn_back_by_and_no_curvature() -> None:
    rng = random.Random(5)
    noisy = tuple((n, 10 + rng.gauss(0, 1)) for n in range(1000))
    assert scatter_of(noisy).value == pytest.approx(1.0, rel=0.1)
    assert scatter_of(tuple((n, exp(-n / 5)) for n in range(20))).value < 0.01


def test_any_curve_gets_a_diagnosis() -> None:
    values = [0.0, 1e-300, 0.5, 2.0, 1e6, 1e308, nan]
    for length in range(5):
        for series in product(values, repeat=length):
            assert said(curves(series, series[:2])), series


def test_the_most_severe_comes_first() -> None:
    assert set(SEVEREST_FIRST) == set(get_args(Condition))
    lost = Forgotten(metric="general/right", base=0.6, change=-0.2, low=-0.3, high=-0.1)
    found = diagnose(curves(RISING_AGAIN, LEARNING), 50, 90, TODAY, forgotten=[lost], copied=Copied(replies=20, of=40))
    assert [d.condition for d in found] == ["forgetting", "memorised", "overfitting"]
    assert "general/right went from 0.600 to 0.400, by [-0.300, -0.100]" in found[0].evidence
    assert "20 of 40 replies" in found[1].evidence
    assert "mix" not in " ".join(found[0].remedies), "there is nothing yet to mix general data in with"


def test_a_run_that_repeats_training_examples_is_not_called_well_fitted() -> None:
    found = diagnose(curves(FALLING, FALLING), 80, 90, TODAY, copied=Copied(replies=9, of=40))
    assert [d.condition for d in found] == ["memorised"]


CASES = {
    "overfitting": curves(RISING_AGAIN, LEARNING),
    "memorised": curves([1.4, 0.8, 0.6, 0.65, 0.7, 0.78], [0.7, 0.2, 0.05, 0.02, 0.01, 0.01]),
    "plateau": curves([1.4, 1.41, 1.39, 1.4, 1.405, 1.4], [1.4] * 6),
    "underfitting": curves([1.4, 1.3, 1.2, 1.1, 1.0, 0.9], [1.4, 1.3, 1.2, 1.1, 1.0, 0.9]),
    "divergence": curves([1.4, nan]),
    "too_short_to_tell": curves([1.4, 0.9]),
    "well_fitted": curves(FALLING, FALLING),
}


@pytest.mark.parametrize("condition", CASES)
def test_what_to_try_next_is_valid_and_not_what_it_is_today(condition: str) -> None:
    for epochs, rate, stopping in ((1, 1.0, None), (50, 100.0, None), (3, 1e-12, EarlyStopping(patience=3))):
        today = Resolved(n_epochs=epochs, batch_size=4, learning_rate_multiplier=rate)
        override = try_next(said(CASES[condition], today, stopping), seed=7)
        written = [f"hyperparameters.n_epochs={epochs}", f"hyperparameters.learning_rate_multiplier={rate!r}", "seed=7"]
        written += ["training.early_stopping.patience=3"] if stopping else []
        assert compose([*written, override], Path.cwd()).config != compose(written, Path.cwd()).config


@pytest.mark.parametrize(
    ("condition", "today", "override"),
    [
        ("overfitting", TODAY, "hyperparameters.n_epochs=3"),
        ("overfitting", Resolved(n_epochs=1, batch_size=4, learning_rate_multiplier=1.0), "training.early_stopping.patience=3"),
        ("underfitting", TODAY, "hyperparameters.n_epochs=7"),
        ("underfitting", Resolved(n_epochs=50, batch_size=4, learning_rate_multiplier=1.0), "hyperparameters.learning_rate_multiplier=2.0"),
        ("plateau", TODAY, "hyperparameters.learning_rate_multiplier=2.0"),
        ("divergence", TODAY, "hyperparameters.learning_rate_multiplier=0.5"),
        (
            "divergence",
            Resolved(n_epochs="provider_auto", batch_size="provider_auto", learning_rate_multiplier="provider_auto"),
            "hyperparameters.learning_rate_multiplier=0.5",
        ),
        ("well_fitted", TODAY, ""),
    ],
)
def test_the_override_fits_the_condition(condition: str, today: Resolved, override: str) -> None:
    assert said(CASES[condition], today)[0].override == override


def test_overfitting_again_with_early_stopping_asks_for_a_lower_rate() -> None:
    once = Resolved(n_epochs=1, batch_size=4, learning_rate_multiplier=1.0)
    (found,) = said(curves(RISING_AGAIN, LEARNING, epochs=1.0), once, EarlyStopping(patience=5))
    assert found.override == "hyperparameters.learning_rate_multiplier=0.5"


def test_without_anything_to_change_another_seed_is_tried() -> None:
    assert try_next(said(CASES["well_fitted"]), seed=4) == "seed=5"
    assert try_next(said(CASES["well_fitted"]), seed=2**31 - 1) == "seed=0"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("quickstart/e3-lr1.0-s0-support_tickets-smollm2-135m", "well_fitted"),
        ("epochs_lr_sweep/e1-lr0.5-s0-n40-support_tickets-smollm2-135m", "too_short_to_tell"),
        ("epochs_lr_sweep/e5-lr0.5-s0-n40-support_tickets-smollm2-135m", "underfitting"),
        ("epochs_lr_sweep/e5-lr2.0-s0-n40-support_tickets-smollm2-135m", "well_fitted"),
        ("examples_needed/e5-lr2.0-s0-n10-support_tickets-smollm2-135m", "underfitting"),
    ],
)
def test_real_curves_on_record(run: str, expected: Condition) -> None:
    experiment, name = run.split("/")
    record = Path(__file__).parents[1] / "experiments" / experiment / "metrics.json"
    outcome = next(r["outcome"] for r in json.loads(record.read_text(encoding="utf-8"))["runs"] if r["name"] == name)
    assert conditions(curves_of([Point(**point) for point in outcome["curve"]])) == [expected]


def comparison(metric: str, base: float, low: float, high: float) -> Comparison:
    mean = Mean(value=base, standard_error=0.01, low=base - 0.02, high=base + 0.02, n=300)
    return Comparison(
        means={metric: {"base": mean}},
        differences={metric: {"base": Difference(value=(low + high) / 2, low=low, high=high, n=300)}},
        unscored={},
    )


OTHER = ("eval.suites.other={items: {kind: generated, suite: general}, metrics: {right: {kind: exact_match}, off: {kind: held_out_loss}}}",)


@pytest.mark.parametrize(
    ("metric", "low", "high", "worse"),
    [
        ("other/right", -0.3, -0.1, True),
        ("other/right", -0.3, 0.01, False),
        ("other/right", 0.1, 0.3, False),
        ("other/right", -0.02, -0.01, False),
        ("other/off", 0.1, 0.3, True),
        ("other/off", -0.3, -0.1, False),
        ("chat/chrf", -0.3, -0.1, False),
    ],
)
def test_what_is_forgotten_is_worse_beyond_doubt_on_other_questions(metric: str, low: float, high: float, worse: bool) -> None:
    evaluation = compose(["eval=chat", *OTHER], Path.cwd()).config.evaluation
    assert [f.metric for f in forgotten(comparison(metric, 0.6, low, high), evaluation)] == ([metric] if worse else [])


def test_copies_are_wrong_replies_in_the_words_of_one_training_example() -> None:
    own, shared = "The shop in Taipei opens at nine.", "We are glad to help you today."
    train = [chat("a", own), chat("b", shared), chat("c", shared), chat("d", "billing")]
    replies = [own, own, shared, "billing", "Something else altogether."]
    references = ["The shop in Tainan opens at ten.", own, "x", "delivery", "y"]
    found = copied(
        [Reply(text=text, tokens_in=1, tokens_out=1) for text in replies], [Item((), reference, "") for reference in references], train
    )
    assert found == Copied(replies=1, of=5)
