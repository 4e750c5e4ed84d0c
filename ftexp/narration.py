"""What MLflow is told of a run besides the results of its steps: at the beginning, and at the end. Pure but for reading the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ftexp.backends.base import OpenModel
from ftexp.backends.results import Answers, TrainingResult
from ftexp.compose import Composed
from ftexp.cost import TRAINING, Estimate
from ftexp.data.dataset import FileDataset
from ftexp.data.messages import Splits, digest_of
from ftexp.environment import Environment
from ftexp.evaluation.flips import Flips
from ftexp.evaluation.items import TEST, Questions
from ftexp.evaluation.scoring import Scores, Selection, suite_of
from ftexp.evaluation.statistics import mean
from ftexp.held_out import HeldOutPairs
from ftexp.run import Evaluated, Prepared, Record
from ftexp.steps import Steps
from ftexp.tracking.events import Event, Figures, Input, Params, Table, Tags, Text, TunedModel, score_figures, with_interval
from ftexp.validation.report import DataReport
from ftexp.values import canonical


def opening_events(p: Prepared, model: OpenModel, composed: Composed, run: str, here: Environment) -> Iterator[Event]:
    from omegaconf import OmegaConf

    from ftexp.report.data_page import page

    resolved = json.loads(canonical(p.config))
    picked = {f"resolved/{name}": str(value) for name, value in p.hyperparameters.model_dump().items() if value is not None}
    machine = {f"machine/{name}": str(value) for name, value in model.machine.model_dump().items()} if model.machine else {}
    yield Params(values=_flat(resolved) | picked | machine)
    yield Tags(values=_tags(p, model, run, here))
    yield Text(path="config/resolved.yaml", content=OmegaConf.to_yaml(OmegaConf.create(resolved)))
    yield Text(path="config/unresolved.yaml", content=OmegaConf.to_yaml(OmegaConf.create(composed.unresolved)))
    yield Text(path="config/overrides.yaml", content=OmegaConf.to_yaml(OmegaConf.create(list(composed.overrides))))
    yield Text(path="environment/packages.txt", content="\n".join(here.packages) + "\n")
    yield Text(path="environment/environment.json", content=here.model_dump_json(exclude={"packages", "difference"}, indent=2))
    if here.difference:
        yield Text(path="environment/difference.patch", content=here.difference, private=True)
    source = p.config.dataset.path if isinstance(p.config.dataset, FileDataset) else p.config.dataset.source or p.config.dataset.name
    for split, sha256 in p.data.digests.items():
        examples = len(getattr(p.data.splits, split))
        yield Input(name=p.config.dataset.name, split=split, sha256=sha256, examples=examples, source=source)
    yield Text(path="data/examples.json", content=json.dumps(example_digests(p.data.splits)))
    if p.shown_example:
        yield Text(path="training/loss_mask.txt", content=p.shown_example, private=True)
    yield Text(path="data/report.json", content=p.data.report.model_dump_json(indent=2), private=True)
    yield Text(path="data/report.html", content=page(p.data.report), private=True)
    yield Figures(step=0, values=dict(_data_figures(p)))
    yield Figures(step=0, values=dict(_finding_figures(p.data.report)))
    yield from _estimated(p.estimate)


def example_digests(splits: Splits) -> dict[str, list[str]]:
    """16 hexadecimal digits an example, by split: which line has changed, without its text."""
    return {name: [digest_of(e.said) for e in getattr(splits, name)] for name in ("train", "validation", "test")}


def closing_events(p: Prepared, record: Evaluated, step: Steps) -> Iterator[Event]:
    trained = isinstance(record, Record)
    if isinstance(record, Record):
        yield _tuned_model(p, record.training)
        if p.model.is_billed and record.billed_usd is not None:
            yield Figures(step=0, values={"cost/billed_usd": record.billed_usd})
    yield Figures(step=0, values=dict(score_figures(record.comparison)), of_model=trained)  # after the model, which they are linked with
    if isinstance(record, Record) and record.pairs:
        yield Figures(step=0, values=dict(_pair_figures(record.pairs)))
    if isinstance(record, Record) and record.selection:
        yield Figures(step=0, values=dict(_selection_figures(record.selection, p.config.evaluation.confidence)))
    yield from (_items_table(p, q, step) for q in p.questions)
    yield from _verdict_events(record)
    if (flips := step.result_or_none("flips", Flips)) is not None:
        yield _flips_table(flips)
    yield Tags(values={"mlflow.note.content": _note(p, record)})


def _tuned_model(p: Prepared, training: TrainingResult) -> TunedModel:
    base = p.config.model.name
    if training.hosted:
        return TunedModel(name=p.name, base=base, external=training.hosted.model, service=training.hosted.service)
    assert training.adapter, "a training has one of them"
    return TunedModel(name=p.name, sha256=training.adapter.sha256, base=base)


_GATE_FIGURES = {"pass": 1.0, "inconclusive": 0.5, "fail": 0.0}


def _verdict_events(record: Evaluated) -> Iterator[Event]:
    """A gate that isn't measurable has no figure: it is neither passed nor failed."""
    if record.gates:
        figures = {f"gate/{g.gate}": _GATE_FIGURES[g.result] for g in record.gates.gates if g.result in _GATE_FIGURES}
        yield Figures(step=0, values=figures)
        yield Tags(values={"verdict": record.gates.verdict})
        yield Text(path="evaluation/gates.json", content=record.gates.model_dump_json(indent=2), private=True)
    if isinstance(record, Record) and record.diagnoses:
        yield Tags(values={"ftexp.diagnosis": ", ".join(d.condition for d in record.diagnoses)})


def _flips_table(flips: Flips) -> Table:
    """The broken items first, the worst of them at the top."""
    columns = ("prompt", "tuned", flips.other, "reference", "change", "score before", "score after", "reason")
    rows = [
        (f.prompt, f.said_after, f.said_before, f.reference, change, f.before, f.after, f.reason)
        for change, each in (("broken", flips.broken), ("fixed", flips.fixed))
        for f in each
    ]
    return Table(path="evaluation/flips.json", columns=columns, rows=tuple(rows))


def _estimated(estimate: Estimate) -> Iterator[Figures]:
    """An event for each that is known: a later start may know what the first one couldn't."""
    training = next((p.seconds for p in estimate.parts if p.name == TRAINING), None)
    if training:
        yield Figures(step=0, values={"time/estimated_train_seconds": training.expected})
    for name, found in (("cost/estimated_usd", estimate.usd), ("time/estimated_seconds", estimate.seconds)):
        if found:
            yield Figures(step=0, values={f"{name}_{end}": value for end, value in found.model_dump().items()})


def _pair_figures(pairs: HeldOutPairs) -> Iterator[tuple[str, float]]:
    for name, found in (("accuracy", pairs.accuracy), ("margin", pairs.margin)):
        yield from with_interval(f"test/reward_{name}", found.value, found.low, found.high, found.n)


def _selection_figures(selection: Selection, confidence: float) -> Iterator[tuple[str, float]]:
    known = [s.value for s in selection.scores if s.value is not None]
    if known:
        found = mean(known, confidence)
        yield from with_interval(f"score/validation/{selection.metric}", found.value, found.low, found.high, found.n)


def _tags(p: Prepared, model: OpenModel, run: str, here: Environment) -> dict[str, str]:
    tags = {
        "ftexp.run": run,
        "ftexp.dataset": p.config.dataset.name,
        "ftexp.model": p.config.model.name,
        "ftexp.model_revision": model.revision,
        "ftexp.processor": here.processor,
        "ftexp.dirty": str(here.dirty).lower(),
        "ftexp.advice": p.advice(p.within_budget).tool,
    }
    if here.commit:
        tags["mlflow.source.git.commit"] = here.commit
    if p.start:
        tags |= {"ftexp.start_sha256": p.start.sha256, "ftexp.start_run": p.start.run}
    return {key: value for key, value in (tags | {"ftexp.goal": p.config.goal or ""}).items() if value}


def _data_figures(p: Prepared) -> Iterator[tuple[str, float]]:
    for split in ("train", "validation", "test"):
        yield f"data/{split}_examples", len(getattr(p.data.splits, split))
    if p.model.tokens:
        yield "data/train_tokens", p.model.tokens.train
        yield "data/longest_tokens", p.model.tokens.longest


def _finding_figures(report: DataReport) -> Iterator[tuple[str, float]]:
    """An event of its own: runs from before it was there keep theirs."""
    yield "data/warnings", report.warnings
    for split in report.splits:
        alike = split.alike
        repeated = alike.exact + alike.normalised + alike.but_for_numbers + (alike.near or 0)
        yield f"data/{split.name}_repeated_examples", repeated
        if split.tokens:
            yield f"data/{split.name}_tokens_p50", split.tokens.p50
            yield f"data/{split.name}_tokens_p95", split.tokens.p95


def _items_table(p: Prepared, q: Questions, step: Steps) -> Table:
    """A row an item of these questions: what each subject said and how it scored.

    The UI groups by the first column and compares runs by the second: the prompt, and what the tuned model said to it.
    """
    scores = step.result_of("score", Scores)
    by_metric = {m: by for m, by in scores.by_metric.items() if p.config.evaluation.questions_of(suite_of(m)) == q.name}
    answers = {subject: step.result_of(f"{q.of('answers')}_{subject}", Answers).replies for subject in q.prompts}
    first, *others = sorted(answers, key=lambda subject: subject != "tuned")
    columns = ["prompt", first, "reference", *others, "item", *(f"{m} {s}" for m, by in by_metric.items() for s in by)]
    rows = []
    for i, item in enumerate(q.items):
        said = [answers[subject][i].text for subject in others]
        scored = [each[i].value for by in by_metric.values() for each in by.values()]
        rows.append((item.prompt[-1].content, answers[first][i].text, item.reference, *said, item.origin, *scored))
    name = "items" if q.name == TEST else f"items_{q.name}"
    return Table(path=f"evaluation/{name}.json", columns=tuple(columns), rows=tuple(rows))


def _note(p: Prepared, record: Evaluated) -> str:
    """Markdown that the UI shows above a run."""
    lines = [f"{p.config.goal}\n"] if p.config.goal else []
    subjects = list(p.prompts)
    lines += ["| metric | " + " | ".join(subjects) + " | tuned - base |", "| --- |" + " --- |" * (len(subjects) + 1)]
    for metric, means in record.comparison.means.items():
        cells = [f"{means[s].value:.3f}" if s in means else "not measured" for s in subjects]
        difference = record.comparison.differences[metric].get("base")
        interval = (
            "not measured"
            if difference is None or difference.low is None
            else f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
        )
        lines.append(f"| {metric} | " + " | ".join(cells) + f" | {interval} |")
    advice = p.advice(p.within_budget)
    lines += ["", f"Advice before the run: {advice.line}", *(f"- {found}" for found in p.mistakes)]
    return "\n".join(lines)


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Nested config as MLflow params: dotted keys, texts. The price table and unused presets would bury the rest."""
    if prefix in ("prices.models", "hyperparameters.candidates"):
        return {}
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in _flat(inner, f"{prefix}.{key}" if prefix else key).items()}
    return {prefix: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}
