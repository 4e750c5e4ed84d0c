"""The dataset group of the config."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ftexp.validation.counts import TaskType
from ftexp.values import Value

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


class Mix(Value):
    """A second set of examples that are trained on besides: `ratio` of them for each of the dataset's own."""

    path: str | None = Field(default=None, min_length=1, description="the path of a JSONL file, or null")
    builtin: Literal["general_en", "general_zh"] | None = Field(default=None, description="general_en, general_zh or null")
    ratio: float = Field(ge=0, le=100, description="examples for each one of the dataset, from 0 to 100")
    seed: int = Field(default=0, ge=0, description="a whole number from 0")

    @model_validator(mode="after")
    def _one_source(self) -> Mix:
        if (self.path is None) == (self.builtin is None):
            raise ValueError(f"found path {self.path} and builtin {self.builtin}; expected one of them: a path, general_en or general_zh")
        return self


_HOW_MANY = "a whole number from 1, or null for all"


class _Dataset(Value):
    train_examples: int | None = Field(default=None, ge=1, description=_HOW_MANY)
    validation_examples: int | None = Field(default=None, ge=1, description=_HOW_MANY)
    test_examples: int | None = Field(default=None, ge=1, description=_HOW_MANY)
    mix: Mix | None = Field(default=None, description="path or builtin, and ratio; or null")
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


class FileDataset(_Dataset):
    """Files of one's own, of any format: what each needs to be read is in the class of its kind."""

    given_name: str | None = Field(alias="name", description="text or null")
    path: str = Field(min_length=1, description="the path of a file")
    validation: str | None = Field(description="the path of a file, or null")
    test: str | None = Field(description="the path of a file, or null")
    split: Split

    @property
    def name(self) -> str:
        return self.given_name or Path(self.path).stem


class JsonlDataset(FileDataset):
    """Chat examples or preference pairs, one JSON object a line."""

    kind: Literal["jsonl"]


_COLUMN = "the name of a column, or null"
_KEY = "the name of a key, or null"


class Columns(Value):
    """Which column holds what: a conversation as JSON in `messages`, or its parts."""

    messages: str | None = Field(default=None, min_length=1, description=_COLUMN)
    system: str | None = Field(default=None, min_length=1, description=_COLUMN)
    prompt: str | None = Field(default=None, min_length=1, description=_COLUMN)
    reply: str | None = Field(default=None, min_length=1, description=_COLUMN)

    @model_validator(mode="after")
    def _one_way(self) -> Columns:
        parts = [c for c in (self.system, self.prompt, self.reply) if c is not None]
        if self.messages is not None and parts:
            raise ValueError(f"found messages ({self.messages}) and {', '.join(parts)}; expected messages alone, or prompt and reply")
        if self.messages is None and (self.prompt is None or self.reply is None):
            raise ValueError("expected a column for prompt and one for reply, or one for messages")
        return self

    @property
    def named(self) -> list[str]:
        return [c for c in (self.messages, self.system, self.prompt, self.reply) if c is not None]


class TableDataset(FileDataset):
    """CSV and Parquet files; a row is an example."""

    kind: Literal["table"]
    columns: Columns
    separator: str = Field(min_length=1, max_length=1, description="one character")
    encoding: str = Field(description="the name of an encoding, as utf-8, cp950 or latin-1")

    @model_validator(mode="after")
    def _known_encoding(self) -> TableDataset:
        try:
            codecs.lookup(self.encoding)
        except LookupError as error:
            raise ValueError(f"found encoding {self.encoding!r}, expected the name of an encoding, as utf-8, cp950 or latin-1") from error
        return self


class ShareGptKeys(Value):
    conversations: str = Field(min_length=1, description="the name of a key")
    role: str = Field(min_length=1, description="the name of a key")
    content: str = Field(min_length=1, description="the name of a key")
    system: str | None = Field(min_length=1, description=_KEY)


class ShareGptDataset(FileDataset):
    """Conversations of turns with from and value, in JSONL or a JSON array."""

    kind: Literal["sharegpt"]
    keys: ShareGptKeys
    roles: dict[str, Literal["system", "user", "assistant"]] = Field(description="system, user or assistant by what the file calls them")


class AlpacaKeys(Value):
    instruction: str = Field(min_length=1, description="the name of a key")
    input: str | None = Field(min_length=1, description=_KEY)
    output: str = Field(min_length=1, description="the name of a key")
    system: str | None = Field(min_length=1, description=_KEY)
    history: str | None = Field(min_length=1, description=_KEY)

    @property
    def named(self) -> list[str]:
        return [key for key in (self.instruction, self.input, self.output, self.system, self.history) if key is not None]


class AlpacaDataset(FileDataset):
    """Instruction, input and output, in JSONL or a JSON array."""

    kind: Literal["alpaca"]
    keys: AlpacaKeys
    between: str = Field(description="the text between instruction and input")


AnyFile = JsonlDataset | TableDataset | ShareGptDataset | AlpacaDataset
Dataset = Annotated[
    BuiltinDataset | JsonlDataset | TableDataset | ShareGptDataset | AlpacaDataset,
    Field(discriminator="kind", description="builtin, jsonl, table, sharegpt or alpaca"),
]
