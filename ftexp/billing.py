"""What a service bills, by the price table and the tokens that it says it counted. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ftexp.backends.results import Answers, TrainingResult
from ftexp.cost import TUNED
from ftexp.prices import ModelPrice, TokenPrices
from ftexp.values import Value


def training_usd(training: TrainingResult, price: ModelPrice) -> float | None:
    """None where the service doesn't say how many tokens it bills, or the table has no price of training."""
    tokens = training.hosted.billed_tokens if training.hosted else None
    return None if tokens is None or price.training is None else tokens * price.training / 1e6


def answers_usd(answers: Answers, price: TokenPrices) -> float:
    """As if nothing was cached, which makes it the most that it can be."""
    return sum(r.tokens_in * price.input + r.tokens_out * price.output for r in answers.replies) / 1e6


def step_usd(name: str, result: Value, price: ModelPrice) -> float | None:
    """Of one step of a run, by its name. 0 for what a service has no part in, None where it isn't known."""
    match result:
        case TrainingResult():
            return training_usd(result, price)
        case Answers():
            of = price.tuned if name.rpartition("_")[2] in TUNED else price.base
            return None if of is None else answers_usd(result, of)
        case _:
            return 0.0


def total_usd(steps: Iterable[tuple[str, Value]], price: ModelPrice) -> float | None:
    """None as soon as one isn't known."""
    found = [step_usd(name, result, price) for name, result in steps]
    return None if None in found else sum(each for each in found if each is not None)
