from __future__ import annotations

import pytest

from ftexp.backends.results import Answers, HostedModel, Reply, TrainingResult
from ftexp.billing import step_usd, total_usd
from ftexp.prices import ModelPrice, TokenPrices
from ftexp.values import Value

PRICE = ModelPrice(
    encoding="o200k_base",
    training=25.0,
    base=TokenPrices(input=2.0, cached_input=0.5, output=8.0),
    tuned=TokenPrices(input=3.0, cached_input=0.75, output=12.0),
    max_tokens=None,
    jobs_end=None,
    shutdown=None,
)
ANSWERS = Answers(replies=(Reply(text="a", tokens_in=100, tokens_out=10),) * 1000, batch_plan=((0,),), seconds=1)


def training(billed_tokens: int | None) -> TrainingResult:
    hosted = HostedModel(service="https://api.example.com/v1", job="j", model="ft:m", billed_tokens=billed_tokens)
    return TrainingResult(curve=(), hosted=hosted, best_step=1, steps=1, trained_tokens=billed_tokens, seconds=1)


@pytest.mark.parametrize(
    ("step", "result", "usd"),
    [
        ("train", training(300_000), 7.5),
        ("train", training(None), None),
        ("answers_base", ANSWERS, 0.28),
        ("answers_few_shot", ANSWERS, 0.28),
        ("answers_tuned", ANSWERS, 0.42),
        ("answers_general_tuned", ANSWERS, 0.42),
        ("answers_general_base", ANSWERS, 0.28),
        ("answers_validation", ANSWERS, 0.42),
    ],
)
def test_a_bill_counts_the_tokens_that_the_service_says_it_counted(step: str, result: Value, usd: float | None) -> None:
    assert step_usd(step, result, PRICE) == (usd if usd is None else pytest.approx(usd))


def test_a_run_s_bill_is_not_known_while_a_part_of_it_isn_t() -> None:
    assert total_usd([("train", training(300_000)), ("answers_tuned", ANSWERS)], PRICE) == pytest.approx(7.92)
    assert total_usd([("train", training(None)), ("answers_tuned", ANSWERS)], PRICE) is None
