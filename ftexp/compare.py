"""Finished runs side by side: what differs in their configs, their scores, and how far each is from one of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ftexp.errors import ConfigError
from ftexp.evaluation.items import SubjectName
from ftexp.evaluation.metrics.kinds import BY_KIND
from ftexp.evaluation.scoring import Comparison
from ftexp.evaluation.statistics import Difference, Mean, is_share, paired_difference

MANY = 5  # differences of one metric, above which some are expected to look real by chance


@dataclass(frozen=True)
class Answered:
    """One item, and what the tuned model said to it."""

    prompt: str
    reference: str
    reply: str


@dataclass(frozen=True)
class RunResult:
    """A finished run. `config` is flattened; `metrics` has the definition of each metric, `scores` those of the tuned model, one
    an item, None where it couldn't be scored. `billed_usd` and `best_validation_loss` are None where they weren't measured.
    """

    id: str
    name: str
    experiment: str
    config: Mapping[str, str]
    comparison: Comparison
    headline: str
    confidence: float
    metrics: Mapping[str, Mapping[str, Any]]
    items: tuple[Answered, ...]
    scores: Mapping[str, tuple[float | None, ...]]
    best_validation_loss: float | None
    train_seconds: float
    evaluation_seconds: float
    billed_usd: float | None

    def mean(self, subject: SubjectName, metric: str) -> Mean | None:
        return self.comparison.means.get(metric, {}).get(subject)


@dataclass(frozen=True)
class Flip:
    """An item that one run answers right and the other doesn't."""

    prompt: str
    reference: str
    before: str
    after: str


@dataclass(frozen=True)
class Standing:
    """One run on one metric. `difference` is its score minus that of the run compared against, over the items that both have;
    None for that run itself, and where they share no scored item. `fixed` and `broken` are None where scores aren't all 0 or 1.
    """

    run: RunResult
    tuned: Mean | None
    base: Mean | None
    few_shot: Mean | None
    difference: Difference | None
    fixed: tuple[Flip, ...] | None
    broken: tuple[Flip, ...] | None


@dataclass(frozen=True)
class MetricCompared:
    """`base` and `few_shot` are None where the runs don't all have the same one; each standing has its own."""

    name: str
    lower_is_better: bool
    base: Mean | None
    few_shot: Mean | None
    standings: tuple[Standing, ...]

    def better(self, difference: Difference | None) -> bool | None:
        """None where the interval holds 0, or there is none."""
        if difference is None or difference.low is None or difference.high is None or difference.low <= 0 <= difference.high:
            return None
        return (difference.value > 0) != self.lower_is_better


@dataclass(frozen=True)
class RunsCompared:
    """`differing` are the keys of the config that the runs don't all have the same value of; `notes` say what to know besides."""

    runs: tuple[RunResult, ...]
    against: RunResult
    differing: tuple[str, ...]
    metrics: tuple[MetricCompared, ...]
    notes: tuple[str, ...]


def compare_runs(
    runs: Sequence[RunResult], against: str | None = None, metric: str | None = None, notes: Sequence[str] = ()
) -> RunsCompared:
    """`against` is the id of one of the runs, without it the first; `metric` the only one to compare, without it all that are
    shared. `notes` come first among those found here.

    Raises ConfigError where there are fewer than two runs, or no run has that metric.
    """
    if len(runs) < 2:
        raise ConfigError(f"found {len(runs)} finished {'run' if len(runs) == 1 else 'runs'} to compare, expected two or more", *notes)
    reference = next(run for run in runs if against in (None, run.id))
    wanted = _metrics(runs, reference, metric)
    shared = {run.id: common_items(run.items, reference.items) for run in runs}
    compared = tuple(_compared(name, runs, reference, shared) for name in wanted)
    found = (*_unlike_metrics(runs, reference, wanted, metric), *_unlike_items(runs, reference, shared), *_confidences(runs, reference))
    return RunsCompared(tuple(runs), reference, differing(runs), compared, (*notes, *found, *_by_chance(compared, reference)))


def differing(runs: Sequence[RunResult]) -> tuple[str, ...]:
    keys = dict.fromkeys(key for run in runs for key in run.config)
    return tuple(key for key in keys if len({run.config.get(key) for run in runs}) > 1)


def common_items(one: Sequence[Answered], other: Sequence[Answered]) -> list[tuple[int, int]]:
    """Where the items stand that both have, by prompt and reference, whatever their order.

    Items that can't be told apart are paired in order where both have as many of them, and left out where they don't.
    """
    ours, theirs = _places(one), _places(other)
    both = [(places, theirs[item]) for item, places in ours.items() if item in theirs]
    return [pair for a, b in both if len(a) == len(b) for pair in zip(a, b, strict=True)]


Shared = Mapping[str, Sequence[tuple[int, int]]]  # by run the items that it has in common with the one compared against


def _places(items: Sequence[Answered]) -> dict[tuple[str, str], list[int]]:
    places: dict[tuple[str, str], list[int]] = {}
    for n, item in enumerate(items):
        places.setdefault((item.prompt, item.reference), []).append(n)
    return places


def _metrics(runs: Sequence[RunResult], reference: RunResult, metric: str | None) -> list[str]:
    """The headline first; those that the reference and another run have, with the same definition."""
    known = list(dict.fromkeys(name for run in runs for name in run.metrics))
    if metric is not None and metric not in known:
        near = get_close_matches(metric, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigError(f"--metric: found {metric!r}, expected one of {', '.join(known)}{hint}")
    others = [run for run in runs if run is not reference]
    shared = [name for name in reference.metrics if any(_same_metric(name, run, reference) for run in others)]
    if metric is not None:
        return [name for name in shared if name == metric]
    return sorted(shared, key=lambda name: name != reference.headline)


def _same_metric(name: str, run: RunResult, reference: RunResult) -> bool:
    return name in run.metrics and run.metrics[name] == reference.metrics.get(name)


def _compared(metric: str, runs: Sequence[RunResult], reference: RunResult, shared: Shared) -> MetricCompared:
    alike = [run for run in runs if _same_metric(metric, run, reference)]
    base, few_shot = _once(metric, "base", alike), _once(metric, "few_shot", alike)
    standings = tuple(_standing(metric, run, reference, shared) for run in alike)
    return MetricCompared(metric, is_loss(reference.metrics[metric]), base, few_shot, standings)


def is_loss(definition: Mapping[str, Any]) -> bool:
    """Whether lower is better."""
    return BY_KIND[definition["kind"]].lower_is_better


def _once(metric: str, subject: SubjectName, runs: Sequence[RunResult]) -> Mean | None:
    first = runs[0].mean(subject, metric)
    return first if all(run.mean(subject, metric) == first for run in runs) else None


def _standing(metric: str, run: RunResult, reference: RunResult, shared: Shared) -> Standing:
    means = (run.mean("tuned", metric), run.mean("base", metric), run.mean("few_shot", metric))
    pairs = [] if run is reference else _scored_pairs(metric, run, reference, shared[run.id])
    if not pairs:
        return Standing(run, *means, None, None, None)
    ours, theirs = [_known(run, metric, a) for a, _ in pairs], [_known(reference, metric, b) for _, b in pairs]
    difference = paired_difference(ours, theirs, reference.confidence)
    if not (is_share(ours) and is_share(theirs)):
        return Standing(run, *means, difference, None, None)
    flips = [
        (_flip(run.items[a], reference.items[b]), mine > other)
        for (a, b), mine, other in zip(pairs, ours, theirs, strict=True)
        if mine != other
    ]
    return Standing(run, *means, difference, tuple(f for f, right in flips if right), tuple(f for f, right in flips if not right))


def _scored_pairs(metric: str, run: RunResult, reference: RunResult, shared: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    ours, theirs = run.scores.get(metric, ()), reference.scores.get(metric, ())
    if not ours or not theirs:
        return []
    return [(a, b) for a, b in shared if ours[a] is not None and theirs[b] is not None]


def _known(run: RunResult, metric: str, item: int) -> float:
    score = run.scores[metric][item]
    assert score is not None, "unscored items were left out"
    return score


def _flip(after: Answered, before: Answered) -> Flip:
    return Flip(after.prompt, after.reference, before.reply, after.reply)


def _unlike_metrics(runs: Sequence[RunResult], reference: RunResult, wanted: Sequence[str], metric: str | None) -> list[str]:
    """What couldn't be compared, and why."""
    notes = []
    for name in [metric] if metric else dict.fromkeys(name for run in runs for name in run.metrics):
        without = [run.id for run in runs if name not in run.metrics]
        unlike = [run.id for run in runs if name in run.metrics and not _same_metric(name, run, reference)]
        if reference.id in without:
            notes.append(f"{name}: not compared, since {reference.id} doesn't measure it")
            continue
        if without:
            notes.append(f"{name}: not measured by {listed(without)}")
        if unlike:
            notes.append(f"{name}: defined differently in {listed(unlike)}, and not compared with those")
    if not wanted:
        notes.append(f"no metric is common to {reference.id} and another run")
    return notes


def _unlike_items(runs: Sequence[RunResult], reference: RunResult, shared: Shared) -> list[str]:
    notes, unlike = [], []
    for run in runs:
        common = len(shared[run.id])
        if common == 0:
            notes.append(f"{run.id} shares no item with {reference.id}: their scores are of different tests, and no difference is told")
        elif not common == len(run.items) == len(reference.items):
            unlike.append(f"{run.id} {common}")
    if unlike:
        whole = f"the {len(reference.items)} of {reference.id}"
        notes.append(f"not all items are the same; differences are over those shared with {whole}: {listed(unlike)}")
    return notes


def _confidences(runs: Sequence[RunResult], reference: RunResult) -> list[str]:
    others = [f"{run.id} {percent(run.confidence)}" for run in runs if run.confidence != reference.confidence]
    share = percent(reference.confidence)
    return [f"intervals of scores are each run's own ({listed(others)}; others {share}), those of differences {share}"] if others else []


def _by_chance(compared: Sequence[MetricCompared], reference: RunResult) -> list[str]:
    count = max((sum(s.difference is not None for s in metric.standings) for metric in compared), default=0)
    if count <= MANY:
        return []
    one_in = f"{1 / (1 - reference.confidence):.0f}"
    return [f"one difference in {one_in} looks real by chance alone, and a metric has {count} here: confirm a winner with another seed"]


def percent(share: float) -> str:
    return f"{100 * share:g} %"


def listed(names: Sequence[str], longest: int = 5) -> str:
    shown = ", ".join(names[:longest])
    return shown if len(names) <= longest else f"{shown} and {len(names) - longest} more"
