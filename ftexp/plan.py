"""What a command would take, as one value: the data, the advice, every run, their sum, the budget, and what could be shown.

Built from prepared runs and what is on record; loads no model, needs no key and no network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

from ftexp.breakeven import paying_off
from ftexp.budget import Says, Verdict, sum_of
from ftexp.cost import Estimate, Range, assumptions_of, total
from ftexp.errors import ExitCode
from ftexp.evaluation.gate_power import GatePower, smallest_changes
from ftexp.evaluation.power import Spread, smallest_change
from ftexp.evaluation.scoring import suite_of
from ftexp.keys import Key, Keys
from ftexp.presets import Resolved
from ftexp.prices import facts_findings
from ftexp.reserving import judged
from ftexp.run import Prepared, known_keys
from ftexp.state import State
from ftexp.suitability import Advice
from ftexp.sweep.expand import Asked
from ftexp.sweep.prepared import PreparedCell
from ftexp.validation.findings import Finding
from ftexp.validation.report import Group
from ftexp.values import Value


class Remark(Value):
    """A finding: the stable id of its check, where it stands, and what it says."""

    check: str
    where: str
    message: str


class DataPlan(Value):
    name: str
    license: str | None
    source: str | None
    task_type: str
    train: int
    validation: int
    test: int
    warnings: tuple[Remark, ...]
    advice: Advice


class ModelPlan(Value):
    """`facts` are dated: where a price is from, when a model ends. `obstacles` stand in the way of running, not of planning."""

    name: str
    license: str | None
    revision: str | None
    trained: Literal["on this machine", "by a service"]
    facts: tuple[str, ...]
    obstacles: tuple[str, ...]


class RunPlan(Value):
    """One run. `usd` and `seconds` are what is left to take, None where that isn't measured; `data` and `model` count from 0.

    `on_record` are the steps that are answered from the journal and cost nothing. `run` is None where the model isn't here.
    """

    number: int
    run: str | None
    name: str
    point: dict[str, str]
    data: int
    model: int
    hyperparameters: Resolved
    tokens_a_pass: int | None
    longest_tokens: int | None
    training_tokens: Range | None
    subjects: tuple[str, ...]
    usd: Range | None
    seconds: Range | None
    steps: int
    on_record: tuple[str, ...]
    mistakes: tuple[Remark, ...]


class MetricPlan(Value):
    """The smallest change of a metric that its items show with a power of 80 %; None where none is shown, or `spread` isn't known.

    `spread_from` is the id of the run that `spread` was measured in; None where it is assumed.
    """

    metric: str
    headline: bool
    items: int
    confidence: float
    spread: Spread | None
    spread_from: str | None
    smallest_change: float | None


class BudgetPlan(Value):
    """`unknown`: something isn't measured. `lines` say what was judged, and what would fit."""

    usd: float | None
    minutes: float | None
    says: Says
    lines: tuple[str, ...]


class Totals(Value):
    """Of all runs together, what they share counted once. None: not measured. `usd` of this machine is that of its hours."""

    runs: int
    at_once: int
    training_tokens: Range | None
    usd: Range | None
    seconds: Range | None
    assumed: tuple[str, ...]
    steps: int
    steps_on_record: int


class PlanReport(Value):
    """`format` is raised when a field changes its meaning. `pays_off` is told of a single run."""

    format: Literal[1] = 1
    command: tuple[str, ...]
    sweep: str | None
    launcher: str
    notes: tuple[str, ...]
    data: tuple[DataPlan, ...]
    models: tuple[ModelPlan, ...]
    metrics: tuple[MetricPlan, ...]
    gates: tuple[GatePower, ...]
    runs: tuple[RunPlan, ...]
    totals: Totals
    budget: BudgetPlan
    pays_off: tuple[str, ...]

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.REFUSED if self.budget.says == "refused" else ExitCode.OK


def plan(cells: Sequence[PreparedCell], sweep: str | None, asked: Asked, command: Sequence[str], state: State, today: date) -> PlanReport:
    """Of one run, or of the runs of a sweep. Writes nothing."""
    steps = {c.number: list(_steps(keys)) if (keys := known_keys(c.prepared)) else [] for c in cells}
    wanted = {key.value for each in steps.values() for _, key in each}
    done = {key for key in wanted if state.journal.result(key) is not None} if state.exists else set[str]()
    estimates = [c.prepared.estimate.without(done) for c in cells]
    totals = _totals(cells, estimates, asked.at_once, len(wanted), len(done))
    found = judged([(c.title, c.prepared) for c in cells], sweep or cells[0].run, state)
    data = [_data_plan(c.prepared, found.fits) for c in cells]
    models = [_model_plan(c.prepared, today) for c in cells]
    shared = list(dict.fromkeys(data)), list(dict.fromkeys(models))
    places = [(shared[0].index(d), shared[1].index(m)) for d, m in zip(data, models, strict=True)]
    rows = [_run_plan(c, *at, e, steps[c.number], done) for c, at, e in zip(cells, places, estimates, strict=True)]
    return PlanReport(
        command=tuple(command),
        sweep=sweep,
        launcher=asked.launcher,
        notes=asked.notes,
        data=tuple(shared[0]),
        models=tuple(shared[1]),
        metrics=tuple(dict.fromkeys(m for c in cells for m in _metric_plans(c.prepared))),
        gates=tuple(dict.fromkeys(g for c in cells for g in _gate_powers(c.prepared))),
        runs=tuple(rows),
        totals=totals,
        budget=_budget(cells[0].prepared, found),
        pays_off=tuple(paying_off(cells[0].prepared, today)) if len(cells) == 1 else (),
    )


def _steps(keys: Keys) -> Iterator[tuple[str, Key]]:
    yield "train", keys.train
    yield from keys.asked.items()
    yield from (("score", keys.score), ("compare", keys.compare), ("flips", keys.flips))
    yield from ((name, key) for name, key in (("gates", keys.gates), ("validation", keys.validation), ("select", keys.select)) if key)


def _run_plan(c: PreparedCell, data: int, model: int, left: Estimate, steps: Sequence[tuple[str, Key]], done: set[str]) -> RunPlan:
    p = c.prepared
    return RunPlan(
        number=c.number,
        run=c.run or None,
        name=p.name,
        point=c.cell.point,
        data=data,
        model=model,
        hyperparameters=p.hyperparameters,
        tokens_a_pass=p.model.tokens.train if p.model.tokens else None,
        longest_tokens=p.model.tokens.longest if p.model.tokens else None,
        training_tokens=p.estimate.training_tokens,
        subjects=tuple(p.prompts),
        usd=left.usd,
        seconds=left.seconds,
        steps=len(steps),
        on_record=tuple(name for name, key in steps if key.value in done),
        mistakes=tuple(map(_remark, p.mistakes)),
    )


def _totals(cells: Sequence[PreparedCell], left: Sequence[Estimate], at_once: int, steps: int, on_record: int) -> Totals:
    minutes = sum_of(left, "minutes")
    return Totals(
        runs=len(cells),
        at_once=at_once,
        training_tokens=total(c.prepared.estimate.training_tokens for c in cells),
        usd=sum_of(left, "usd") if any(e.billed or e.hourly for e in left) else None,
        seconds=minutes * (60 / at_once) if minutes else None,
        assumed=assumptions_of(left),
        steps=steps,
        steps_on_record=on_record,
    )


def _budget(p: Prepared, found: Verdict) -> BudgetPlan:
    return BudgetPlan(usd=p.config.budget.usd, minutes=p.config.budget.minutes, says=found.says, lines=found.lines)


def _data_plan(p: Prepared, within_budget: bool | None) -> DataPlan:
    dataset, splits = p.config.dataset, p.data.splits
    return DataPlan(
        name=dataset.name,
        license=dataset.license,
        source=dataset.source,
        task_type=dataset.task_type,
        train=len(splits.train),
        validation=len(splits.validation),
        test=len(splits.test),
        warnings=tuple(map(_first_of, p.data.report.of("warning"))),
        advice=p.advice(within_budget),
    )


def _first_of(group: Group) -> Remark:
    place, others = group.shown[0], group.count - 1
    return Remark(check=group.check, where=place.where, message=place.message + (f" ({others:,} more of this kind)" if others else ""))


def _remark(finding: Finding) -> Remark:
    return Remark(check=finding.check, where=finding.where, message=finding.message)


def _model_plan(p: Prepared, today: date) -> ModelPlan:
    model = p.config.model
    return ModelPlan(
        name=model.name,
        license=model.license,
        revision=model.revision,
        trained="on this machine" if model.provider.kind == "local" else "by a service",
        facts=tuple(_facts(p, today)),
        obstacles=tuple(map(str, p.model.obstacles)),
    )


def _facts(p: Prepared, today: date) -> Iterator[str]:
    price, prices = p.model.price, p.config.prices
    if price is not None and price.training is not None:
        read_on, source = price.read_on or prices.read_on, price.source or prices.source
        yield f"${price.training:g} a million training tokens ({source}, read {read_on})"
    yield from (fact.line for fact in facts_findings(p.config.model, prices, today))


def _gate_powers(p: Prepared) -> tuple[GatePower, ...]:
    """What each gate can show with the items it has."""
    evaluation, sizes = p.config.evaluation, {q.name: len(q.items) for q in p.questions}
    items = {suite: sizes[evaluation.questions_of(suite)] for suite in evaluation.suites}
    known = {m: s.spread for m, s in p.earlier.spreads.items() if s.definition == evaluation.by_name.get(m)}
    return smallest_changes(evaluation, items, known, p.config.suitability.facts)


def _metric_plans(p: Prepared) -> Iterator[MetricPlan]:
    evaluation, sizes = p.config.evaluation, {q.name: len(q.items) for q in p.questions}
    for name, metric in evaluation.by_name.items():
        earlier = p.earlier.spreads.get(name)
        spread = earlier.spread if earlier and earlier.definition == metric else None
        known, items = spread is not None, sizes[evaluation.questions_of(suite_of(name))]
        if spread is None and metric.is_verdict:
            spread = Spread(kind="discordance", value=evaluation.assumed_discordance)
        yield MetricPlan(
            metric=name,
            headline=name == evaluation.headline,
            items=items,
            confidence=evaluation.confidence,
            spread=spread,
            spread_from=earlier.run if earlier and known else None,
            smallest_change=smallest_change(items, spread, evaluation.confidence) if spread else None,
        )
