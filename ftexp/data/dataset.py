"""The dataset group of the config."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ftexp.values import Value

TaskType = Literal["style", "task", "domain", "reasoning"]
BuiltinName = Literal["support_tickets", "customer_service_zh"]


class Split(Value):
    """How one file is parted."""

    validation: float = Field(gt=0, lt=1, description="a share above 0 and below 1; 0.1 to 0.2 is advised")
    test: float = Field(gt=0, lt=1, description="a share above 0 and below 1")
    seed: int = Field(ge=0, description="a whole number from 0")

    @model_validator(mode="after")
    def _something_is_left_to_train_on(self) -> Split:
        if self.validation + self.test >= 1:
            raise ValueError(f"validation {self.validation} and test {self.test} leave nothing to train on; their sum must be below 1")
        return self


_HOW_MANY = "a whole number from 1, or null for all"


class _Dataset(Value):
    train_examples: int | None = Field(default=None, ge=1, description=_HOW_MANY)
    validation_examples: int | None = Field(default=None, ge=1, description=_HOW_MANY)
    test_examples: int | None = Field(default=None, ge=1, description=_HOW_MANY)
    task_type: TaskType = Field(description="style, task, domain or reasoning")
    license: str | None = Field(description="text or null")
    source: str | None = Field(description="text or null")
    revision: str | None = Field(description="text or null")

    @property
    def is_cut(self) -> bool:
        """Whether so many examples of a split are asked for, and not all."""
        return any((self.train_examples, self.validation_examples, self.test_examples))


class BuiltinDataset(_Dataset):
    kind: Literal["builtin"]
    name: str = Field(min_length=1, description="text")
    builtin: BuiltinName = Field(description="support_tickets or customer_service_zh")


class JsonlDataset(_Dataset):
    kind: Literal["jsonl"]
    given_name: str | None = Field(alias="name", description="text or null")
    path: str = Field(min_length=1, description="the path of a JSONL file")
    validation: str | None = Field(description="the path of a JSONL file, or null")
    test: str | None = Field(description="the path of a JSONL file, or null")
    split: Split

    @property
    def name(self) -> str:
        return self.given_name or Path(self.path).stem


Dataset = Annotated[BuiltinDataset | JsonlDataset, Field(discriminator="kind", description="builtin or jsonl")]
