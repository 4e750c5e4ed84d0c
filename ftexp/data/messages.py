"""What a chat example is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from ftexp.values import digest

Role = Literal["system", "developer", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function that the assistant asks for. `arguments` is JSON text as it was written."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """`content` is empty where an assistant only calls tools. `weight` 0 keeps an assistant message out of the loss; None is 1."""

    role: Role
    content: str
    name: str | None = None
    weight: Literal[0, 1] | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None

    @property
    def said(self) -> tuple[Any, ...]:
        """What it says, in a form that has a digest. Plain messages are role and content, as they have always been."""
        calls = [(c.id, c.name, c.arguments) for c in self.tool_calls]
        more = {"name": self.name, "weight": self.weight, "tool_calls": calls or None, "tool_call_id": self.tool_call_id}
        present = {key: value for key, value in more.items() if value is not None}
        return (self.role, self.content, present) if present else (self.role, self.content)


@dataclass(frozen=True, slots=True)
class Example:
    """One conversation, ending in an assistant message. `origin` says where it stands, as in `train.jsonl line 17`.

    `tools` is the JSON text of the list of tools that the assistant may call, empty where there are none. `rejected` is the
    answer that is worse than the last message, in a preference pair; None in any other example. `made_for` is the only split that it
    may be in, where it was made from other rows; that is no part of what it says.
    """

    messages: tuple[Message, ...]
    origin: str
    tools: str = ""
    parallel_tool_calls: bool | None = None
    rejected: Message | None = None
    made_for: str = ""

    @property
    def prompt(self) -> tuple[Message, ...]:
        """What a model is given when it is evaluated: everything before the last assistant message."""
        return self.messages[:-1]

    @property
    def reference(self) -> str:
        """What the last assistant message says."""
        return self.messages[-1].content

    @property
    def turned(self) -> Example:
        """A preference pair the other way round."""
        assert self.rejected, "only pairs can be turned"
        return replace(self, messages=(*self.prompt, self.rejected), rejected=self.messages[-1])

    @property
    def said(self) -> list[Any]:
        """What it says, in a form that has a digest: its messages, and behind them what else it has."""
        rejected = self.rejected.said if self.rejected else None
        more = {"tools": self.tools or None, "parallel_tool_calls": self.parallel_tool_calls, "rejected": rejected}
        present = {key: value for key, value in more.items() if value is not None}
        return [*said_of(self.messages), *([present] if present else [])]


def said_of(messages: tuple[Message, ...]) -> list[Any]:
    return [m.said for m in messages]


def digest_of(said: list[Any]) -> str:
    """16 hexadecimal digits that tell an example from others, without its text."""
    return digest(said)[:16]


@dataclass(frozen=True, slots=True)
class Splits:
    """Disjoint parts of a dataset, each in a fixed order. The last `mixed` training examples are another set's."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    mixed: int = 0

    @property
    def own(self) -> tuple[Example, ...]:
        """Training examples of the dataset itself."""
        return self.train[: len(self.train) - self.mixed]

    @property
    def others(self) -> tuple[Example, ...]:
        return self.train[len(self.train) - self.mixed :]
