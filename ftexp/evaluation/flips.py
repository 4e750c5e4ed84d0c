"""Which items the tuned model gets right that the other didn't, and the other way round. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ftexp.evaluation.items import SubjectName
from ftexp.evaluation.scoring import Heard, Scores
from ftexp.evaluation.statistics import is_share
from ftexp.evaluation.suites import Evaluation
from ftexp.values import Value

MOST = 50  # of each, where scores are no verdicts and nearly all of them change


class Flip(Value):
    """An item by its number from 0. `before` and `after` are the scores of `other` and `tuned`, which said `said_before` and
    `said_after`; `reason` is that of the worse score.
    """

    item: int
    prompt: str
    reference: str
    said_before: str
    said_after: str
    before: float
    after: float
    reason: str


class Flips(Value):
    """By one metric against one subject; broken and fixed items, the worst (the furthest apart) first."""

    metric: str
    other: str
    fixed: tuple[Flip, ...]
    broken: tuple[Flip, ...]


def flips(evaluation: Evaluation, metric: str, other: SubjectName, heard: Heard, scores: Scores) -> Flips:
    """Verdicts that changed; of other scores those that changed by more than the changes usually differ, `MOST` of them.

    Items that one of the two has no score for are left out. Of items equally far apart, the first one comes first.
    """
    lower_is_better = evaluation.by_name[metric].lower_is_better
    pairs = list(_pairs(metric, other, heard, scores, lower_is_better))
    verdicts = is_share([score for flip in pairs for score in (flip.before, flip.after)])
    usual = 0.0 if verdicts or not pairs else _deviation([flip.after - flip.before for flip in pairs])
    changed = sorted((f for f in pairs if f.after != f.before and _apart(f) >= usual), key=_apart, reverse=True)
    fixed, broken = ([f for f in changed if ((f.after < f.before) == lower_is_better) == better] for better in (True, False))
    most = None if verdicts else MOST
    return Flips(metric=metric, other=other, fixed=tuple(fixed[:most]), broken=tuple(broken[:most]))


def _deviation(values: Sequence[float]) -> float:
    average = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((v - average) ** 2 for v in values) / len(values))


def _apart(flip: Flip) -> float:
    return abs(flip.after - flip.before)


def _pairs(metric: str, other: SubjectName, heard: Heard, scores: Scores, lower_is_better: bool) -> Iterator[Flip]:
    """Every item that both have a score for."""
    by_subject, answers = scores.by_metric[metric], heard.answers
    for n, (item, before, after) in enumerate(zip(heard.items, by_subject[other], by_subject["tuned"], strict=True)):
        if before.value is None or after.value is None:
            continue
        worse = before if (before.value < after.value) != lower_is_better else after
        yield Flip(
            item=n,
            prompt=item.prompt[-1].content,
            reference=item.reference,
            said_before=answers[other].replies[n].text,
            said_after=answers["tuned"].replies[n].text,
            before=before.value,
            after=after.value,
            reason=worse.reason,
        )
