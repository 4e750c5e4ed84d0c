"""What a chat example is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Example:
    """One conversation, ending in an assistant message. `origin` says where it stands, as in `train.jsonl line 17`."""

    messages: tuple[Message, ...]
    origin: str

    @property
    def prompt(self) -> tuple[Message, ...]:
        """What a model is given when it is evaluated: everything before the last assistant message."""
        return self.messages[:-1]

    @property
    def reference(self) -> str:
        """What the last assistant message says."""
        return self.messages[-1].content


@dataclass(frozen=True, slots=True)
class Splits:
    """Disjoint parts of a dataset, each in a fixed order."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
