"""From scores of a metric to its figure with an interval: of one subject, or of the tuned model beside another. Pure.

Every score has to be known: a metric of all replies together takes what was observed, any other the values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ftexp.evaluation.metrics.base import MetricKind, Score, SetMetric
from ftexp.evaluation.statistics import Difference, Mean, figure_difference, figure_mean, figure_ratio, mean, paired_difference, ratio

Groups = Sequence[str] | None  # of each item, where items come in groups


def is_known(metric: MetricKind, score: Score) -> bool:
    return (score.observed if isinstance(metric, SetMetric) else score.value) is not None


def alone(metric: MetricKind, scores: Sequence[Score], clusters: Groups) -> Callable[[float], Mean]:
    """By the confidence of its interval."""
    if isinstance(metric, SetMetric):
        figure = _figure(metric, scores)
        return lambda confidence: figure_mean(figure, len(scores), confidence, clusters)
    values = _values(scores)
    return lambda confidence: mean(values, confidence, clusters)


def difference(metric: MetricKind, tuned: Sequence[Score], other: Sequence[Score], clusters: Groups) -> Callable[[float], Difference]:
    """Tuned minus other, by the confidence of its interval."""
    if isinstance(metric, SetMetric):
        figures = _figure(metric, tuned), _figure(metric, other)
        return lambda confidence: figure_difference(*figures, len(tuned), confidence, clusters)
    values = _values(tuned), _values(other)
    return lambda confidence: paired_difference(*values, confidence, clusters)


def quotient(metric: MetricKind, tuned: Sequence[Score], other: Sequence[Score], clusters: Groups) -> Callable[[float], Difference | None]:
    """Tuned divided by other, likewise; None where the other is 0."""
    if isinstance(metric, SetMetric):
        figures = _figure(metric, tuned), _figure(metric, other)
        return lambda confidence: figure_ratio(*figures, len(tuned), confidence, clusters)
    values = _values(tuned), _values(other)
    return lambda confidence: ratio(*values, confidence, clusters)


def _values(scores: Sequence[Score]) -> list[float]:
    return [s.value for s in scores if s.value is not None]


def _figure(metric: SetMetric, scores: Sequence[Score]) -> Callable[[Sequence[int]], float]:
    """What any of the items come to, by their numbers."""
    return lambda items: metric.figure([o for i in items if (o := scores[i].observed) is not None])
