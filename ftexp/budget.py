"""What may be spent: judged before the first job, and watched while it lasts. Pure.

A promise has to hold in the worst case: a run is judged, and its share set aside, by the high end of its estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log10
from typing import Literal

from pydantic import Field

from ftexp.cost import TRAINING, Estimate, Range, apart, total
from ftexp.values import Value

Unit = Literal["usd", "minutes"]
Says = Literal["no limit", "fits", "refused", "unknown"]
UNITS: tuple[Unit, ...] = ("usd", "minutes")


class Budget(Value):
    """For everything a command does: a run, or all runs of a sweep together. None: no limit."""

    usd: float | None = Field(default=None, ge=0, description="US dollars from 0, or null for no limit")
    minutes: float | None = Field(default=None, gt=0, description="minutes above 0, or null for no limit")

    def limit(self, unit: Unit) -> float | None:
        return self.usd if unit == "usd" else self.minutes


@dataclass(frozen=True)
class Planned:
    """One run as a budget sees it: what of it isn't on record yet, and the same with each other model of the price table."""

    number: int
    title: str
    left: Estimate
    epochs: float  # at most
    others: Mapping[str, Estimate]


@dataclass(frozen=True)
class Verdict:
    """`unknown`: something isn't measured yet, so it is watched while running instead. `lines` say what is judged, and what would fit."""

    says: Says
    lines: tuple[str, ...]

    @property
    def fits(self) -> bool | None:
        """None where no limit was set, or what is limited isn't known."""
        return {"fits": True, "refused": False}.get(self.says)


def verdict(runs: Sequence[Planned], budget: Budget, spent: Mapping[Unit, float]) -> Verdict:
    """`spent` is what earlier attempts of the same command have taken."""
    found = [_of_unit(runs, unit, limit, spent.get(unit, 0.0)) for unit in UNITS if (limit := budget.limit(unit)) is not None]
    lines = tuple(line for v in found for line in v.lines)
    for says in ("refused", "unknown", "fits"):
        if any(v.says == says for v in found):
            return Verdict(says, lines)
    return Verdict("no limit", ())


def needed(estimate: Estimate, unit: Unit) -> Range | None:
    """Of this unit: a service takes no minutes of this machine, and a machine whose hours have no price bills nothing."""
    if unit == "usd":
        return estimate.usd if estimate.billed or estimate.hourly else Range.exactly(0)
    if estimate.billed:
        return Range.exactly(0)
    return estimate.seconds * (1 / 60) if estimate.seconds else None


def sum_of(estimates: Iterable[Estimate], unit: Unit) -> Range | None:
    """Of several runs, what they share once."""
    return total(needed(e, unit) for e in apart(estimates))


def amount(value: float, unit: Unit) -> str:
    """`$0.412`, `$12.00`, `1.5 min`: three digits that count, so that a sum that isn't 0 never looks like it."""
    decimals = 2 if value <= 0 else max(2, 2 - floor(log10(value)))
    whole, _, part = f"{value:.{decimals}f}".partition(".")
    part = part.rstrip("0")
    return f"${whole}.{part.ljust(2, '0')}" if unit == "usd" else f"{whole}{'.' if part else ''}{part} min"


def _of_unit(runs: Sequence[Planned], unit: Unit, limit: float, spent: float) -> Verdict:
    key, need = f"budget.{unit}", sum_of((r.left for r in runs), unit)
    before = f", of which earlier attempts took {amount(spent, unit)}" if spent else ""
    given = f"{amount(limit, unit)} ({key}{before})"
    if need is None:
        if unit == "usd" and any(r.left.billed for r in runs):
            return Verdict("refused", (f"{given}: refused, since what it costs is not measured, and so nothing can be promised",))
        least = _known(runs, unit)
        if least > limit - spent:
            return Verdict("refused", (f"{given}: refused; what was measured of it alone may take up to {amount(least, unit)}",))
        return Verdict(
            "unknown", (f"{given}: not judged beforehand, since no run of this kind was measured here yet; watched while running",)
        )
    many = f"{len(runs)} runs" if len(runs) > 1 else "it"
    if need.high <= limit - spent:
        return Verdict("fits", (f"{given}: fits; {many} may take up to {amount(need.high, unit)}, {amount(need.expected, unit)} expected",))
    least = ceil((need.high + spent) * 1000) / 1000
    refused = f"{given}: refused; {many} may take up to {amount(need.high, unit)}, {amount(need.expected, unit)} expected"
    return Verdict("refused", (refused, *_what_fits(runs, unit, limit - spent), f"{key}={least:g} would let all of it start"))


def _known(runs: Sequence[Planned], unit: Unit) -> float:
    """The high end of all parts that were measured."""
    parts = (p for e in apart(r.left for r in runs) if not e.billed for p in e.parts)
    found = [p.usd.high if unit == "usd" and p.usd else p.seconds.high / 60 if unit == "minutes" and p.seconds else 0 for p in parts]
    return float(sum(found))


def _what_fits(runs: Sequence[Planned], unit: Unit, left: float) -> Iterator[str]:
    """Fewer runs, fewer epochs, another model: whichever is enough by itself."""
    fewer = _fewer_runs(runs, unit, left)
    if fewer:
        names = "; ".join(f"{r.number} ({r.title})" if r.title else str(r.number) for r in fewer)
        yield f"fits: {len(fewer)} of {len(runs)} runs: {names}"
    most = ceil(max(r.epochs for r in runs)) - 1
    for epochs in range(most, 0, -1):
        if _fits((_with_epochs(r, epochs) for r in runs), unit, left):
            yield f"fits: hyperparameters.n_epochs={epochs}" + (" at most" if len(runs) > 1 else "")
            break
    if unit == "usd":
        yield from _other_models(runs, left)


def _fewer_runs(runs: Sequence[Planned], unit: Unit, left: float) -> list[Planned]:
    """As many as fit, the cheapest first, in the order of the sweep. Empty where one is too many, or all there is."""
    kept: list[Planned] = []
    for run in sorted(runs, key=lambda r: _high(r.left, unit)):
        if _fits((r.left for r in (*kept, run)), unit, left):
            kept.append(run)
    return sorted(kept, key=lambda r: r.number) if len(runs) > 1 else []


def _high(estimate: Estimate, unit: Unit) -> float:
    found = needed(estimate, unit)
    return found.high if found else float("inf")


def _fits(estimates: Iterable[Estimate], unit: Unit, left: float) -> bool:
    need = sum_of(estimates, unit)
    return need is not None and need.high <= left


def _with_epochs(run: Planned, epochs: int) -> Estimate:
    """The training scaled down; a run that has no more than that stays as it is."""
    if run.epochs <= epochs:
        return run.left
    return _scaled(run.left, epochs / run.epochs)


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    def smaller(found: Range | None) -> Range | None:
        return found * factor if found else None

    parts = tuple(
        p.model_copy(update={"key": f"{p.key}*{factor}", "usd": smaller(p.usd), "seconds": smaller(p.seconds)}) if p.name == TRAINING else p
        for p in estimate.parts
    )
    return estimate.model_copy(update={"parts": parts})


def _other_models(runs: Sequence[Planned], left: float) -> Iterator[str]:
    names = [name for name in runs[0].others if all(name in r.others for r in runs)]
    for name in names:
        if _fits((r.others[name] for r in runs), "usd", left):
            yield f"fits: model.provider.model={name}"
    if any(r.left.billed for r in runs):
        yield "fits: model=smollm2-135m, which learns on this machine and bills nothing"


@dataclass(frozen=True)
class Share:
    """What one step may take of a budget."""

    unit: Unit
    limit: float
    per_second: float  # of the unit, while the step goes on
    reserved: float

    def grown(self, seconds: float, reserve: Callable[[float], bool]) -> Share | None:
        """Itself while it lasts; then one with more set aside, where the budget has more; None where it is used up."""
        used = seconds * self.per_second
        if used <= self.reserved:
            return self
        for wanted in (max(used * 1.25, used + self.limit * 0.05), used):
            if reserve(wanted):
                return replace(self, reserved=wanted)
        return None
