"""What a hosted service takes, and until when: dated facts, and what they mean on a given day. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Literal

from pydantic import Field

from ftexp.backends.providers import LocalProvider, Model, OpenAIProvider
from ftexp.values import Value

NEAR_DAYS = 60  # an end that is said beforehand
OLD_DAYS = 90  # a price that may have changed since it was read


class TokenPrices(Value):
    """USD per million tokens."""

    input: float = Field(ge=0, description="USD per million tokens")
    cached_input: float = Field(ge=0, description="USD per million tokens")
    output: float = Field(ge=0, description="USD per million tokens")


class ModelPrice(Value):
    """The dated facts of one hosted model. A price that isn't known, or of a model that has ended, is None."""

    encoding: Literal["o200k_base", "cl100k_base"] = Field(description="o200k_base or cl100k_base")
    training: float | None = Field(ge=0, description="USD per million tokens, or null")
    base: TokenPrices | None
    tuned: TokenPrices | None
    max_tokens: int | None = Field(ge=1, description="a whole number from 1, or null")
    jobs_end: date | None = Field(description="a date like 2027-01-06, or null")
    shutdown: date | None = Field(description="a date like 2027-01-14, or null")
    status: Literal["open", "restricted", "ended"] = Field(default="open", description="open, restricted or ended")
    aliases: tuple[str, ...] = Field(default=(), description="other names of the model")
    source: str | None = Field(default=None, description="an address, or null for the table's")
    read_on: date | None = Field(default=None, description="a date like 2026-11-22, or null for the table's")

    def takes_jobs(self, today: date) -> bool:
        ended = (self.jobs_end is not None and today > self.jobs_end) or (self.shutdown is not None and today >= self.shutdown)
        return self.status != "ended" and self.training is not None and not ended


class Notice(Value):
    """Something that the service has announced, from the day on which it holds."""

    since: date = Field(description="a date like 2026-07-02")
    text: str = Field(min_length=1, description="a sentence")


class Prices(Value):
    """A price table with the day it was read. `base_urls` are the services it holds for, none: any."""

    name: str = Field(description="text")
    source: str = Field(description="an address")
    read_on: date = Field(description="a date like 2026-11-22")
    models: dict[str, ModelPrice] = Field(description="prices by model name")
    base_urls: tuple[str, ...] = Field(default=(), description="addresses that start with https://")
    notices: tuple[Notice, ...] = Field(default=(), description="a list of since and text")

    def name_of(self, model: str) -> str | None:
        """The table's own name of a model that is called by it or an alias, or of the one that a fine-tune was made from."""
        base = model.removeprefix("ft:").split(":")[0]
        return base if base in self.models else next((name for name, found in self.models.items() if base in found.aliases), None)

    def of(self, model: str) -> ModelPrice | None:
        name = self.name_of(model)
        return self.models[name] if name else None


@dataclass(frozen=True)
class Fact:
    """What has to be said before spending. An error stands in the way."""

    severity: Literal["error", "warning"]
    line: str


def facts_findings(model: Model, prices: Prices, today: date) -> list[Fact]:
    """What the price table knows of this model on this day; nothing for one on this machine."""
    match model.provider:
        case LocalProvider():
            return []
        case OpenAIProvider() as provider:
            found = prices.of(provider.model)
            if found is None:
                return [_unknown(provider.model, prices)]
            foreign = bool(prices.base_urls) and provider.base_url.rstrip("/") not in {url.rstrip("/") for url in prices.base_urls}
            facts = [*_ends(provider.model, found, today), *_notices(prices, today), *_age(provider.model, found, prices, today)]
            return [_elsewhere(provider, prices), *(Fact("warning", f.line) for f in facts)] if foreign else facts


def _unknown(model: str, prices: Prices) -> Fact:
    names = [name for name, found in prices.models.items() if found.status != "ended"]
    near = get_close_matches(model, names, n=1, cutoff=0.4)
    nearest = f"; the nearest there is {near[0]}" if near else ""
    return Fact("warning", f"model.provider.model: {model} is not in the price table {prices.name}{nearest}; its cost is not measured")


def _elsewhere(provider: OpenAIProvider, prices: Prices) -> Fact:
    holds = ", ".join(prices.base_urls)
    return Fact(
        "warning",
        f"model.provider.base_url: {provider.base_url} is not what the price table {prices.name} holds for ({holds}); "
        "prices and ends may be others there: put that service's into conf/prices/NAME.yaml and choose it with prices=NAME",
    )


_INSTEAD = "choose another model, or model=smollm2-135m on this machine"


def _ends(model: str, found: ModelPrice, today: date) -> Iterator[Fact]:
    """Past its end: an error. Near it: how long there is."""
    stopped = found.shutdown is not None and today >= found.shutdown
    closed = found.jobs_end is not None and today > found.jobs_end
    if stopped:
        yield Fact("error", f"{model}: was shut down on {found.shutdown}, its fine-tunes too; {_INSTEAD}")
    elif found.status == "ended":
        yield Fact("error", f"{model}: has ended; {_INSTEAD}")
    elif closed:
        yield Fact("error", f"{model}: takes no new jobs since {found.jobs_end}; {_INSTEAD}")
    if stopped or found.status == "ended":
        return
    if found.jobs_end and 0 <= (left := (found.jobs_end - today).days) <= NEAR_DAYS:
        yield Fact("warning", f"{model}: takes new jobs until {found.jobs_end}, {_days(left)} from now")
    if found.shutdown and (left := (found.shutdown - today).days) <= NEAR_DAYS:
        yield Fact("warning", f"{model}: stops on {found.shutdown}, {_days(left)} from now, its fine-tunes too")


def _notices(prices: Prices, today: date) -> Iterator[Fact]:
    for notice in prices.notices:
        if notice.since <= today:
            yield Fact("warning", f"{prices.name}: since {notice.since} {notice.text}")


def _age(model: str, found: ModelPrice, prices: Prices, today: date) -> Iterator[Fact]:
    read_on, source = found.read_on or prices.read_on, found.source or prices.source
    if found.training is not None and (age := (today - read_on).days) > OLD_DAYS:
        yield Fact("warning", f"{model}: its price was read on {read_on}, {_days(age)} ago; look again at {source}")


def _days(count: int) -> str:
    return f"{count} day" + ("" if count == 1 else "s")
