"""How many training examples a kind of task takes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ftexp.values import Value

TaskType = Literal["style", "task", "domain", "reasoning"]
Amount = Literal["too few", "few", "advised", "best"]

_COUNT = "a whole number from 1"


class Counts(Value):
    """Training examples. Below `minimum` is too few to learn from, from `best` on is as good as it gets."""

    minimum: int = Field(ge=1, description=_COUNT)
    advised_from: int = Field(ge=1, description=_COUNT)
    advised_to: int = Field(ge=1, description=_COUNT)
    best: int = Field(ge=1, description=_COUNT)

    @model_validator(mode="after")
    def _ascending(self) -> Counts:
        counts = [self.minimum, self.advised_from, self.advised_to, self.best]
        if counts != sorted(counts):
            raise ValueError(f"found {counts}, expected minimum, advised_from, advised_to and best in ascending order")
        return self

    def judge(self, examples: int) -> Amount:
        if examples < self.minimum:
            return "too few"
        if examples < self.advised_from:
            return "few"
        return "advised" if examples < self.best else "best"


def _counts(minimum: int, advised_from: int, advised_to: int, best: int) -> Counts:
    return Counts(minimum=minimum, advised_from=advised_from, advised_to=advised_to, best=best)


class CountTable(Value):
    """By what is to be learned: a tone or format, a task, a field's language, reasoning in several steps."""

    style: Counts = _counts(50, 100, 200, 500)
    task: Counts = _counts(100, 300, 500, 1000)
    domain: Counts = _counts(200, 500, 1000, 2000)
    reasoning: Counts = _counts(500, 1000, 2000, 5000)

    def of(self, task_type: TaskType) -> Counts:
        found: Counts = getattr(self, task_type)
        return found
