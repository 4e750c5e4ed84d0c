"""Everything that checks of a whole dataset look at, in columns: about 100 bytes an example, whatever its length."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from ftexp.data.messages import Example
from ftexp.validation.alike import normalised
from ftexp.validation.checks import Checks
from ftexp.validation.facts import Facts, facts_of
from ftexp.validation.inside import NOT_LOOKED_INTO, Told, look_into
from ftexp.validation.near import Words, words_of
from ftexp.validation.report import Tally

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Column = NDArray[np.uint64]
    Indices = NDArray[np.int64]

SPLITS = ("train", "validation", "test")
SplitName = Literal["train", "validation", "test"]
Rule = tuple[str, Callable[[Example], int]]  # who counts tokens, and how
COLUMNS = (*Facts._fields, *Told._fields)
LONGEST_LABEL, MOST_LABELS = 80, 500  # characters; different replies whose text is kept


@dataclass
class Gathering:
    """Takes examples one by one and lets go of their text.

    `near`: near-duplicates are looked for. `inside`: what to look for inside the texts, None for nothing; it goes to `tally`.
    """

    seed: int = 0
    count: Callable[[Example], int] | None = None
    near: bool = True
    inside: Checks | None = None
    tally: Tally = field(default_factory=Tally)
    _facts: array[int] = field(default_factory=lambda: array("Q"))
    _asked: list[array[int]] = field(default_factory=list)
    _said: list[array[int]] = field(default_factory=list)
    labels: dict[int, str] = field(default_factory=dict)

    def add(self, example: Example) -> None:
        facts = facts_of(example, self.seed, self.count)
        self._facts.extend(facts)
        self._facts.extend(self._told(example))
        reply = example.reference
        if len(reply) <= LONGEST_LABEL and len(self.labels) < MOST_LABELS:
            self.labels.setdefault(facts.reply, reply.strip())
        if self.near:
            asked = [normalised(m.content) for m in example.messages if m.role == "user"]
            self._asked.append(words_of(" ".join(asked)))
            others = [normalised(m.content) for m in example.messages if m.role == "assistant"]
            self._said.append(words_of(" ".join([*asked, *others])))

    def _told(self, example: Example) -> Told:
        if self.inside is None:
            return NOT_LOOKED_INTO
        told, findings = look_into(example, self.inside)
        for finding in findings:
            self.tally.add(finding)
        return told

    def part(self) -> Part:
        import numpy as np

        table = np.array(self._facts, np.uint64).reshape(-1, len(COLUMNS))
        words = (Words.of(self._asked), Words.of(self._said)) if self.near else None
        return Part(table, words, self.labels)


@dataclass(frozen=True)
class Part:
    """The facts of some examples, a row each."""

    table: Column
    words: tuple[Words, Words] | None
    labels: dict[int, str]


@dataclass(frozen=True)
class Survey:
    """`split` is 0, 1 or 2 for train, validation, test. `asked` are the words of the user messages, `said` those of the answers too.

    `where(i)` says where example i stands. `counted_by` names the rule of the token counts, empty where nobody counted.
    `looked_into` is false where the texts were too many to look inside.
    """

    columns: dict[str, Column]
    split: NDArray[np.uint8]
    where: Callable[[int], str]
    asked: Words | None
    said: Words | None
    labels: dict[int, str]
    counted_by: str = ""
    looked_into: bool = False

    @classmethod
    def joined(
        cls, parts: Sequence[Part], split: Any, where: Callable[[int], str], counted_by: str = "", looked_into: bool = False
    ) -> Survey:
        import numpy as np

        tables = [p.table for p in parts] or [np.zeros((0, len(COLUMNS)), np.uint64)]
        columns = {name: np.concatenate([t[:, i] for t in tables]) for i, name in enumerate(COLUMNS)}
        words = [p.words for p in parts if p.words is not None]
        asked, said = (Words.joined([w[i] for w in words]) for i in (0, 1)) if words else (None, None)
        labels: dict[int, str] = {}
        for part in parts:
            labels |= {key: text for key, text in part.labels.items() if len(labels) < MOST_LABELS}
        return cls(columns, np.asarray(split, np.uint8), where, asked, said, labels, counted_by, looked_into)

    @cached_property
    def members(self) -> tuple[Indices, Indices, Indices]:
        """The examples of train, validation and test."""
        import numpy as np

        one, two, three = (np.flatnonzero(self.split == number) for number in range(3))
        return one, two, three

    def of(self, column: str, split: int) -> Column:
        return self.columns[column][self.members[split]]

    def size(self, split: int) -> int:
        return len(self.members[split])


def survey_of(
    parts: Iterable[Sequence[Example]],
    count: Rule | None = None,
    near: bool = True,
    inside: Checks | None = None,
    tally: Tally | None = None,
) -> Survey:
    """Of examples in memory: train, validation, test. What is found inside the texts goes to `tally`."""
    gathering = Gathering(0, count[1] if count else None, near, inside, tally or Tally())
    origins: list[str] = []
    split = array("B")
    for number, examples in enumerate(parts):
        for example in examples:
            gathering.add(example)
            origins.append(example.origin)
            split.append(number)
    return Survey.joined([gathering.part()], split, origins.__getitem__, count[0] if count else "", inside is not None)
