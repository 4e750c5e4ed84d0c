"""What of a run's report is drawn: figures as words, and as places on an axis. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from ftexp.evaluation.gates import Judged
from ftexp.evaluation.items import SubjectName
from ftexp.evaluation.scoring import suite_of
from ftexp.evaluation.statistics import Mean
from ftexp.report.money import usd
from ftexp.report.run.facts import Confusion, RunReport, Spent
from ftexp.report.run.intervals import Bar, Scale, around, bar, ends_of, scale_of, symmetric
from ftexp.report.run.verdict import Outcome, in_words, interval, outcome
from ftexp.report.saying import NOT_MEASURED, duration
from ftexp.validation.findings import counted

SUBJECTS: tuple[SubjectName, ...] = get_args(SubjectName)
MOST_SIDE = 24  # rows or columns of a confusion table


@dataclass(frozen=True)
class SubjectShown:
    subject: SubjectName
    name: str
    bar: Bar | None
    number: str
    unscored: int
    against: Against | None


@dataclass(frozen=True)
class Against:
    """How far tuned is from another subject. On the bar's axis, better is at the right."""

    name: str
    bar: Bar
    number: str
    outcome: Outcome


@dataclass(frozen=True)
class MetricShown:
    name: str
    note: str
    subjects: tuple[SubjectShown, ...]
    low: str
    high: str


@dataclass(frozen=True)
class SuiteShown:
    name: str
    metrics: tuple[MetricShown, ...]


@dataclass(frozen=True)
class GateShown:
    judged: Judged
    bar: Bar | None
    threshold: float
    number: str


@dataclass(frozen=True)
class SpentShown:
    name: str
    bar: Bar | None
    took: float | None
    estimated: str
    actual: str
    where: str


@dataclass(frozen=True)
class Cell:
    """`share` is of its row; `right` where the answer is the reference."""

    count: int
    share: float
    right: bool


@dataclass(frozen=True)
class ConfusionRow:
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ConfusionShown:
    """`left_out` counts the rows and columns of a large one that aren't shown."""

    columns: tuple[str, ...]
    rows: tuple[ConfusionRow, ...]
    left_out: int


def suites_shown(r: RunReport) -> list[SuiteShown]:
    """The headline first, and with it its suite."""
    suites: dict[str, list[MetricShown]] = {}
    for metric in sorted(r.metrics, key=lambda name: name != r.headline):
        suites.setdefault(suite_of(metric), []).append(_metric(r, metric))
    return [SuiteShown(name, tuple(shown)) for name, shown in suites.items()]


def _metric(r: RunReport, metric: str) -> MetricShown:
    means, unscored = r.comparison.means.get(metric, {}), r.comparison.unscored.get(metric, {})
    scale, kind = scale_of(ends_of(means.values())), r.metrics[metric]
    against = against_shown(r, metric)

    def shown(subject: SubjectName) -> SubjectShown:
        found = means.get(subject)
        where = bar(found.value, found.low, found.high, scale) if found else None
        return SubjectShown(subject, subject_name(subject, r), where, interval(found), unscored.get(subject, 0), against.get(subject))

    return MetricShown(
        name=in_words(metric.partition("/")[2]),
        note=", ".join(filter(None, (_counts(means.values()), kind.unit, "lower is better" if kind.lower_is_better else ""))),
        subjects=tuple(shown(s) for s in SUBJECTS if s in means or s in unscored or s == "tuned"),
        low=f"{scale.low:.3g}",
        high=f"{scale.high:.3g}",
    )


def _counts(means: Iterable[Mean]) -> str:
    """`120 items`, or `297 to 300 items` where some have fewer scores."""
    counts = sorted(m.n for m in means)
    if not counts:
        return ""
    return counted(counts[0], "item") if counts[0] == counts[-1] else f"{counts[0]:,} to {counted(counts[-1], 'item')}"


def subject_name(subject: SubjectName, r: RunReport) -> str:
    return f"few-shot ({r.few_shot})" if subject == "few_shot" else subject


def against_shown(r: RunReport, metric: str) -> dict[SubjectName, Against]:
    """By the other subject, on one axis."""
    found = r.comparison.differences.get(metric, {})
    scale, lower = symmetric(ends_of(found.values())), r.lower_is_better(metric)
    scale = Scale(scale.high, scale.low) if lower else scale
    return {
        other: Against(subject_name(other, r), bar(d.value, d.low, d.high, scale), interval(d, "+"), outcome(d, lower))
        for other in SUBJECTS
        if (d := found.get(other))
    }


def gate_shown(judged: Judged) -> GateShown:
    known = [v for v in (judged.value, judged.low, judged.high) if v is not None]
    scale = around([*known, judged.threshold])
    sign = "+" if "-" in judged.compared else ""
    if judged.value is None:
        return GateShown(judged, None, scale.at(judged.threshold), NOT_MEASURED)
    number = interval(Mean(value=judged.value, standard_error=None, low=judged.low, high=judged.high, n=judged.n), sign)
    return GateShown(judged, bar(judged.value, judged.low, judged.high, scale), scale.at(judged.threshold), number)


def confusion_shown(c: Confusion) -> ConfusionShown:
    rows = tuple(_row(name, counts, c.columns) for name, counts in zip(c.rows[:MOST_SIDE], c.counts, strict=False))
    return ConfusionShown(c.columns[:MOST_SIDE], rows, max(0, len(c.rows) - MOST_SIDE) + max(0, len(c.columns) - MOST_SIDE))


def _row(name: str, counts: Sequence[int], columns: Sequence[str]) -> ConfusionRow:
    total = sum(counts) or 1
    shown = zip(counts[:MOST_SIDE], columns, strict=False)
    return ConfusionRow(name, tuple(Cell(n, n / total, name == column) for n, column in shown))


def spent_shown(spent: Sequence[Spent]) -> list[SpentShown]:
    """All that has one unit on one axis from 0, so that the parts can be compared."""
    reach = {unit: max([1e-9, *(v for s in spent if s.unit == unit for v in _amounts(s))]) for unit in ("seconds", "usd")}
    return [_spent_one(s, Scale(0, reach[s.unit])) for s in spent]


def _amounts(s: Spent) -> list[float]:
    return [v for v in (s.estimated.high if s.estimated else None, s.took) if v is not None]


def _spent_one(s: Spent, scale: Scale) -> SpentShown:
    e, say = s.estimated, usd if s.unit == "usd" else duration
    where = ""
    if e and s.took is not None:
        where = "within the range" if e.low <= s.took <= e.high else "less than expected" if s.took < e.low else "more than expected"
    return SpentShown(
        name=s.name,
        bar=bar(e.expected, e.low, e.high, scale) if e else None,
        took=scale.at(s.took) if s.took is not None else None,
        estimated=f"{say(e.expected)} ({say(e.low)} to {say(e.high)})" if e else NOT_MEASURED,
        actual=say(s.took) if s.took is not None else NOT_MEASURED,
        where=where,
    )
