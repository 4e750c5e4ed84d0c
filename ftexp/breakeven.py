"""When has the training paid for itself? A tuned model with a short prompt against the base with a long one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import TYPE_CHECKING

from ftexp.prices import ModelPrice, TokenPrices

if TYPE_CHECKING:
    from ftexp.estimating import Said
    from ftexp.run import Prepared

DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True)
class Request:
    """Mean tokens of one request and its answer."""

    tokens_in: float
    tokens_out: float

    def usd(self, price: TokenPrices) -> float:
        return (self.tokens_in * price.input + self.tokens_out * price.output) / 1e6


@dataclass(frozen=True)
class BreakEven:
    """`requests` and `months` are None where it never comes (`why_never`), months also where no volume is stated."""

    base_usd: float
    tuned_usd: float
    requests: int | None
    months: float | None
    why_never: str


def break_even(
    training_usd: float, tuned: Request, base: Request, price: ModelPrice, monthly_requests: int | None, today: date
) -> BreakEven | None:
    """None where the model has no prices. A request is what one costs without a cached prompt."""
    if price.base is None or price.tuned is None:
        return None
    with_base, with_tuned = base.usd(price.base), tuned.usd(price.tuned)
    if with_tuned >= with_base:
        return BreakEven(with_base, with_tuned, None, None, "a request to the tuned model costs no less than one to the base")
    requests = ceil(training_usd / (with_base - with_tuned))
    months = requests / monthly_requests if monthly_requests else None
    left = (price.shutdown - today).days / DAYS_A_MONTH if price.shutdown else None
    if months is not None and left is not None and months > left:
        why = f"it would take {months:.1f} months, and the model stops on {price.shutdown}"
        return BreakEven(with_base, with_tuned, None, None, why)
    return BreakEven(with_base, with_tuned, requests, months, "")


def break_even_lines(found: BreakEven | None, monthly_requests: int | None) -> list[str]:
    if found is None:
        return []
    each = (
        f"a request costs ${found.tuned_usd * 1000:.3f} a thousand tuned, ${found.base_usd * 1000:.3f} with the base and its longer prompt"
    )
    if found.requests is None:
        return [f"never: {found.why_never}; {each}"]
    when = f", {found.months:.1f} months at {monthly_requests:,} a month" if found.months is not None else ""
    more = "" if monthly_requests else "; cost.monthly_requests=N says when"
    return [f"after {found.requests:,} requests{when}; {each}{more}"]


def paying_off(p: Prepared, today: date) -> list[str]:
    """When the training of a prepared run has paid for itself; nothing where that has no basis."""
    price, training = p.model.price, next((part.usd for part in p.estimate.parts if part.usd), None)
    tuned, base = _mean_request(p.asked.get("tuned")), _long_request(p)
    if p.config.model.provider.kind != "openai" or price is None or training is None or base is None or tuned is None:
        return []
    monthly = p.config.cost.monthly_requests
    return break_even_lines(break_even(training.expected, tuned, base, price, monthly, today), monthly)


def _mean_request(said: Said | None) -> Request | None:
    return Request(said.prompts / said.items, said.references / said.items) if said and said.items else None


def _long_request(p: Prepared) -> Request | None:
    """To the base: with the prompt that was stated, or else with the examples in it. None where there is neither."""
    tuned, stated = _mean_request(p.asked.get("tuned")), p.config.cost.base_prompt_tokens
    if tuned and stated:
        return Request(stated, tuned.tokens_out)
    return _mean_request(p.asked.get("few_shot"))
