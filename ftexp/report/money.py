"""What runs take, and what they took, as lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from ftexp.backends.providers import LocalProvider, OpenAIProvider
from ftexp.budget import Verdict, amount, sum_of
from ftexp.cost import TRAINING, Estimate, Range, apart, assumptions_of, total
from ftexp.prices import Prices, facts_findings
from ftexp.report.saying import NOT_MEASURED, duration

if TYPE_CHECKING:
    from ftexp.run import Prepared, Record


def usd_range(found: Range | None) -> str:
    """`$1.20 ($0.90 to $2.40)`; expected first."""
    if found is None:
        return NOT_MEASURED
    return usd(found.expected) + ("" if found.low == found.high else f" ({usd(found.low)} to {usd(found.high)})")


def time_range(found: Range | None) -> str:
    if found is None:
        return NOT_MEASURED
    return f"about {duration(found.expected)} ({duration(found.low)} to {duration(found.high)})"


def usd(value: float) -> str:
    return amount(value, "usd")


def cost_lines(estimates: Sequence[Estimate], prices: Prices, at_once: int = 1) -> list[str]:
    """Time, money, and what both take for granted, of a run or of several together."""
    here = [e for e in estimates if not e.billed]
    lines = _time_lines(here, at_once) if here else []
    billed = [e for e in estimates if e.billed]
    if billed:
        lines.append(f"cost      {usd_range(sum_of(billed, 'usd'))}{_shares(billed)}")
        lines += [f"prices    {prices.source}, read {prices.read_on}"] if any(e.usd for e in billed) else []
    if here and here[0].hourly:
        lines.append(f"cost      {usd_range(sum_of(here, 'usd'))} for this machine's hours")
    elif here:
        lines.append(f"cost      nothing billed{': trained on this machine' if here[0].by_us else ', as model.provider.billed says'}")
    return [*lines, *(f"assumed   {line}" for line in assumptions_of(estimates))]


def _time_lines(estimates: Sequence[Estimate], at_once: int) -> list[str]:
    minutes = sum_of(estimates, "minutes")
    training = total(p.seconds for e in apart(estimates) for p in e.parts if p.name == TRAINING)
    if minutes is None and training is not None:
        return [f"time      {time_range(training * (1 / at_once))} to train; answering is {NOT_MEASURED} yet"]
    if minutes is None:
        return [f"time      {NOT_MEASURED} (no run of this kind on this machine yet)"]
    side = f", {at_once} runs at a time" if at_once > 1 else ""
    return [f"time      {time_range(minutes * (60 / at_once))}{side}{_shares(estimates) if len(estimates) == 1 else ''}"]


def _shares(estimates: Sequence[Estimate]) -> str:
    """Of one run, what each part takes."""
    if len(estimates) > 1:
        return ""
    known = [(p.name, p.usd if p.usd and estimates[0].billed else p.seconds) for p in estimates[0].parts]
    shown = usd if estimates[0].billed else duration
    parts = [f"{name} {shown(found.expected)}" for name, found in known if found]
    return ": " + ", ".join(parts) if parts else ""


def facts_lines(p: Prepared, today: date) -> list[str]:
    """What has to be known of the model's service before spending."""
    label = {"error": "obstacle  ", "warning": "warning   "}
    return [label[f.severity] + f.line for f in facts_findings(p.config.model, p.config.prices, today)]


def budget_lines(found: Verdict) -> list[str]:
    return [f"budget    {line}" for line in found.lines]


def notes(p: Prepared, found: Verdict, today: date) -> list[str]:
    """What is said as a run or sweep begins. What stops it says so itself."""
    warnings = [line for line in facts_lines(p, today) if line.startswith("warning")]
    return [*warnings, *(budget_lines(found) if found.says != "refused" else [])]


def bill(provider: LocalProvider | OpenAIProvider, billed_usd: float | None) -> str:
    """What a run was billed, in words."""
    if isinstance(provider, LocalProvider):
        return "nothing billed: trained on this machine"
    if not provider.is_billed:
        return f"nothing billed: {provider.base_url} is free, as model.provider.billed says"
    return f"billed by {provider.base_url}: " + (NOT_MEASURED if billed_usd is None else f"{usd(billed_usd)}, by the price table")


def estimated_lines(p: Prepared, record: Record) -> list[str]:
    """The estimate beside what it took; nothing where there was none."""
    if p.estimate.billed:
        return _billed_lines(p.estimate, record)
    estimated, took = p.estimate.seconds, record.training.seconds + record.evaluation_seconds
    if estimated is None:
        return []
    lines = [f"estimated {time_range(estimated)}, took {duration(took)}: {_place(took, estimated)} the range"]
    spent = machine_usd(p, took)
    if spent is not None:
        lines.append(f"spent     {usd(spent)} of this machine's hours, estimated {usd_range(p.estimate.usd)}")
    return lines


def _billed_lines(estimate: Estimate, record: Record) -> list[str]:
    if estimate.usd is None or record.billed_usd is None:
        return []
    where = _place(record.billed_usd, estimate.usd)
    return [f"estimated {usd_range(estimate.usd)}, billed {usd(record.billed_usd)}: {where} the range"]


def _place(found: float, estimated: Range) -> str:
    return "within" if estimated.low <= found <= estimated.high else "below" if found < estimated.low else "above"


def machine_usd(p: Prepared, seconds: float) -> float | None:
    """None where an hour of this machine has no price."""
    provider = p.config.model.provider
    if not isinstance(provider, LocalProvider) or provider.usd_per_hour is None:
        return None
    return seconds / 3600 * provider.usd_per_hour
