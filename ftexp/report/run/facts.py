"""What the report of a run shows, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ftexp.backends.results import Point
from ftexp.cost import Range
from ftexp.diagnosis import Diagnosis
from ftexp.evaluation.flips import Flips
from ftexp.evaluation.gates import GateReport
from ftexp.evaluation.metrics.base import MetricKind
from ftexp.evaluation.scoring import Comparison
from ftexp.evaluation.statistics import Difference


@dataclass(frozen=True)
class Fact:
    name: str
    value: str


@dataclass(frozen=True)
class DataUsed:
    """Examples by split; an empty licence or source is one that isn't stated. `warnings` are what the checks found, a line each."""

    name: str
    license: str
    source: str
    train: int
    validation: int
    test: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spent:
    """What a part of the run took, beside what was expected of it. None: not known before, or not measured."""

    name: str
    unit: Literal["seconds", "usd"]
    estimated: Range | None
    took: float | None


@dataclass(frozen=True)
class Confusion:
    """How often a reference (a row) was answered so (a column), by the tuned model. `of` says what, as in `category`."""

    of: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class RunReport:
    """A finished run. `metrics` and `comparison` are by SUITE/METRIC; `few_shot` counts the examples in that prompt, 0: there is none.

    `best_step` is None where no validation loss was measured. What the run had none of is None or empty, and isn't shown.
    """

    goal: str
    run: str
    name: str
    experiment: str
    started: datetime
    model: str
    settings: tuple[Fact, ...]  # what it was trained with, resolved
    data: DataUsed
    headline: str
    metrics: Mapping[str, MetricKind]
    comparison: Comparison
    confidence: float
    few_shot: int
    curve: tuple[Point, ...]
    best_step: int | None
    version: str  # of ftexp
    written_on: date
    evaluated: str = ""  # a sentence that says which step's model it is
    pairs: str = ""  # a sentence on the test split's preference pairs
    gates: GateReport | None = None
    flips: Flips | None = None
    confusion: Confusion | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    spent: tuple[Spent, ...] = ()
    money: str = ""  # in words, like "nothing billed: trained on this machine"
    commands: tuple[str, ...] = ()  # that make it again
    made_with: tuple[Fact, ...] = ()  # machine, ids and digests
    packages: tuple[str, ...] = ()

    def difference(self, metric: str, other: Literal["base", "few_shot"]) -> Difference | None:
        return self.comparison.differences.get(metric, {}).get(other)

    def lower_is_better(self, metric: str) -> bool:
        return metric in self.metrics and self.metrics[metric].lower_is_better
