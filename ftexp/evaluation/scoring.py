"""From answers to scores, and from scores to the comparison of base, few-shot and tuned. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, assert_never

from pydantic import Field

from ftexp.backends.results import Answers, Losses, Reply
from ftexp.evaluation.estimators import alone, difference, is_known
from ftexp.evaluation.items import Item, SubjectName
from ftexp.evaluation.metrics.base import ReplyMetric, Score
from ftexp.evaluation.metrics.kinds import Metric
from ftexp.evaluation.metrics.measured import BaseLikelihood, HeldOutLoss
from ftexp.evaluation.statistics import Difference, Mean
from ftexp.evaluation.suites import Evaluation
from ftexp.values import Value

T = TypeVar("T")


@dataclass(frozen=True)
class Heard:
    """What the subjects said to some questions, and what was measured besides: empty where no metric asks for it."""

    items: Sequence[Item]
    answers: Mapping[SubjectName, Answers]
    losses: Mapping[SubjectName, Losses]
    reply_losses: Mapping[SubjectName, Losses]

    @property
    def seconds(self) -> float:
        """That all of it took."""
        return sum(each.seconds for of in (self.answers, self.losses, self.reply_losses) for each in of.values())


class Scores(Value):
    """Scores by metric (`suite/name`), then subject, one an item in the order of the items.

    `clusters` has, for suites whose items come in groups, the group of each item.
    """

    by_metric: dict[str, dict[SubjectName, tuple[Score, ...]]]
    clusters: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Comparison(Value):
    """Means by metric and subject; differences by metric, tuned minus the subject named. A metric nobody scored on is absent.

    `unscored` counts items, `failed` has the first error of a metric that broke on some.
    """

    means: dict[str, dict[SubjectName, Mean]]
    differences: dict[str, dict[SubjectName, Difference]]
    unscored: dict[str, dict[SubjectName, int]]
    failed: dict[str, dict[SubjectName, str]] = Field(default_factory=dict)


class Selection(Value):
    """The headline metric of the tuned model on the validation examples, one score an item: what runs are ranked by."""

    metric: str
    scores: tuple[Score, ...]


def select(evaluation: Evaluation, items: Sequence[Item], answers: Answers | None, losses: Losses | None) -> Selection:
    """Needs the answers, or the losses where the headline metric is one."""
    return Selection(metric=evaluation.headline, scores=_scored(evaluation.headline_metric, items, answers, losses, None))


def score(evaluation: Evaluation, heard: Mapping[str, Heard]) -> Scores:
    """`heard` by the name of the questions."""
    by_metric = {}
    for name, metric in evaluation.by_name.items():
        h = heard[evaluation.questions_of(suite_of(name))]
        by_metric[name] = {s: _scored(metric, h.items, h.answers[s], h.losses.get(s), h.reply_losses.get(s)) for s in h.answers}
    asked = {suite: heard[evaluation.questions_of(suite)].items for suite in evaluation.suites}
    clusters = {suite: clusters_of(items) for suite, items in asked.items() if any(i.cluster for i in items)}
    return Scores(by_metric=by_metric, clusters=clusters)


def suite_of(metric: str) -> str:
    return metric.partition("/")[0]


def clusters_of(items: Sequence[Item]) -> tuple[str, ...]:
    """The group of each item; an item without one is a group of its own."""
    return tuple(item.cluster or f"#{n}" for n, item in enumerate(items))


def _scored(
    metric: Metric, items: Sequence[Item], answers: Answers | None, losses: Losses | None, reply_losses: Losses | None
) -> tuple[Score, ...]:
    match metric:
        case HeldOutLoss():
            return _measured(losses, "the reference has no tokens")
        case BaseLikelihood():
            return _measured(reply_losses, "an empty reply")
        case ReplyMetric():
            assert answers is not None, "answers are generated whenever a metric needs them"
            return tuple(_one(metric, reply, item) for reply, item in zip(answers.replies, items, strict=True))
    assert_never(metric)


def _measured(losses: Losses | None, without: str) -> tuple[Score, ...]:
    assert losses is not None, "losses are measured whenever a metric needs them"
    return tuple(Score(value=v, reason=(losses.missing or without) if v is None else "") for v in losses.values)


def _one(metric: ReplyMetric, reply: Reply, item: Item) -> Score:
    """A metric that breaks on an item leaves it unscored, with the reason, and the run goes on."""
    if reply.error:
        return Score(value=None, reason=reply.error)
    try:
        return metric.score(reply, item)
    except Exception as error:  # recorded, counted and shown; any metric may break on hostile text
        return Score(value=None, reason=f"{type(error).__name__}: {error}"[:500], failed=True)


def compare(evaluation: Evaluation, scores: Scores) -> Comparison:
    """Items that one of two subjects has no score for are left out of their difference."""
    means: dict[str, dict[SubjectName, Mean]] = {}
    differences: dict[str, dict[SubjectName, Difference]] = {}
    unscored: dict[str, dict[SubjectName, int]] = {}
    failed: dict[str, dict[SubjectName, str]] = {}
    for name, subjects in scores.by_metric.items():
        m = Judging(evaluation.by_name[name], scores.clusters.get(suite_of(name)), evaluation.confidence)
        means[name] = {s: found for s, each in subjects.items() if (found := m.mean(each))}
        others = [s for s in subjects if s != "tuned"] if "tuned" in subjects else []
        differences[name] = {s: apart for s in others if (apart := m.difference(subjects["tuned"], subjects[s]))}
        unscored[name] = {
            s: n for s, each in subjects.items() if (n := sum(score.applies and not is_known(m.metric, score) for score in each))
        }
        failed[name] = {s: why for s, each in subjects.items() if (why := next((score.reason for score in each if score.failed), ""))}
    return Comparison(means=means, differences=differences, unscored=_told(unscored), failed=_told(failed))


def _told(by_metric: dict[str, dict[SubjectName, T]]) -> dict[str, dict[SubjectName, T]]:
    return {metric: found for metric, found in by_metric.items() if found}


@dataclass(frozen=True)
class Judging:
    """One metric of one suite."""

    metric: Metric
    clusters: tuple[str, ...] | None
    confidence: float

    def mean(self, scores: Sequence[Score]) -> Mean | None:
        (known,), clusters = self._known(scores)
        return alone(self.metric, known, clusters)(self.confidence) if known else None

    def difference(self, tuned: Sequence[Score], other: Sequence[Score]) -> Difference | None:
        (ours, theirs), clusters = self._known(tuned, other)
        return difference(self.metric, ours, theirs, clusters)(self.confidence) if ours else None

    def _known(self, *sides: Sequence[Score]) -> tuple[list[list[Score]], list[str] | None]:
        """Of the items that every side has a score for."""
        rows = list(zip(*sides, strict=True))
        known = [i for i, row in enumerate(rows) if all(is_known(self.metric, score) for score in row)]
        return [[side[i] for i in known] for side in sides], [self.clusters[i] for i in known] if self.clusters else None
