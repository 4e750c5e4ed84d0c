"""Is fine-tuning the right tool at all? The decision flow, and the usual mistakes, as functions of values.

The flow is that of ftexp's founding document: stable requirements? live information? many different answers wanted? enough
data? a budget? It advises and never refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from ftexp.evaluation.gates import Fact
from ftexp.evaluation.statistics import Difference
from ftexp.presets import Resolved
from ftexp.validation.counts import Counts, TaskType
from ftexp.validation.findings import Finding
from ftexp.values import Value

Tool = Literal["prompt engineering", "RAG", "few-shot", "base model", "fine-tuning"]


class Usual(Value):
    """What training is usually done with: lowest and highest. Sets of more than `large_above` examples need fewer epochs."""

    n_epochs: tuple[int, int] = Field(default=(3, 5), description="two whole numbers, lowest and highest")
    n_epochs_large: tuple[int, int] = Field(default=(2, 5), description="two whole numbers, lowest and highest")
    large_above: int = Field(default=1000, ge=0, description="a whole number from 0")
    small_below: int = Field(default=200, ge=0, description="a whole number from 0")
    batch_size: tuple[int, int] = Field(default=(1, 32), description="two whole numbers, lowest and highest")
    learning_rate_multiplier: tuple[float, float] = Field(default=(0.5, 2.0), description="two numbers, lowest and highest")


class Suitability(Value):
    """What the data can't tell. None: not said."""

    requirements_stable: bool | None = Field(default=None, description="true, false or null")
    needs_live_information: bool | None = Field(default=None, description="true, false or null")
    wants_variety: bool | None = Field(default=None, description="true, false or null")
    usual: Usual = Usual()

    @property
    def facts(self) -> frozenset[Fact]:
        """Those that hold, of the facts that a gate may ask for."""
        return frozenset({"wants_variety"}) if self.wants_variety else frozenset()


@dataclass(frozen=True)
class FewShotEvidence:
    """What examples in the prompt came to in an earlier run on the same data: tuned minus few-shot on its headline metric."""

    run: str
    model: str
    metric: str
    examples: int
    lower_is_better: bool
    difference: Difference

    @property
    def verdict(self) -> Literal["within noise", "tuned is better", "few-shot is better"]:
        d = self.difference
        if d.low is None or d.high is None or d.low <= 0 <= d.high:
            return "within noise"
        return "tuned is better" if (d.value < 0) == self.lower_is_better else "few-shot is better"

    def __str__(self) -> str:
        d, so = self.difference, self.examples
        interval = f" [{d.low:+.3f}, {d.high:+.3f}]" if d.low is not None else ""
        found = f"run {self.run} ({self.model}) on the same data: {self.metric}, tuned - few-shot {d.value:+.3f}{interval}"
        match self.verdict:
            case "within noise":
                return f"{found}: within noise, {so} examples in the prompt may do as well"
            case "few-shot is better":
                return f"{found}: {so} examples in the prompt did better"
        return f"{found}: training did better than {so} examples in the prompt"


@dataclass(frozen=True)
class Measured:
    """What the run itself tells. `within_budget` is None where no limit was set, or what it takes isn't measured."""

    training_examples: int
    task_type: TaskType
    counts: Counts
    within_budget: bool | None = None
    few_shot: FewShotEvidence | None = None


class Assumption(Value):
    """What the way to an advice took for granted, since nobody said it: the keys that say it, and which tool it is otherwise."""

    keys: str
    so: str
    otherwise: Tool


class Advice(Value):
    """`changes` would lead to another tool, `evidence` is what earlier runs tell."""

    tool: Tool
    reason: str
    assumed: tuple[Assumption, ...]
    changes: tuple[str, ...]
    evidence: tuple[str, ...]

    @property
    def line(self) -> str:
        """`fine-tuning, if the requirements are stable: 240 examples are ...`."""
        conditions = " and ".join(filter(None, [", ".join(a.so for a in self.assumed[:-1]), *(a.so for a in self.assumed[-1:])]))
        return f"{self.tool}{f', if {conditions}' if conditions else ''}: {self.reason}"


STABLE = Assumption(keys="suitability.requirements_stable", so="the requirements are stable", otherwise="prompt engineering")
NOT_LIVE = Assumption(keys="suitability.needs_live_information", so="no answer needs facts of the day", otherwise="RAG")
NOT_VARIED = Assumption(keys="suitability.wants_variety", so="one good answer is wanted and not many", otherwise="base model")
AFFORDED = Assumption(keys="budget.usd, budget.minutes", so="what it takes is within your budget", otherwise="prompt engineering")


def advise(said: Suitability, found: Measured) -> Advice:
    """The first question of the flow whose answer leads away from fine-tuning decides."""
    assumed: list[Assumption] = []

    def leaf(tool: Tool, reason: str, *changes: str) -> Advice:
        evidence = (str(found.few_shot),) if found.few_shot else ()
        return Advice(tool=tool, reason=reason, assumed=tuple(assumed), changes=changes, evidence=evidence)

    if said.requirements_stable is False:
        return leaf("prompt engineering", "the requirements change, and every change would mean another training", _turned(STABLE, "true"))
    assumed += [STABLE] if said.requirements_stable is None else []
    if said.needs_live_information:
        return leaf("RAG", "answers need facts of the day, and a model knows only what it was trained on", _turned(NOT_LIVE, "false"))
    assumed += [NOT_LIVE] if said.needs_live_information is None else []
    if said.wants_variety:
        return leaf("base model", "many different answers are wanted, and training narrows them", _turned(NOT_VARIED, "false"))
    assumed += [NOT_VARIED] if said.wants_variety is None else []
    if found.counts.judge(found.training_examples) == "too few":
        return leaf("few-shot", _too_few(found), f"{_missing(found):,} more training examples")
    if found.within_budget is False:
        return leaf("prompt engineering", "the training does not fit the budget", "a higher budget, fewer epochs or runs, a cheaper model")
    assumed += [AFFORDED] if found.within_budget is None else []
    as_well = found.few_shot is not None and found.few_shot.verdict != "tuned is better"
    return leaf("fine-tuning", _enough(found), *(["few-shot, where it does as well on your own items"] if as_well else []))


def _turned(assumption: Assumption, value: str) -> str:
    """What would have to be so, and the key that says it."""
    return f"that {assumption.so} ({assumption.keys}={value})"


def _too_few(found: Measured) -> str:
    n, c = found.training_examples, found.counts
    return f"{n:,} training examples are too few to learn {LEARNED[found.task_type]} from (at least {c.minimum:,}); show some in the prompt"


def _missing(found: Measured) -> int:
    return found.counts.minimum - found.training_examples


LEARNED = {"style": "a style", "task": "a task", "domain": "a domain", "reasoning": "reasoning"}


def _enough(found: Measured) -> str:
    c, what = found.counts, LEARNED[found.task_type]
    n, advised = f"{found.training_examples:,} training examples", f"{c.advised_from:,} to {c.advised_to:,}"
    match c.judge(found.training_examples):
        case "few":
            return f"{n} are enough for {what} ({c.minimum:,}), and fewer than advised ({advised})"
        case "advised":
            return f"{n} are what is advised for {what} ({advised}; best from {c.best:,})"
    return f"{n} are as many as help for {what} ({c.best:,} and more)"


def mistakes(h: Resolved, training_examples: int, validation_examples: int, usual: Usual) -> tuple[Finding, ...]:
    """The usual ones, as advice before the run. What a service chooses isn't judged."""
    return tuple(_mistakes(h, training_examples, validation_examples, usual))


def _mistakes(h: Resolved, training_examples: int, validation_examples: int, usual: Usual) -> Iterator[Finding]:
    if validation_examples == 0:
        yield _advice("no_validation", "dataset", "no validation examples; keep 10 to 20 %, else nobody sees when it learns by heart")
    yield from _epochs(h, training_examples, usual)
    yield from _outside("batch_size", h.batch_size, usual.batch_size)
    low, high = usual.learning_rate_multiplier
    rate = h.learning_rate_multiplier
    if rate != "provider_auto" and rate > high:
        yield _advice(
            "rate_outside",
            "hyperparameters.learning_rate_multiplier",
            f"{rate:g} is above the usual {low:g} to {high:g}; too high a rate makes a model forget what it knew",
        )
    else:
        yield from _outside("learning_rate_multiplier", rate, usual.learning_rate_multiplier)


def _epochs(h: Resolved, examples: int, usual: Usual) -> Iterator[Finding]:
    low, high = usual.n_epochs_large if examples > usual.large_above else usual.n_epochs
    if h.n_epochs != "provider_auto" and h.n_epochs > high and examples < usual.small_below:
        yield _advice(
            "small_data_many_epochs",
            "hyperparameters.n_epochs",
            f"{h.n_epochs} epochs over {examples:,} examples; more than {high} on so few and it may learn them by heart",
        )
    else:
        yield from _outside("n_epochs", h.n_epochs, (low, high))


_IDS = {"n_epochs": "epochs_outside", "batch_size": "batch_outside", "learning_rate_multiplier": "rate_outside"}


def _outside(name: str, value: float | Literal["provider_auto"], usual: tuple[float, float]) -> Iterator[Finding]:
    low, high = usual
    if value != "provider_auto" and not low <= value <= high:
        side = "below" if value < low else "above"
        yield _advice(_IDS[name], f"hyperparameters.{name}", f"{value:g} is {side} the usual {low:g} to {high:g}")


def _advice(check: str, where: str, message: str) -> Finding:
    return Finding(check, "warning", where, message)
