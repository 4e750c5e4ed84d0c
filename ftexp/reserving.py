"""The budget at its edge: judged over what isn't on record yet, set aside before a run starts, settled step by step."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date

from ftexp.backends.providers import LocalProvider, OpenAIProvider
from ftexp.billing import step_usd
from ftexp.budget import UNITS, Budget, Planned, Share, Unit, Verdict, amount, verdict
from ftexp.cost import TRAINING, Estimate, Part, on_a_service
from ftexp.errors import BudgetError
from ftexp.estimating import estimate_of, work_of
from ftexp.keys import Keys
from ftexp.prices import ModelPrice
from ftexp.run import Prepared, known_keys
from ftexp.state import State
from ftexp.values import Value


def judged(runs: Sequence[tuple[str, Prepared]], budget_id: str, state: State) -> Verdict:
    """Of a run by itself, or of all runs of a sweep, by title; `budget_id` names what earlier attempts of the command have taken from."""
    limits = Budget(usd=_least(runs, "usd"), minutes=_least(runs, "minutes"))
    taken = {unit: state.journal.taken(budget_id, unit).spent if state.exists and budget_id else 0.0 for unit in UNITS}
    return verdict([_planned(n, title, p, state) for n, (title, p) in enumerate(runs, start=1)], limits, taken)


def _least(runs: Sequence[tuple[str, Prepared]], unit: Unit) -> float | None:
    """The budget is the command's: where its runs were told several, the lowest holds."""
    return min((limit for _, p in runs if (limit := p.config.budget.limit(unit)) is not None), default=None)


def _planned(number: int, title: str, p: Prepared, state: State) -> Planned:
    left = left_of(p, state)
    return Planned(number, title, left, left.epochs.high if left.epochs else 0, _with_other_models(p))


def left_of(p: Prepared, state: State) -> Estimate:
    """The estimate without the steps that are on record."""
    estimate = estimate_of(p, known_keys(p), state)
    journal = state.journal if state.exists else None
    return estimate.without([part.key for part in estimate.parts if journal and journal.result(part.key) is not None])


def _with_other_models(p: Prepared) -> dict[str, Estimate]:
    """The same work by the prices of every other model whose tokens are the same."""
    provider, price, prices = p.config.model.provider, p.model.price, p.config.prices
    if price is None or not isinstance(provider, OpenAIProvider):
        return {}
    work, own = work_of(p, None), prices.name_of(provider.model)
    today = date.today()
    others = {n: m for n, m in prices.models.items() if n != own and m.encoding == price.encoding and m.takes_jobs(today)}
    return {name: on_a_service(work, other, p.config.cost.retries) for name, other in others.items()}


class Allowance:
    """What one run has set aside of a budget, step by step. One without limits lets everything go on."""

    def __init__(
        self,
        state: State,
        budget: str,
        run: str,
        shares: Mapping[Unit, Share],
        amounts: Mapping[Unit, Mapping[str, float]],
        price: ModelPrice | None = None,
    ) -> None:
        """`price` is that of a service, whose bill counts tokens; this machine's counts seconds."""
        self.state, self.budget, self.run, self.price = state, budget, run, price
        self._begun: set[str] = set()
        self._shares, self._amounts = shares, amounts
        self._now: dict[Unit, Share] = {}
        self._key, self._started = "", 0.0

    @contextmanager
    def step(self, key: str) -> Iterator[None]:
        """What is worked out inside counts as this step's, and is settled at its end, however that comes.

        At a service it is settled by `came`; until then it stays set aside, since some of it may have been paid for, or will be.
        """
        self._now = {unit: self._of(unit, key) for unit in self._shares}
        self._key, self._started = key, time.monotonic()
        self._begun |= {key} if self.price else set()
        try:
            yield
        finally:
            seconds, self._key = time.monotonic() - self._started, ""
            for unit, share in self._shares.items():
                if share.per_second:
                    self.state.journal.settle(self.budget, unit, self.run, key, seconds * share.per_second)

    def came(self, name: str, result: Value) -> None:
        """What the step in hand came to, of which a service sends a bill."""
        if self.price and "usd" in self._shares:
            billed = step_usd(name, result, self.price)
            spent = self._amounts["usd"].get(self._key, 0.0) if billed is None else billed
            self.state.journal.settle(self.budget, "usd", self.run, self._key, spent)
            self._begun.discard(self._key)

    def nothing_spent(self) -> None:
        """The step in hand has come to nothing that is billed."""
        self._begun.discard(self._key)

    def _of(self, unit: Unit, key: str) -> Share:
        share = self._shares[unit]
        return Share(unit, share.limit, share.per_second, self._amounts[unit].get(key, 0.0))

    def used_up(self) -> str:
        """Why the step in hand has to stop; empty while it may go on."""
        for unit, share in self._now.items():
            if not self._key:
                break

            def reserve(wanted: float, unit: Unit = unit, limit: float = share.limit) -> bool:
                return self.state.journal.reserve(self.budget, unit, self.run, {self._key: wanted}, limit)

            grown = share.grown(time.monotonic() - self._started, reserve)
            if grown is None:
                return (
                    f"budget.{unit}: {amount(share.limit, unit)} are used up; what is done stays on record, "
                    f"and the same command with a higher budget.{unit} goes on from there"
                )
            self._now[unit] = grown
        return ""

    def check(self) -> None:
        """Raises BudgetError where the step in hand has to stop."""
        if why := self.used_up():
            raise BudgetError(why)

    def release(self) -> None:
        if self._shares:
            self.state.journal.release(self.budget, self.run, but=self._begun)


@contextmanager
def set_aside(p: Prepared, keys: Keys, budget: str, run: str, at_once: int, state: State) -> Iterator[Allowance]:
    """Raises BudgetError where what is left of the budget isn't enough. What isn't used is free again at the end.

    A run that can't be estimated yet sets aside all that is left, or its part of it where `at_once` runs go on side by side.
    """
    limits = {unit: limit for unit in UNITS if (limit := p.config.budget.limit(unit)) is not None and _is_spent(p, unit)}
    estimate = left_of(p, state) if limits else None
    shares: dict[Unit, Share] = {}
    amounts: dict[Unit, dict[str, float]] = {}
    if estimate and estimate.parts:
        state.journal.release(budget, run)  # of an attempt that was cut off
        for unit, limit in limits.items():
            amounts[unit] = _reserved(estimate, unit, limit, at_once, budget, run, state)
            shares[unit] = Share(unit, limit, _per_second(p, unit), 0.0)
    allowance = Allowance(state, budget, run, shares, amounts, _price(p))
    try:
        yield allowance
    finally:
        allowance.release()


def _reserved(estimate: Estimate, unit: Unit, limit: float, at_once: int, budget: str, run: str, state: State) -> dict[str, float]:
    taken = state.journal.taken(budget, unit)
    free = limit - taken.spent - taken.reserved
    found = {part.key: _high(part, unit) for part in estimate.parts}
    amounts = {key: high for key, high in found.items() if high is not None}
    if None in found.values() and estimate.parts[0].name == TRAINING and estimate.parts[0].key not in amounts:
        amounts[estimate.parts[0].key] = max(min(limit / at_once, free), 0.0)
    wanted = sum(amounts.values())
    if free <= 0 or not state.journal.reserve(budget, unit, run, amounts, limit):
        state.journal.release(budget, run)
        others = f" and {amount(taken.reserved, unit)} set aside for other runs" if taken.reserved else ""
        needs = f"it may take up to {amount(wanted, unit)}, and " if wanted else ""
        raise BudgetError(
            f"budget.{unit}: not started: {needs}of {amount(limit, unit)} there are {amount(taken.spent, unit)} spent{others}; "
            f"the same command with a higher budget.{unit} goes on"
        )
    return amounts


def _high(part: Part, unit: Unit) -> float | None:
    found = part.usd if unit == "usd" else part.seconds
    return None if found is None else found.high / (1 if unit == "usd" else 60)


def _price(p: Prepared) -> ModelPrice | None:
    """Of a service that sends bills."""
    return p.model.price if p.model.is_billed else None


def _is_spent(p: Prepared, unit: Unit) -> bool:
    """Whether a run takes any of this unit."""
    return _per_second(p, unit) > 0 or (unit == "usd" and _price(p) is not None)


def _per_second(p: Prepared, unit: Unit) -> float:
    provider = p.config.model.provider
    if not isinstance(provider, LocalProvider):
        return 0.0
    return 1 / 60 if unit == "minutes" else (provider.usd_per_hour or 0.0) / 3600
