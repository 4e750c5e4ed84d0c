"""From answers to scores, and from scores to the comparison of base, few-shot and tuned. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ftexp.backends.results import Answers, Losses
from ftexp.evaluation.items import Item, SubjectName
from ftexp.evaluation.metrics import HeldOutLoss, Metric, Score
from ftexp.evaluation.statistics import Difference, Mean, mean, paired_difference
from ftexp.evaluation.suites import Evaluation
from ftexp.values import Value


class Scores(Value):
    """Scores by metric (`suite/name`), then subject, one an item in the order of the items."""

    by_metric: dict[str, dict[SubjectName, tuple[Score, ...]]]


class Comparison(Value):
    """Means by metric and subject; differences by metric, tuned minus the subject named. A metric nobody scored on is absent."""

    means: dict[str, dict[SubjectName, Mean]]
    differences: dict[str, dict[SubjectName, Difference]]
    unscored: dict[str, dict[SubjectName, int]]


class Selection(Value):
    """The headline metric of the tuned model on the validation examples, one score an item: what runs are ranked by."""

    metric: str
    scores: tuple[Score, ...]


def select(evaluation: Evaluation, items: Sequence[Item], answers: Answers | None, losses: Losses | None) -> Selection:
    """Needs the answers, or the losses where the headline metric is one."""
    metric = evaluation.headline_metric
    return Selection(metric=evaluation.headline, scores=_scored(metric, items, answers, losses))


def score(
    evaluation: Evaluation, items: Sequence[Item], answers: Mapping[SubjectName, Answers], losses: Mapping[SubjectName, Losses]
) -> Scores:
    """`losses` may be empty where no metric asks for them."""
    return Scores(
        by_metric={
            f"{suite}/{name}": {subject: _scored(metric, items, answers[subject], losses.get(subject)) for subject in answers}
            for suite, definition in evaluation.suites.items()
            for name, metric in definition.metrics.items()
        }
    )


def _scored(metric: Metric, items: Sequence[Item], answers: Answers | None, losses: Losses | None) -> tuple[Score, ...]:
    if isinstance(metric, HeldOutLoss):
        assert losses is not None, "losses are measured whenever a metric needs them"
        return tuple(Score(value=v) for v in losses.values)
    assert answers is not None, "answers are generated whenever a metric needs them"
    return tuple(_one(metric, reply.text, item) for reply, item in zip(answers.replies, items, strict=True))


def _one(metric: Metric, reply: str, item: Item) -> Score:
    """A metric that breaks on an item leaves it unscored, with the reason, and the run goes on."""
    assert not isinstance(metric, HeldOutLoss)
    try:
        return metric.score(reply, item)
    except Exception as error:  # recorded, counted and shown; any metric may break on hostile text
        return Score(value=None, reason=f"{type(error).__name__}: {error}")


def compare(scores: Scores, confidence: float) -> Comparison:
    """Items that one of two subjects has no score for are left out of their difference."""
    means: dict[str, dict[SubjectName, Mean]] = {}
    differences: dict[str, dict[SubjectName, Difference]] = {}
    unscored: dict[str, dict[SubjectName, int]] = {}
    for metric, subjects in scores.by_metric.items():
        values = {name: [s.value for s in each] for name, each in subjects.items()}
        unscored[metric] = {name: vs.count(None) for name, vs in values.items() if None in vs}
        means[metric] = {name: mean(known, confidence) for name, vs in values.items() if (known := [v for v in vs if v is not None])}
        differences[metric] = {}
        for other, theirs in values.items():
            pairs = [(a, b) for a, b in zip(values["tuned"], theirs, strict=True) if a is not None and b is not None]
            if other != "tuned" and pairs:
                differences[metric][other] = paired_difference([a for a, _ in pairs], [b for _, b in pairs], confidence)
    return Comparison(means=means, differences=differences, unscored={m: u for m, u in unscored.items() if u})
