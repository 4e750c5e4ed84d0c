"""A row that was made, with where it comes from; and why others weren't."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal

from ftexp.data.building import line_of
from ftexp.data.messages import Example
from ftexp.validation.survey import SplitName
from ftexp.values import Value, digest

Kind = Literal["noise", "paraphrase", "negatives"]


class Provenance(Value):
    """`source` is where the row it was made from stands, `how` what was done to that; `original` for a row as it was."""

    source: str
    kind: Literal["original", "noise", "paraphrase", "negatives"]
    how: tuple[str, ...] = ()
    seed: int
    split: SplitName


@dataclass(frozen=True)
class Row:
    example: Example
    provenance: Provenance

    @property
    def line(self) -> str:
        return json.dumps(json.loads(line_of(self.example)) | {"provenance": self.provenance.model_dump(mode="json")}, ensure_ascii=False)


@dataclass
class Made:
    """Rows made from others, each with the example that it was made from, and how often there came none, by reason.

    `refused_texts` has the first text that was refused for a reason, where there was one.
    """

    pairs: list[tuple[Example, Row]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    refused_texts: dict[str, str] = field(default_factory=dict)

    def refuse(self, reason: str, text: str = "") -> None:
        self.refused[reason] += 1
        if text:
            self.refused_texts.setdefault(reason, text)

    @property
    def rows(self) -> list[Row]:
        return [row for _, row in self.pairs]


@dataclass(frozen=True)
class Came:
    """What is written, by split, and what was made: each with its original. `notes` are for a person, `facts` for the manifest."""

    parts: dict[SplitName, list[Row]]
    made: Made
    notes: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def originals(examples: Sequence[Example], split: SplitName, seed: int) -> list[Row]:
    """As they are, tied to their split."""
    return [Row(replace(e, made_for=split), Provenance(source=e.origin, kind="original", seed=seed, split=split)) for e in examples]


def chosen(examples: Sequence[Example], share: float, seed: int) -> list[Example]:
    """A share of the examples in their order, picked by seed and text: another row in the file moves none of the others' ranks."""
    ranked = sorted(range(len(examples)), key=lambda i: (digest(seed, examples[i].said), i))
    return [examples[i] for i in sorted(ranked[: round(share * len(examples))])]


def random_of(*parts: object) -> Random:
    """By seed and text, so that each row has its own."""
    return Random(digest(*parts))


def with_users(example: Example, texts: Iterable[str | None]) -> Example:
    """The example with other user messages, in their order; None leaves one as it is."""
    new = iter(texts)
    messages = tuple(replace(m, content=next(new) or m.content) if m.role == "user" else m for m in example.messages)
    return replace(example, messages=messages)


def users_of(example: Example) -> list[str]:
    return [m.content for m in example.messages if m.role == "user"]
