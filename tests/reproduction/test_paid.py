from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ftexp.backends.providers import OpenAIProvider
from ftexp.compose import compose
from ftexp.config import RunConfig
from ftexp.faults import validated
from ftexp.reproduction.paid import paid_differences

MODEL = "gpt-4.1-mini-2025-04-14"
BASE_PRICES = (("input", 0.4), ("cached_input", 0.1), ("output", 1.6))
AT = "model.provider"


@pytest.fixture(scope="module")
def shipped() -> list[RunConfig]:
    return [compose([f"model={name}"], Path()).config for name in ("gpt-4.1", "gpt-4.1-mini")]


def changed(config: RunConfig, value: Any, *path: str) -> RunConfig:
    values = json.loads(config.model_dump_json(by_alias=True))
    inner = values
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return validated(RunConfig, values)


CHANGES = {
    "address": (("https://a.b", "model", "provider", "base_url"), [f"{AT}.base_url: https://a.b (shipped: https://api.openai.com/v1)"]),
    "key": (("MINE", "model", "provider", "api_key_env"), [f"{AT}.api_key_env: MINE (shipped: OPENAI_API_KEY)"]),
    "no bill": ((False, "model", "provider", "billed"), [f"{AT}.billed: false (shipped: true)"]),
    "price": ((0.0, "prices", "models", MODEL, "training"), [f"prices.models.{MODEL}.training: 0.0 (shipped: 5.0)"]),
    "price of another": ((0.0, "prices", "models", "gpt-4.1-2025-04-14", "training"), []),
    "limit": ((900.0, "budget", "usd"), ["budget.usd: 900.0 (shipped: null)"]),
    "no price": ((None, "prices", "models", MODEL, "base"), [
        f"prices.models.{MODEL}.base: null (shipped: none)",
        *(f"prices.models.{MODEL}.base.{kind}: none (shipped: {usd})" for kind, usd in BASE_PRICES),
    ]),
    "patience": ((1.0, "model", "provider", "poll_seconds"), []),
    "seed": ((3, "seed"), []),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_decides_over_money_and_keys_is_told_and_nothing_else(change: str, shipped: list[RunConfig]) -> None:
    how, lines = CHANGES[change]
    assert paid_differences(changed(shipped[1], *how), shipped) == lines


def test_of_a_model_that_does_not_ship_everything_that_matters_is_told(shipped: list[RunConfig]) -> None:
    told = paid_differences(changed(shipped[1], "another", "model", "provider", "model"), shipped)
    assert told[0] == f"{AT}.model: another, of which ftexp ships no config"
    assert f"{AT}.base_url: https://api.openai.com/v1 (shipped: none)" in told
    assert f"{AT}.api_key_env: OPENAI_API_KEY (shipped: none)" in told


def test_a_config_does_not_decide_whether_openai_sends_a_bill(shipped: list[RunConfig]) -> None:
    provider = changed(shipped[1], False, "model", "provider", "billed").model.provider
    assert isinstance(provider, OpenAIProvider) and provider.is_billed
    local = compose([], Path()).config
    assert paid_differences(local, shipped) == []
