from __future__ import annotations

import random
from dataclasses import replace

import pytest

from ftexp.budget import Budget, Planned, Share, amount, needed, verdict
from ftexp.cost import Estimate, Part, Range


def part(name: str, key: str, usd: float | None = None, seconds: float | None = None) -> Part:
    def around(value: float | None) -> Range | None:
        return None if value is None else Range(low=value / 2, expected=value, high=value * 2)

    return Part(name=name, key=key, tokens_in=None, tokens_out=None, usd=around(usd), seconds=around(seconds))


def run(number: int, usd: float | None, epochs: int = 3, **others: float) -> Planned:
    """At a service: the training, and base answers of 0.1 USD that all runs share."""

    def estimate(training: float | None) -> Estimate:
        return Estimate(billed=True, parts=(part("training", f"t{number}", training), part("answers: base", "b", 0.1)), assumptions=())

    return Planned(number, f"n_epochs={epochs}", estimate(usd), epochs, {name: estimate(cost) for name, cost in others.items()})


def here(minutes: float | None, hourly: bool = False) -> Planned:
    seconds = None if minutes is None else minutes * 60
    usd = None if minutes is None or not hourly else minutes
    return Planned(1, "", Estimate(billed=False, parts=(part("training", "t", usd, seconds),), assumptions=(), hourly=hourly), 3, {})


def test_a_sum_that_is_not_nothing_never_looks_like_it() -> None:
    sums = [amount(v, "usd") for v in (0, 0.00001, 0.0123, 0.4124, 0.5, 12.25, 1234)]
    assert sums == ["$0.00", "$0.00001", "$0.0123", "$0.412", "$0.50", "$12.25", "$1234.00"]
    assert [amount(v, "minutes") for v in (0.0005, 0.5, 5, 12.5)] == ["0.0005 min", "0.5 min", "5 min", "12.5 min"]


def test_without_a_limit_there_is_nothing_to_judge() -> None:
    assert verdict([run(1, None)], Budget(), {}).says == "no limit"


def test_runs_are_judged_together_by_the_high_end_and_what_they_share_once() -> None:
    """2 x 1 + 2 x 1 + 0.2 at most."""
    runs = [run(1, 1.0), run(2, 1.0)]
    assert verdict(runs, Budget(usd=4.2), {}).says == "fits"
    assert verdict(runs, Budget(usd=4.19), {}).says == "refused"


def test_what_earlier_attempts_spent_counts() -> None:
    found = verdict([run(1, 1.0)], Budget(usd=2.5), {"usd": 0.31})
    assert found.says == "refused"
    assert found.lines[0].startswith("$2.50 (budget.usd, of which earlier attempts took $0.31): refused")


def test_a_refusal_names_the_runs_that_fit() -> None:
    runs = [run(1, 1.0), run(2, 3.0), run(3, 0.5)]
    assert "fits: 2 of 3 runs: 1 (n_epochs=3); 3 (n_epochs=3)" in verdict(runs, Budget(usd=3.5), {}).lines


def test_a_refusal_names_the_most_epochs_that_fit() -> None:
    """2 x 3 x 2/3 + 0.2 = 4.2 for two epochs of three."""
    assert "fits: hyperparameters.n_epochs=2" in verdict([run(1, 3.0)], Budget(usd=4.2), {}).lines
    assert "fits: hyperparameters.n_epochs=1" in verdict([run(1, 3.0)], Budget(usd=4.1), {}).lines


def test_a_refusal_names_other_models_and_this_machine() -> None:
    lines = verdict([run(1, 3.0, cheap=0.5, dear=5.0)], Budget(usd=1.2), {}).lines
    assert "fits: model.provider.model=cheap" in lines
    assert not [line for line in lines if "dear" in line]
    assert any("model=smollm2-135m, which learns on this machine" in line for line in lines)


def test_a_refusal_says_which_budget_would_do() -> None:
    *_, last = verdict([run(1, 3.0)], Budget(usd=1), {}).lines
    assert last == "budget.usd=6.2 would let all of it start"
    assert verdict([run(1, 3.0)], Budget(usd=6.2), {}).says == "fits"


def test_time_that_was_never_measured_is_watched_and_money_that_is_unknown_refused() -> None:
    assert verdict([here(None)], Budget(minutes=5), {}).says == "unknown"
    assert verdict([run(1, None)], Budget(usd=5), {}).says == "refused"


def test_what_was_measured_refuses_though_the_rest_is_unknown() -> None:
    """Training takes 4 minutes at most, answering nobody knows."""
    known = here(2.0)
    left = known.left.model_copy(update={"parts": (*known.left.parts, part("answers: base", "b"))})
    assert verdict([replace(known, left=left)], Budget(minutes=3.9), {}).says == "refused"
    assert verdict([replace(known, left=left)], Budget(minutes=4.0), {}).says == "unknown"


def test_a_machine_whose_hours_have_no_price_fits_any_sum_of_money_and_a_service_takes_no_minutes() -> None:
    assert verdict([here(None)], Budget(usd=0), {}).says == "fits"
    assert verdict([run(1, 3.0)], Budget(minutes=1), {}).says == "fits"
    assert needed(here(2.0, hourly=True).left, "usd") == Range(low=1, expected=2, high=4)


@pytest.mark.parametrize(("minutes", "says"), [(4.0, "fits"), (3.9, "refused")])
def test_minutes_are_judged_by_the_slowest(minutes: float, says: str) -> None:
    assert verdict([here(2.0)], Budget(minutes=minutes), {}).says == says


def test_whatever_is_named_as_fitting_fits() -> None:
    """Property: each override that a refusal names is judged to fit when it is followed."""
    chance = random.Random(0)
    for _ in range(300):
        runs = [run(n, chance.uniform(0.1, 5), epochs=chance.randint(1, 9)) for n in range(1, chance.randint(2, 6))]
        budget = Budget(usd=chance.uniform(0, 8))
        for line in verdict(runs, budget, {}).lines:
            if " runs: " in line:
                numbers = {int(word.split(" ")[0]) for word in line.split(" runs: ")[1].split("; ")}
                assert verdict([r for r in runs if r.number in numbers], budget, {}).says == "fits"
            if " would let" in line:
                enough = float(line.split("=")[1].split(" ")[0])
                assert verdict(runs, Budget(usd=enough), {}).says == "fits"


def test_a_share_grows_while_the_budget_has_more() -> None:
    asked: list[float] = []

    def reserve(wanted: float) -> bool:
        asked.append(wanted)
        return wanted <= 1.0

    share = Share("minutes", limit=1.0, per_second=1 / 60, reserved=0.5)
    assert share.grown(30, reserve) is share
    grown = share.grown(45, reserve)
    assert grown and grown.reserved == pytest.approx(0.9375)
    full = grown.grown(59, reserve)
    assert full and full.reserved == pytest.approx(59 / 60)
    assert full.grown(61, reserve) is None
    assert len(asked) == 5
