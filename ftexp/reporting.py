"""What the report of a finished run shows, put together from the journal alone: no data is read again, and no model loaded."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ftexp import __version__
from ftexp.backends.results import TrainingResult
from ftexp.backends.stopping import BestMetric
from ftexp.config import RunConfig
from ftexp.cost import Range
from ftexp.evaluation.flips import Flips
from ftexp.evaluation.metrics.labels import MacroF1, confusion
from ftexp.evaluation.scoring import Scores
from ftexp.journal import Journal, RunRow
from ftexp.provenance import Inputs, inputs_from
from ftexp.report.money import bill
from ftexp.report.run.facts import Confusion, DataUsed, Fact, RunReport, Spent
from ftexp.report.run.verdict import in_words
from ftexp.run import Evaluated, Record
from ftexp.tracking.events import Event, Figures, Input, Params, Tags, Text, parse
from ftexp.validation.report import DataReport

SHOWN_OF_A_CHECK = 1
_SETTINGS = ("n_epochs", "batch_size", "learning_rate_multiplier", "preset")
_OF_LORA = ("rank", "alpha", "layers", "learning_rate")


def report_of(row: RunRow, record: Evaluated, journal: Journal, today: date) -> RunReport:
    config = RunConfig.model_validate_json(row.config)
    told = Told.of(map(parse, journal.bodies([row.id], "").get(row.id, [])))
    training = record.training if isinstance(record, Record) else None
    flips = journal.step_of(row.id, "flips")
    return RunReport(
        goal=config.goal or "",
        run=row.id,
        name=row.name,
        experiment=row.experiment,
        started=datetime.fromtimestamp(row.started_at),
        model=config.model.name,
        settings=tuple(_settings(config, told)) if training else (),
        data=_data(config, told),
        headline=config.evaluation.headline,
        metrics=config.evaluation.by_name,
        comparison=record.comparison,
        confidence=config.evaluation.confidence,
        few_shot=config.evaluation.few_shot,
        curve=training.curve if training else (),
        best_step=training.best_step if training and (training.adapter or training.best_step < training.steps) else None,
        evaluated=_evaluated(training, config.training.best_metric) if training else "",
        pairs=f"{record.pairs.line()}." if isinstance(record, Record) and record.pairs else "",
        version=__version__,
        written_on=today,
        gates=record.gates,
        flips=Flips.model_validate_json(flips) if flips else None,
        confusion=_confusion(row.id, config, journal),
        diagnoses=record.diagnoses if isinstance(record, Record) else (),
        spent=tuple(_spent(record, told)),
        money=bill(config.model.provider, record.billed_usd) if isinstance(record, Record) else "",
        commands=tuple(_commands(row, config, told)),
        made_with=tuple(_made_with(told.inputs)),
        packages=tuple(f"{name} {version}" for name, version in sorted(told.inputs.packages.items())),
    )


def _evaluated(training: TrainingResult, metric: BestMetric) -> str:
    if training.hosted:
        which = "the last step" if training.best_step == training.steps else f"the best checkpoint, step {training.best_step}"
        return f"The model evaluated is that of {which}: {training.hosted.model}."
    best = "lowest" if metric.endswith("loss") else "highest"
    return f"The model evaluated is that of step {training.best_step}, where the {in_words(metric.replace('/', ' '))} is {best}."


@dataclass(frozen=True)
class Told:
    """What MLflow was told of a run."""

    params: Mapping[str, str]
    texts: Mapping[str, str]
    figures: Mapping[str, float]
    splits: Mapping[str, Input]
    inputs: Inputs

    @classmethod
    def of(cls, events: Iterator[Event]) -> Told:
        params: dict[str, str] = {}
        tags: dict[str, str] = {}
        texts: dict[str, str] = {}
        figures: dict[str, float] = {}
        splits: dict[str, Input] = {}
        for event in events:
            match event:
                case Params():
                    params |= event.values
                case Tags():
                    tags |= event.values
                case Text():
                    texts[event.path] = event.content
                case Figures(step=0):
                    figures |= event.values
                case Input():
                    splits[event.split] = event
        return cls(params, texts, figures, splits, inputs_from(params, tags, texts, {s: i.sha256 for s, i in splits.items()}))


def _settings(config: RunConfig, told: Told) -> Iterator[Fact]:
    """What it was trained with, as it was resolved."""
    picked = {name: told.params.get(f"resolved/{name}") for name in _SETTINGS}
    yield from (Fact(name.replace("_", " "), value) for name, value in picked.items() if value is not None)
    provider = config.model.provider
    if provider.kind == "local":
        lora = provider.lora.model_dump(mode="json")
        yield from (Fact(f"LoRA {name.replace('_', ' ')}", str(lora[name])) for name in _OF_LORA)
    if config.training.method == "dpo":
        yield Fact("method", f"dpo, beta {config.training.beta:g}")
    yield Fact("seed", str(config.seed))


def _data(config: RunConfig, told: Told) -> DataUsed:
    sizes = {split: told.splits[split].examples if split in told.splits else 0 for split in ("train", "validation", "test")}
    found = told.texts.get("data/report.json")
    warnings = DataReport.model_validate_json(found).lines("warning", SHOWN_OF_A_CHECK) if found else []
    return DataUsed(config.dataset.name, config.dataset.license or "", config.dataset.source or "", **sizes, warnings=tuple(warnings))


def _confusion(run: str, config: RunConfig, journal: Journal) -> Confusion | None:
    """Of the tuned model, by the first metric of labels; None where there is none."""
    found = [name for name, metric in config.evaluation.by_name.items() if isinstance(metric, MacroF1)]
    recorded = journal.step_of(run, "score") if found else None
    if recorded is None:
        return None
    scores = Scores.model_validate_json(recorded).by_metric[found[0]].get("tuned", ())
    observed = [s.observed for s in scores if s.observed is not None]
    if not observed:
        return None
    table = confusion(observed)
    return Confusion(found[0], table.rows, table.columns, table.counts)


def _spent(record: Evaluated, told: Told) -> Iterator[Spent]:
    took = record.evaluation_seconds
    if isinstance(record, Record):
        expected = told.figures.get("time/estimated_train_seconds")
        yield Spent("training", "seconds", Range.exactly(expected) if expected is not None else None, record.training.seconds)
        took += record.training.seconds
    yield Spent("answers and losses", "seconds", None, record.evaluation_seconds)
    yield Spent("together", "seconds", _range("time/estimated_seconds", told.figures), took)


def _range(name: str, figures: Mapping[str, float]) -> Range | None:
    found = {end: figures.get(f"{name}_{end}") for end in ("low", "expected", "high")}
    return Range.model_validate(found) if all(v is not None for v in found.values()) else None


def _commands(row: RunRow, config: RunConfig, told: Told) -> Iterator[str]:
    words = json_lines(told.texts.get("config/overrides.yaml", ""))
    if words and words[0] == "evaluate":
        yield shlex.join(["ftexp", *words])
    elif row.kind == "run":
        yield shlex.join(["ftexp", "run", *words])
        yield f"ftexp reproduce {row.id} --verify"


def json_lines(text: str) -> list[str]:
    """The words of overrides.yaml."""
    from omegaconf import OmegaConf

    return [str(word) for word in OmegaConf.create(text or "[]")]


def _made_with(inputs: Inputs) -> Iterator[Fact]:
    yield from (Fact(name, value) for name, value in inputs.machine.items())
    if inputs.revision:
        yield Fact("base model's revision", inputs.revision)
    if inputs.start:
        yield Fact("adapter begun with, sha256", inputs.start)
    if inputs.commit:
        yield Fact("commit", inputs.commit + (", with changes" if inputs.dirty else ""))
    yield from (Fact(f"{split} examples' sha256", sha256) for split, sha256 in inputs.splits.items())
