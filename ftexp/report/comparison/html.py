"""Compared runs as one page that loads nothing and runs no script."""

from __future__ import annotations

from dataclasses import dataclass

from ftexp.compare import MetricCompared, RunsCompared, Standing
from ftexp.evaluation.statistics import Difference, Mean
from ftexp.report.comparison.tables import SHOWN_FLIPS, against, facts, interval, metric_grid, own_subjects, runs_grid, setting
from ftexp.report.pages import template
from ftexp.report.terminal import shortened


@dataclass(frozen=True)
class Bar:
    """An interval and its middle on the axis of a metric, in percent of its width."""

    low: float
    middle: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low


def written(c: RunsCompared) -> str:
    page = template("comparison/page.html.j2", shown=_shown, interval=interval)
    return page.render(c=c, facts=facts(c), runs=runs_grid(c), metrics=[_metric(m, c) for m in c.metrics], most=SHOWN_FLIPS) + "\n"


def _shown(text: object) -> str:
    return shortened(str(text), 600)


def _metric(metric: MetricCompared, c: RunsCompared) -> dict[str, object]:
    means = [mean for at in metric.standings for mean in (at.tuned, at.base, at.few_shot) if mean]
    low, high = _axis(means)
    once = [(name, mean, _bar(mean, low, high)) for name, mean in (("base", metric.base), ("few-shot", metric.few_shot)) if mean]
    return {
        "title": metric_grid(metric, c).title,
        "own": own_subjects(metric),
        "flips": any(at.fixed is not None for at in metric.standings),
        "low": f"{low:.3g}",
        "high": f"{high:.3g}",
        "once": once,
        "standings": [_standing(at, metric, c, low, high) for at in metric.standings],
    }


def _standing(at: Standing, metric: MetricCompared, c: RunsCompared, low: float, high: float) -> dict[str, object]:
    return {
        "at": at,
        "setting": setting(at.run, c),
        "bar": _bar(at.tuned, low, high),
        "against": against(at, metric, c),
        "verdict": {True: "better", False: "worse", None: ""}[metric.better(at.difference)],
    }


def _axis(means: list[Mean]) -> tuple[float, float]:
    """From 0 to 1 for shares and the like; for a loss from 0 to the highest end of an interval."""
    ends = [end for mean in means for end in (mean.value, mean.low, mean.high) if end is not None]
    return min(0.0, *ends, 0.0), max(1.0, *ends, 1.0)


def _bar(found: Mean | Difference | None, low: float, high: float) -> Bar | None:
    if found is None:
        return None
    left, middle, right = (
        100 * ((found.value if end is None else end) - low) / (high - low) for end in (found.low, found.value, found.high)
    )
    return Bar(left, middle, right)
