"""A plan for a terminal, from top to bottom: is the data sound, is fine-tuning right, what will it take, what will it show, what next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ftexp.cost import Range
from ftexp.plan import DataPlan, MetricPlan, ModelPlan, PlanReport, Remark, RunPlan
from ftexp.report.money import time_range, usd_range
from ftexp.report.saying import NOT_MEASURED
from ftexp.validation.findings import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

SHOWN_REMARKS = 5


def show_plan(report: PlanReport, program: str, out: Console) -> None:
    from rich.padding import Padding
    from rich.text import Text

    sections: dict[str, list[str | Table]] = {
        "Is the data sound?": [*_data_lines(report)],
        "Is fine-tuning the right tool?": [*_advice_lines(report)],
        "What will it take?": [*_cost_lines(report), runs_table(report)],
        "Will it show whether it helped?": [*_power_lines(report.metrics)],
        "What can the gates show?": [f"{g.gate} ({g.wanted}, {counted(g.items, 'item')}): {g.shown.says}" for g in report.gates],
    }
    for question, parts in ((q, parts) for q, parts in sections.items() if parts):
        out.print(Text(question, "bold"))
        for part in parts:
            indent = 4 if isinstance(part, str) and part.startswith("  ") else 2
            out.print(Padding(Text(part.strip()) if isinstance(part, str) else part, (0, 0, 0, indent), expand=False), highlight=False)
    out.print(Text("What next?", "bold"))
    for line in _next_lines(report, program):
        out.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)  # whole, to be copied


def _data_lines(report: PlanReport) -> Iterator[str]:
    remarks = sum(len(d.warnings) for d in report.data)
    yield f"no errors, {counted(remarks, 'warning')}" if remarks else "yes: no errors, no warnings"
    for d in report.data:
        yield f"  {_data_line(d)}"
        yield from _remark_lines("warning", d.warnings)


def _data_line(d: DataPlan) -> str:
    share = d.validation / (d.train + d.validation)
    examples = f"{d.train:,} training, {d.validation:,} validation ({share:.0%} of both), {d.test:,} test examples"
    return f"{d.name}: {examples}; licence {d.license or 'not stated'}"


def _remark_lines(kind: str, remarks: Sequence[Remark]) -> Iterator[str]:
    for r in remarks[:SHOWN_REMARKS]:
        yield f"  {kind}: {r.where}: {r.message}"
    if len(remarks) > SHOWN_REMARKS:
        yield f"  {len(remarks) - SHOWN_REMARKS} more; ftexp check shows all"


def _advice_lines(report: PlanReport) -> Iterator[str]:
    for d in report.data:
        a = d.advice
        yield f"{a.tool}: {a.reason}" + (f" ({d.name}, {d.train:,} examples)" if len(report.data) > 1 else "")
        if d is report.data[0]:
            yield from (f"  if {x.so} ({x.keys}; else {x.otherwise})" for x in a.assumed)
        yield from (f"  known: {e}" for e in a.evidence)
        yield from (f"  would change it: {change}" for change in a.changes)
    yield from dict.fromkeys(f"  careful: {m.where}: {m.message}" for r in report.runs for m in r.mistakes)


def _cost_lines(report: PlanReport) -> Iterator[str]:
    t = report.totals
    side = f", {t.at_once} at a time" if t.at_once > 1 else ""
    yield f"{_time_and_money(report)}: {counted(t.runs, 'run')}{side}; {_tokens(t.training_tokens)} training tokens"
    if t.steps_on_record:
        yield f"  {t.steps_on_record} of {t.steps} steps are on record and take nothing"
    yield from (f"  budget: {line}" for line in report.budget.lines)
    for m in report.models:
        yield f"  {_model_line(m)}"
        yield from (f"  {fact}" for fact in m.facts)
    yield from dict.fromkeys(f"  {_work_line(r, report.data[r.data])}" for r in report.runs)
    yield from (f"  assumed: {line}" for line in t.assumed)
    yield from (f"  pays off: {line}" for line in report.pays_off)
    yield from (f"  note: {note}" for note in report.notes)


def _tokens(found: Range | None) -> str:
    if found is None:
        return NOT_MEASURED
    between = "" if found.low == found.high else f" ({found.low:,.0f} to {found.high:,.0f})"
    return f"{found.expected:,.0f}{between}"


def _work_line(r: RunPlan, d: DataPlan) -> str:
    """The same for most runs of a sweep."""
    preset = f"preset {r.hyperparameters.preset}, for {d.train:,} training examples; " if r.hyperparameters.preset else ""
    known = r.tokens_a_pass is not None and r.longest_tokens is not None
    tokens = f"{r.tokens_a_pass:,} tokens a pass, longest example {r.longest_tokens:,}" if known else f"tokens {NOT_MEASURED}"
    return f"{preset}{tokens}; judged on {d.test:,} items x {len(r.subjects)} ({', '.join(r.subjects)})"


def _time_and_money(report: PlanReport) -> str:
    t = report.totals
    if any(m.trained == "by a service" for m in report.models):
        return f"{usd_range(t.usd)} in all" if t.usd else f"cost {NOT_MEASURED}"
    hours = f"{usd_range(t.usd)} for this machine's hours" if t.usd else "nothing billed"
    if t.seconds is None:
        return f"time {NOT_MEASURED}, {hours}"
    return f"{_span(t.seconds)}, {hours}"


def _model_line(m: ModelPlan) -> str:
    return f"{m.name}, {m.trained}; licence {m.license or 'not stated'}; revision {m.revision or 'not stated'}"


def runs_table(report: PlanReport) -> Table:
    """A row a run: what is swept, what it trains with, and what is left to take."""
    from rich.box import SIMPLE
    from rich.table import Table

    axes = list(report.runs[0].point)
    told = {key.rpartition(".")[2] for key in axes}
    table = Table(box=SIMPLE, pad_edge=False, show_edge=False)
    table.add_column("run", justify="right")
    for key in axes:
        table.add_column(key.rpartition(".")[2].replace("learning_rate_multiplier", "rate"), overflow="fold")
    settings = {"epochs": "n_epochs", "batch": "batch_size", "rate": "learning_rate_multiplier"}
    shown = {head: field for head, field in settings.items() if field not in told}
    billed = any(m.trained == "by a service" for m in report.models)
    for head in (*shown, "tokens", *(["cost"] if billed else ["time"]), "on record"):
        table.add_column(head, justify="right")
    for r in report.runs:
        chosen = [f"{getattr(r.hyperparameters, field)}" for field in shown.values()]
        takes = usd_range(r.usd) if billed else _span(r.seconds)
        table.add_row(str(r.number), *r.point.values(), *chosen, _tokens(r.training_tokens), takes, _on_record(r))
    return table


def _on_record(r: RunPlan) -> str:
    if not r.on_record:
        return "nothing"
    return "all" if len(r.on_record) == r.steps else f"{len(r.on_record)} of {r.steps} steps"


def _power_lines(metrics: Sequence[MetricPlan]) -> Iterator[str]:
    head = next(m for m in metrics if m.headline)
    if head.spread is None:
        yield f"{head.metric}: {NOT_MEASURED}, until a first run on this data tells how much it varies"
    elif head.smallest_change is None:
        yield f"no: {counted(head.items, 'test item')} can't show any change of {head.metric}"
    else:
        yield f"{head.metric}: a change of {_change(head)} or more, by {counted(head.items, 'test item')}"
    alike: dict[str, list[str]] = {}
    for m in metrics:
        alike.setdefault(_basis(m), []).append(m.metric)
    yield from (f"  {basis}: {', '.join(names)}" for basis, names in alike.items())
    yield f"  at these sizes 4 of 5 true changes are shown, by {head.confidence:.0%} intervals"


def _basis(m: MetricPlan) -> str:
    if m.spread is None:
        return NOT_MEASURED
    change = "no change" if m.smallest_change is None else _change(m)
    if m.spread_from:
        return f"{change}, as much as it varied in run {m.spread_from}"
    return f"{change}, assumed that {m.spread.value:.0%} of {m.items} items change their verdict"


def _change(m: MetricPlan) -> str:
    assert m.spread and m.smallest_change is not None
    return f"{100 * m.smallest_change:.1f} points" if m.spread.kind == "discordance" else f"{m.smallest_change:.3f}"


def _next_lines(report: PlanReport, program: str) -> Iterator[str]:
    words = [shlex.quote(word) for word in report.command]
    obstacles = list(dict.fromkeys(o for m in report.models for o in m.obstacles))
    yield from (f"first: {o}" for o in obstacles)
    if report.budget.says == "refused":
        yield "a higher budget, fewer epochs or fewer runs: nothing of this would be started"
        return
    yield " ".join([program, "run", *words])
    local = all(m.trained == "on this machine" and not m.obstacles for m in report.models)
    if local and report.totals.seconds is None:
        yield " ".join([program, "plan", *words, "--measure"]) + "   to know how long it takes"
    if any(d.warnings for d in report.data):
        yield " ".join([program, "check", *words]) + "   for all warnings"


def _span(found: Range | None) -> str:
    """`about 3 min 20 s (2 min to 5 min)`."""
    if found is not None and found.high == 0:
        return "nothing left"
    return time_range(found)
