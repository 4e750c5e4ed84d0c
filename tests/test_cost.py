from __future__ import annotations

from typing import Literal

import pytest

from ftexp.cost import (
    Asking,
    Estimate,
    Part,
    Range,
    Rate,
    Work,
    apart,
    epochs_of,
    on_a_service,
    on_this_machine,
    total,
)
from ftexp.prices import ModelPrice, TokenPrices
from ftexp.tokens import TokenCounts

TOKENS = TokenCounts(train=100_000, validation=20_000, longest=400)
PRICE = ModelPrice(
    encoding="o200k_base",
    training=25,
    base=TokenPrices(input=1, cached_input=1, output=10),
    tuned=TokenPrices(input=2, cached_input=2, output=20),
    max_tokens=1,
    jobs_end=None,
    shutdown=None,
)


def asking(kind: Literal["answers", "loss"], subject: str, key: str, rate: str) -> Asking:
    return Asking(kind, subject, key, 10, prompt_tokens=1000, reference_tokens=200, most_tokens=50, rate=rate, name=f"{kind}: {subject}")


BASE = asking("answers", "base", "b", rate="base")
TUNED = Asking(
    "answers", "tuned", "t", items=10, prompt_tokens=1000, reference_tokens=200, most_tokens=50, rate="tuned", name="answers: tuned"
)
LOSS = asking("loss", "base", "l", rate="loss")


def work(*asked: Asking, epochs: object = 3, examples: int = 1000, tokens: TokenCounts | None = TOKENS) -> Work:
    return Work("train", examples, tokens, epochs, asked, rate="training")  # type: ignore[arg-type]  # an epoch count or provider_auto


def priced(estimate: Estimate, name: str) -> Range | None:
    return next(p.usd for p in estimate.parts if p.name == name)


def ends(found: Range | None) -> tuple[float, float, float]:
    assert found
    return (found.low, found.expected, found.high)


def test_training_costs_tokens_times_epochs_and_validation_nothing() -> None:
    found = on_a_service(work(), PRICE, retries=0)
    assert found.training_tokens == Range(low=(100_000 - 3 * 1000) * 3, expected=300_000, high=300_000)
    assert priced(found, "training") == Range(low=7.275, expected=7.5, high=7.5)


def test_the_guides_own_example_costs_what_it_says() -> None:
    """500 examples of 200 tokens, 3 epochs, at 0.008 USD per 1,000 tokens: 2.4 USD."""
    price = PRICE.model_copy(update={"training": 8.0})
    found = on_a_service(work(examples=500, tokens=TokenCounts(train=500 * 200, validation=0, longest=200)), price, retries=0)
    assert found.usd and found.usd.expected == pytest.approx(2.4)


def test_answers_cost_what_is_read_and_written_at_the_base_or_the_tuned_price() -> None:
    """Base: 1,000 in at 1, and 100, 200 or 10 x 50 out at 10 a million; tuned twice that."""
    found = on_a_service(work(BASE, TUNED), PRICE, retries=0)
    assert priced(found, "answers: base") == Range(low=0.002, expected=0.003, high=0.006)
    assert priced(found, "answers: tuned") == Range(low=0.004, expected=0.006, high=0.012)


def test_retries_are_none_a_share_or_twice_that_of_the_answers() -> None:
    found = on_a_service(work(BASE), PRICE, retries=0.1)
    assert ends(priced(found, "retries")) == pytest.approx((0, 0.0003, 0.0012))


def test_a_service_is_not_asked_for_losses() -> None:
    assert [p.name for p in on_a_service(work(BASE, LOSS), PRICE, retries=0).parts] == ["training", "answers: base", "retries"]


@pytest.mark.parametrize(
    ("examples", "epochs"),
    [(1, 25), (4, 25), (5, 20), (10, 10), (33, 3), (34, 3), (1000, 3), (8333, 3), (8334, 2), (12_500, 2), (25_000, 1), (90_000, 1)],
)
def test_what_a_service_picks_by_itself_follows_the_number_of_examples(examples: int, epochs: int) -> None:
    found = epochs_of("provider_auto", examples)
    assert found.expected == epochs
    assert 1 <= found.low <= epochs <= found.high <= 25


def test_epochs_left_to_the_service_make_a_wide_range_that_says_so() -> None:
    found = on_a_service(work(epochs="provider_auto"), PRICE, retries=0)
    assert found.training_tokens == Range(low=97_000, expected=300_000, high=600_000)
    assert found.assumptions[0].startswith("epochs: the service picks them; about 3 by the rule it once published, 1 (low) to 6 (high)")


def test_a_local_run_costs_time_by_its_measured_rates() -> None:
    rates = {"training": 1500.0, "base": 12.0}

    def rate(name: str) -> Rate | None:
        return Rate(slowest=rates[name], latest=rates[name], fastest=rates[name]) if name in rates else None

    found = on_this_machine(work(BASE), rate, usd_per_hour=None)
    assert [p.seconds.expected for p in found.parts if p.seconds] == [200, 100]
    assert ends(found.seconds) == pytest.approx((200 / 1.2 + 1100 / 14.4, 300, 200 / 0.8 + 1500 / 9.6))
    assert (found.usd, found.billed, found.hourly) == (None, False, False)


def test_a_rate_that_has_varied_more_widens_the_range() -> None:
    found = on_this_machine(work(), lambda _: Rate(slowest=500, latest=1500, fastest=3000), usd_per_hour=None)
    assert found.seconds == Range(low=100, expected=200, high=600)


def test_an_hour_of_this_machine_has_a_price_where_one_is_stated() -> None:
    found = on_this_machine(work(), lambda _: Rate(slowest=1500, latest=1500, fastest=1500), usd_per_hour=1.8)
    assert found.usd and found.usd.expected == pytest.approx(0.1)


def test_a_price_of_zero_is_free_and_no_price_is_unknown() -> None:
    free = on_a_service(work(), PRICE.model_copy(update={"training": 0.0}), retries=0).usd
    assert free and free.expected == 0
    assert on_a_service(work(), None, retries=0).usd is None
    assert on_a_service(work(), PRICE.model_copy(update={"training": None}), retries=0).usd is None


def test_what_depends_on_something_unknown_is_unknown() -> None:
    found = on_a_service(work(tokens=None), PRICE, retries=0)
    assert (found.training_tokens, found.usd, found.seconds) == (None, None, None)
    assert on_this_machine(work(BASE), lambda name: None, usd_per_hour=1).usd is None
    assert total([Range.exactly(1), None]) is None


def test_what_runs_share_counts_once_and_what_is_on_record_not_at_all() -> None:
    def run(train: str) -> Estimate:
        parts = [Part(name="training", key=k, tokens_in=None, tokens_out=None, usd=Range.exactly(1), seconds=None) for k in (train, "base")]
        return Estimate(billed=True, parts=tuple(parts), assumptions=())

    assert total(e.usd for e in apart([run("a"), run("b")])) == Range.exactly(3)
    assert run("a").without(["a"]).usd == Range.exactly(1)
