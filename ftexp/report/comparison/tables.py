"""Compared runs as tables of texts, whatever they are written in. Pure; texts of the runs are as they are, to be escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ftexp.compare import MetricCompared, RunResult, RunsCompared, Standing, percent
from ftexp.evaluation.statistics import Difference, Mean
from ftexp.report.saying import NOT_MEASURED, duration

SHOWN_FLIPS = 20  # of each kind, run and metric, in a list
ABSENT = "-"
LOCAL = "nothing billed: trained on this machine"


@dataclass(frozen=True)
class Grid:
    """`texts` counts the columns at the left that hold words; the others hold figures."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: int


def runs_grid(c: RunsCompared) -> Grid:
    """A row a run: what it was told that others weren't, and what it took."""
    short = short_keys(c.differing)
    billed = not all(run.billed_usd == 0 for run in c.runs)
    header = ("run", "name", *short.values(), "best validation loss", "trained in", "evaluated in", *(["billed"] if billed else []))
    rows = []
    for run in c.runs:
        told = (run.config.get(key, ABSENT) for key in short)
        loss = NOT_MEASURED if run.best_validation_loss is None else f"{run.best_validation_loss:.3f}"
        cost = [NOT_MEASURED if run.billed_usd is None else f"${run.billed_usd:.2f}"] if billed else []
        rows.append((run.id, run.name, *told, loss, duration(run.train_seconds), duration(run.evaluation_seconds), *cost))
    return Grid("what differs", header, tuple(rows), 2)


def metric_grid(metric: MetricCompared, c: RunsCompared) -> Grid:
    """A row a run, after those of base and few-shot where all runs have the same."""
    own = own_subjects(metric)
    flips = any(at.fixed is not None for at in metric.standings)
    counts = ("fixed", "broken") if flips else ()
    header = ("run", "", *(s.replace("_", "-") for s in own), "score", f"against {c.against.id}", *counts)
    once = [(s.replace("_", "-"), getattr(metric, s)) for s in ("base", "few_shot") if getattr(metric, s)]
    rows = [(name, "", *("" for _ in own), interval(mean), "", *("" for _ in counts)) for name, mean in once]
    for at in metric.standings:
        own_means = (interval(getattr(at, s)) for s in own)
        flipped = (_count(at.fixed), _count(at.broken)) if flips else ()
        rows.append((at.run.id, setting(at.run, c), *own_means, interval(at.tuned), against(at, metric, c), *flipped))
    return Grid(metric.name + (" (lower is better)" if metric.lower_is_better else ""), header, tuple(rows), 2)


def own_subjects(metric: MetricCompared) -> list[str]:
    """Those that aren't the same for all runs, so that each run shows its own."""
    return [s for s in ("base", "few_shot") if getattr(metric, s) is None and any(getattr(at, s) for at in metric.standings)]


def facts(c: RunsCompared) -> list[str]:
    """How to read the tables, and what to know besides."""
    share = percent(c.against.confidence)
    lines = [
        f"scores are of the tuned models, with their intervals; differences are paired, over the items shared with {c.against.id}, "
        f"with {share} intervals over items (not over seeds)"
    ]
    lines += [f"cost: {LOCAL}"] if all(run.billed_usd == 0 for run in c.runs) else []
    return [*lines, *c.notes]


def against(at: Standing, metric: MetricCompared, c: RunsCompared) -> str:
    if at.run is c.against:
        return ""
    verdict = {True: " better", False: " worse", None: ""}[metric.better(at.difference)]
    return interval(at.difference, "+") + verdict


def interval(found: Mean | Difference | None, sign: str = "") -> str:
    if found is None:
        return NOT_MEASURED
    if found.low is None or found.high is None:
        return f"{found.value:{sign}.3f}"
    return f"{found.value:{sign}.3f} [{found.low:{sign}.3f}, {found.high:{sign}.3f}]"


def setting(run: RunResult, c: RunsCompared, longest: int = 60) -> str:
    """What it was told that others weren't, in few words; its name where that is nothing."""
    told = ", ".join(f"{short}={run.config.get(key, ABSENT)}" for key, short in short_keys(c.differing).items())
    text = told or run.name
    return text if len(text) <= longest else text[: longest - 3] + "..."


def short_keys(keys: Sequence[str]) -> dict[str, str]:
    """By key its shortest ending that no other has: n_epochs for hyperparameters.n_epochs."""
    short = {}
    for key in keys:
        parts = key.split(".")
        endings = [".".join(parts[-n:]) for n in range(1, len(parts) + 1)]
        short[key] = next((e for e in endings if not any(k != key and f".{k}".endswith(f".{e}") for k in keys)), key)
    return short


def _count(flips: Sequence[object] | None) -> str:
    return "" if flips is None else str(len(flips))
