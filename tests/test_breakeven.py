from __future__ import annotations

from datetime import date

import pytest

from ftexp.breakeven import BreakEven, Request, break_even, break_even_lines
from ftexp.prices import ModelPrice, TokenPrices

PRICE = ModelPrice(
    encoding="o200k_base",
    training=5,
    base=TokenPrices(input=0.4, cached_input=0.1, output=1.6),
    tuned=TokenPrices(input=0.8, cached_input=0.2, output=3.2),
    max_tokens=None,
    jobs_end=None,
    shutdown=date(2027, 1, 14),
)
TODAY = date(2026, 11, 24)
SHORT, LONG = Request(100, 50), Request(2000, 50)


def found(monthly: int | None = None, training: float = 3.2, base: Request = LONG) -> BreakEven:
    answer = break_even(training, SHORT, base, PRICE, monthly, TODAY)
    assert answer
    return answer


def test_a_shorter_prompt_pays_for_a_dearer_model() -> None:
    """Base: 2,000 x 0.4 + 50 x 1.6 = 880; tuned: 100 x 0.8 + 50 x 3.2 = 240, in millionths: 3.2 USD after 5,000 requests."""
    assert found() == BreakEven(base_usd=pytest.approx(0.00088), tuned_usd=pytest.approx(0.00024), requests=5000, months=None, why_never="")


def test_a_monthly_volume_says_when() -> None:
    assert found(monthly=10_000).months == 0.5


def test_it_never_pays_where_a_tuned_request_costs_as_much() -> None:
    """Base with 100 tokens costs half of the tuned one; with 400 it costs 400 x 0.4 + 80 = 240, the same."""
    for prompt in (100, 400):
        never = found(base=Request(prompt, 50))
        assert (never.requests, never.why_never) == (None, "a request to the tuned model costs no less than one to the base")


def test_it_never_pays_where_the_model_stops_before() -> None:
    """5,000 requests at 1,000 a month: 5 months, and 51 days are left."""
    never = found(monthly=1000)
    assert (never.requests, never.why_never) == (None, "it would take 5.0 months, and the model stops on 2027-01-14")


def test_a_model_without_prices_has_no_break_even() -> None:
    assert break_even(1.0, SHORT, LONG, PRICE.model_copy(update={"base": None}), None, TODAY) is None
    assert break_even_lines(None, None) == []


def test_lines_say_when_or_never_and_why() -> None:
    assert break_even_lines(found(monthly=10_000), 10_000)[0].startswith("after 5,000 requests, 0.5 months at 10,000 a month; ")
    assert break_even_lines(found(), None)[0].endswith("cost.monthly_requests=N says when")
    assert break_even_lines(found(monthly=1), 1)[0].startswith("never: it would take 5000.0 months")
