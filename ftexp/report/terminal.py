"""Plans, results and runs as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ftexp.evaluation.items import SubjectName
from ftexp.evaluation.statistics import Difference, Mean
from ftexp.evaluation.suites import Evaluation
from ftexp.report.money import bill
from ftexp.report.saying import NOT_MEASURED, duration

if TYPE_CHECKING:
    from rich.table import Table

    from ftexp.backends.results import Answers, TrainingResult
    from ftexp.data.dataset import Dataset
    from ftexp.data.messages import Splits
    from ftexp.diagnosis import Diagnosis
    from ftexp.journal import RunRow
    from ftexp.run import Evaluated, Prepared, Record


def results_table(p: Prepared, record: Evaluated) -> Table:
    """A row a metric: each subject's mean, and how far tuned is from base and few-shot, with intervals."""
    from rich.table import Table

    evaluation, subjects = p.config.evaluation, list(p.prompts)
    share = f"{evaluation.confidence:.0%}"
    table = Table(title=p.name, title_justify="left", caption=_caption(p, share), caption_justify="left")
    table.add_column("metric")
    for subject in subjects:
        table.add_column(_heading(subject, evaluation), justify="right")
    others = [s for s in subjects if s != "tuned"] if "tuned" in subjects else []
    for other in others:
        table.add_column(f"tuned - {other.replace('_', '-')}", justify="right")
    for metric in record.comparison.means:
        means, differences = record.comparison.means[metric], record.comparison.differences[metric]
        cells = [_mean(means.get(s)) for s in subjects] + [_difference(differences.get(o)) for o in others]
        table.add_row(_named(metric, evaluation), *cells)
    return table


def answers_table(p: Prepared, answers: Mapping[SubjectName, Answers], items: int) -> Table:
    """The first items side by side: what was asked, what was wanted, what each subject said."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title="answers side by side", title_justify="left", show_lines=True)
    for column in ("asked", "reference", *(_heading(s, p.config.evaluation) for s in answers)):
        table.add_column(column, overflow="fold", ratio=1)
    for i, item in enumerate(p.items[:items]):
        said = (found.replies[i].text for found in answers.values())
        table.add_row(*(Text(shortened(text)) for text in (item.prompt[-1].content, item.reference, *said)))
    return table


def shortened(text: str, longest: int = 280) -> str:
    """One cell's worth, control characters made visible: a model's text must not steer the terminal."""
    shown = "".join(c if c == "\n" or c.isprintable() else "\ufffd" for c in text)
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."


def facts(p: Prepared, record: Record) -> list[str]:
    """Training, time and money, a line each."""
    training = record.training
    lines = [
        f"trained   {_steps(training)}{_pace(training)}; {_which(p, training)}",
        f"evaluated {_asked(p)} in {duration(record.evaluation_seconds)}",
        f"cost      {bill(p.config.model.provider, record.billed_usd)}",
    ]
    lines += [f"curve     may lack points: {training.hosted.partial}"] if training.hosted and training.hosted.partial else []
    lines += [f"pairs     {record.pairs.line()}"] if record.pairs else []
    lines += [f"unscored  {metric}: {counts}" for metric, counts in record.comparison.unscored.items()]
    return lines


def _which(p: Prepared, training: TrainingResult) -> str:
    """Which model is evaluated."""
    if training.hosted:
        which = "last step" if training.best_step == training.steps else f"best checkpoint, step {training.best_step},"
        return f"the model of the {which} is evaluated, {training.hosted.model}"
    metric = p.config.training.best_metric.replace("/", " ").replace("_", " ")
    return f"best {metric} at step {training.best_step}, which is the model evaluated"


def _pace(training: TrainingResult) -> str:
    tokens, rate = training.trained_tokens, training.tokens_per_second
    told = f", {NOT_MEASURED} tokens" if tokens is None else f", {tokens:,} tokens"
    return f"{told} in {duration(training.seconds)}" + (f" ({rate:.0f} tokens/s)" if rate is not None else "")


def _steps(training: TrainingResult) -> str:
    planned = training.planned_steps
    return f"{training.steps} steps" + (f" of {planned}, stopped early" if planned and planned > training.steps else "")


def _asked(p: Prepared) -> str:
    """`120 items x 3`, and those of suites besides."""
    own = f"{len(p.items)} items x {len(p.prompts)}"
    others = [f"{q.name} {len(q.items)} x {len(q.prompts)}" for q in p.questions[1:]]
    return ", ".join([own, *others])


def diagnosis_lines(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """Each condition with its evidence and what helps, the most severe first."""
    lines = []
    for d in diagnoses:
        lines.append(f"diagnosis {d.condition.replace('_', ' ')}: {d.evidence}")
        lines += [f"          what helps: {'; '.join(d.remedies)}"] if d.remedies else []
    return lines


def _caption(p: Prepared, share: str) -> str:
    return f"{len(p.items)} items; mean ± standard error; differences paired, with {share} intervals over items (not over seeds)"


def _heading(subject: SubjectName, evaluation: Evaluation) -> str:
    return f"few-shot ({evaluation.few_shot})" if subject == "few_shot" else subject


def _named(metric: str, evaluation: Evaluation) -> str:
    """With its suite where there are several."""
    name = metric if len(evaluation.suites) > 1 else metric.split("/", 1)[1]
    return name + (" (lower is better)" if evaluation.by_name[metric].lower_is_better else "")


def _mean(found: Mean | None) -> str:
    if found is None:
        return NOT_MEASURED
    return f"{found.value:.3f}" + (f" ±{found.standard_error:.3f}" if found.standard_error is not None else "")


def _difference(found: Difference | None) -> str:
    if found is None:
        return NOT_MEASURED
    if found.low is None or found.high is None:
        return f"{found.value:+.3f}"
    return f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"


def data_lines(dataset: Dataset, splits: Splits) -> list[str]:
    """What there is to learn from, and under which licence."""
    sizes = {name: len(getattr(splits, name)) for name in ("train", "validation", "test")}
    share = sizes["validation"] / (sizes["train"] + sizes["validation"])
    return [
        f"dataset   {dataset.name} (licence: {dataset.license or 'not stated'}; source: {dataset.source or 'not stated'})",
        f"examples  {sizes['train']:,} training, {sizes['validation']:,} validation ({share:.0%} of both), {sizes['test']:,} test",
    ]


def advice_lines(prepared: Sequence[Prepared]) -> list[str]:
    """Whether fine-tuning is the right tool, and the usual mistakes, each once."""
    said = [f"advice    {p.advice(p.within_budget).line}" for p in prepared]
    return [*dict.fromkeys(said), *dict.fromkeys(f"careful   {found}" for p in prepared for found in p.mistakes)]


def runs_table(runs: Sequence[RunRow]) -> Table:
    from rich.table import Table

    table = Table()
    for column in ("id", "name", "experiment", "state", "started", "took"):
        table.add_column(column, overflow="fold")
    for run in runs:
        started = datetime.fromtimestamp(run.started_at).strftime("%Y-%m-%d %H:%M")
        took = duration(run.ended_at - run.started_at) if run.ended_at else ""
        table.add_row(run.id, run.name, run.experiment, run.state + (f": {run.error}" if run.error else ""), started, took)
    return table
