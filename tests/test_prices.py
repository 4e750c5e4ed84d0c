from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ftexp.compose import compose
from ftexp.prices import Fact, Prices, facts_findings

HERE = Path(__file__).parent
TODAY = date(2026, 11, 24)
HOSTED = "model=gpt-4.1-mini"


def facts(*words: str, today: date = TODAY) -> list[Fact]:
    config = compose([HOSTED, *words], HERE).config
    return facts_findings(config.model, config.prices, today)


def lines(*words: str, today: date = TODAY) -> str:
    return "\n".join(f"{f.severity}: {f.line}" for f in facts(*words, today=today))


def prices() -> Prices:
    return compose([], HERE).config.prices


@pytest.mark.parametrize("model", ["gpt-3.5-turbo", "gpt-3.5-turbo-0125", "gpt-4", "gpt-4-0613", "gpt-4.1-nano", "o4-mini-2025-04-16"])
def test_a_model_that_was_shut_down_stands_in_the_way_with_its_date(model: str) -> None:
    first = facts(f"model.provider.model={model}")[0]
    assert (first.severity, first.line.split(",")[0]) == ("error", f"{model}: was shut down on 2026-10-23")


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-06", "takes new jobs until 2027-01-06, 61 days from now"),
        ("2026-11-07", "takes new jobs until 2027-01-06, 60 days from now"),
        ("2027-01-05", "takes new jobs until 2027-01-06, 1 day from now"),
        ("2027-01-06", "takes new jobs until 2027-01-06, 0 days from now"),
    ],
)
def test_an_end_is_said_sixty_days_before(day: str, said: str) -> None:
    assert (f"warning: gpt-4.1-mini-2025-04-14: {said}" in lines(today=date.fromisoformat(day))) == ("61" not in said)


def test_after_the_last_day_for_jobs_nothing_can_be_trained() -> None:
    assert "error" not in lines(today=date(2027, 1, 6))
    assert "error: gpt-4.1-mini-2025-04-14: takes no new jobs since 2027-01-06" in lines(today=date(2027, 1, 7))
    assert "error: gpt-4.1-mini-2025-04-14: was shut down on 2027-01-14" in lines(today=date(2027, 1, 14))


def test_a_service_that_closes_says_to_whom_since_when() -> None:
    assert "warning: openai: since 2026-07-02 it is closed to those without recent fine-tuning" in lines()
    assert "2026-07-02" not in lines(today=date(2026, 7, 1))


@pytest.mark.parametrize(("day", "old"), [("2027-02-20", False), ("2027-02-21", True)])
def test_a_price_is_old_after_ninety_days(day: str, old: bool) -> None:
    assert ("its price was read on 2026-11-22, 91 days ago" in lines(today=date.fromisoformat(day))) == old


def test_a_figure_of_its_own_day_counts_from_that() -> None:
    name = "gpt-4.1-mini-2025-04-14"
    model = prices().models[name].model_copy(update={"read_on": date(2026, 1, 1), "source": "https://example.com"})
    table = prices().model_copy(update={"models": {name: model}})
    found = facts_findings(compose([HOSTED], HERE).config.model, table, TODAY)
    assert found[-1].line == f"{name}: its price was read on 2026-01-01, 327 days ago; look again at https://example.com"


def test_an_unknown_model_is_told_the_nearest_and_costs_what_nobody_knows() -> None:
    (fact,) = facts("model.provider.model=gpt-4.1-minni")
    assert fact.severity == "warning"
    assert fact.line.endswith("is not in the price table openai; the nearest there is gpt-4.1-mini-2025-04-14; its cost is not measured")
    assert prices().of("gpt-4.1-minni") is None


def test_another_service_has_other_ends_and_that_is_said() -> None:
    found = facts("model.provider.base_url=https://example.com/v1", "model.provider.model=gpt-4")
    assert "is not what the price table openai holds for (https://api.openai.com/v1)" in found[0].line
    assert {f.severity for f in found} == {"warning"}


def test_a_model_is_known_by_its_aliases_and_a_fine_tune_by_its_base() -> None:
    assert prices().name_of("gpt-4o-mini") == "gpt-4o-mini-2024-07-18"
    assert prices().name_of("ft:gpt-4.1-mini-2025-04-14:acme::a1b2") == "gpt-4.1-mini-2025-04-14"


def test_a_model_on_this_machine_has_no_dates() -> None:
    config = compose([], HERE).config
    assert facts_findings(config.model, config.prices, date(2030, 1, 1)) == []


def test_only_models_that_still_take_jobs_are_recommended() -> None:
    assert {n for n, m in prices().models.items() if m.takes_jobs(TODAY)} == {
        "gpt-4.1-2025-04-14",
        "gpt-4.1-mini-2025-04-14",
        "gpt-4o-2024-08-06",
        "gpt-4o-mini-2024-07-18",
    }
    assert not any(m.takes_jobs(date(2027, 1, 7)) for m in prices().models.values())
