"""What earlier runs on the same data tell, and the advice for a run that takes it into account. Reads the journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ftexp.evaluation.power import Spread, spread_of
from ftexp.suitability import Advice, FewShotEvidence, Measured, advise

if TYPE_CHECKING:
    from ftexp.config import RunConfig
    from ftexp.data.loading import Loaded
    from ftexp.evaluation.metrics.kinds import Metric
    from ftexp.journal import RunRow
    from ftexp.state import State

LOOKED_AT = 20  # of the newest runs on the same data


@dataclass(frozen=True)
class MetricSpread:
    """How much a metric's paired differences varied in a run, by the metric's definition then."""

    run: str
    definition: Metric
    spread: Spread


@dataclass(frozen=True)
class Earlier:
    """What finished runs on the same training and test examples tell."""

    few_shot: FewShotEvidence | None = None
    spreads: Mapping[str, MetricSpread] = field(default_factory=dict)


def earlier_runs(config: RunConfig, data: Loaded, state: State) -> Earlier:
    """From the newest runs of the same base model, or else of any. Writes nothing where there is no record."""
    if not state.exists:
        return Earlier()
    from ftexp.config import RunConfig

    rows = _on_same_data(data, state)
    known = [(row, RunConfig.model_validate_json(row.config)) for row in reversed(rows)]
    known.sort(key=lambda pair: pair[1].model.name != config.model.name)
    few_shot = next((e for row, c in known if (e := _evidence(row, c)) is not None), None)
    spreads = next((s for row, c in known if (s := dict(_spreads(row, c, state)))), {})
    return Earlier(few_shot, spreads)


def advice_for(config: RunConfig, data: Loaded, earlier: Earlier, within_budget: bool | None) -> Advice:
    counts = config.checks.counts.of(config.dataset.task_type)
    found = Measured(len(data.splits.own), config.dataset.task_type, counts, within_budget, earlier.few_shot)
    return advise(config.suitability, found)


def _on_same_data(data: Loaded, state: State) -> list[RunRow]:
    same = "id IN (SELECT run FROM events WHERE ident=? AND json_extract(body, '$.sha256')=?)"
    splits = ("train", "test")
    values = tuple(v for split in splits for v in (f"input/{split}", data.digests[split]))
    return state.journal.runs(f"kind='run' AND record IS NOT NULL AND {' AND '.join(same for _ in splits)}", values)[-LOOKED_AT:]


def _evidence(row: RunRow, config: RunConfig) -> FewShotEvidence | None:
    from ftexp.run import Record

    evaluation = config.evaluation
    comparison = Record.model_validate_json(row.record or "").comparison
    difference = comparison.differences.get(evaluation.headline, {}).get("few_shot")
    if difference is None:
        return None
    about = (row.id, config.model.name, evaluation.headline, evaluation.few_shot, evaluation.headline_metric.lower_is_better)
    return FewShotEvidence(*about, difference=difference)


def _spreads(row: RunRow, config: RunConfig, state: State) -> Iterator[tuple[str, MetricSpread]]:
    """Of tuned against base, over the items that both have a score for."""
    from ftexp.evaluation.scoring import Scores

    recorded = state.journal.step_of(row.id, "score")
    for metric, by_subject in Scores.model_validate_json(recorded).by_metric.items() if recorded else ():
        pairs = zip(by_subject.get("tuned", ()), by_subject.get("base", ()), strict=True)
        known = [(a.value, b.value) for a, b in pairs if a.value is not None and b.value is not None]
        spread = spread_of([a for a, _ in known], [b for _, b in known])
        if spread:
            suite, name = metric.split("/", 1)
            yield metric, MetricSpread(row.id, config.evaluation.suites[suite].metrics[name], spread)
