"""What only all replies of a suite together show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import ClassVar, Literal

from pydantic import Field

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import Observed, Score, SetMetric
from ftexp.evaluation.metrics.parsing import words

_MOST_WORDS = 2000


class DistinctN(SetMetric):
    """Different word n-grams of all replies by all their n-grams, 0 to 1 (distinct-n, Li et al. 2016, arXiv 1510.03055).

    It falls as replies get longer or more, so compare suites of one size. Replies of fewer than n words are left unscored.
    """

    kind: Literal["distinct_n"]
    n: int = Field(default=2, ge=1, le=5, description="a whole number from 1 to 5")

    def score(self, reply: Reply, item: Item) -> Score:
        found = words(reply.text[:20_000])[:_MOST_WORDS]
        grams = tuple(" ".join(found[i : i + self.n]) for i in range(len(found) - self.n + 1))
        if not grams:
            return Score(value=None, reason=f"fewer than {self.n} words")
        return Score(value=len(set(grams)) / len(grams), observed=grams)

    def figure(self, observed: Sequence[Observed]) -> float:
        return len(set().union(*map(set, observed))) / sum(map(len, observed))


class Twins(SetMetric):
    """The share of pairs of twins, items that are one question but for a detail that must not matter, whose replies agree.

    Replies agree that are the same words. An item without a twin is left unscored; one whose twin isn't there counts for nothing.
    """

    kind: Literal["twins"]

    def score(self, reply: Reply, item: Item) -> Score:
        if not item.twin:
            return Score(value=None, reason="the item has no twin", applies=False)
        return Score(value=1.0, observed=(item.twin, " ".join(words(reply.text[:20_000])[:_MOST_WORDS])))

    def figure(self, observed: Sequence[Observed]) -> float:
        """1 where no pair is whole."""
        said: dict[str, list[str]] = {}
        for twin, text in observed:
            said.setdefault(str(twin), []).append(str(text))
        pairs = [texts for texts in said.values() if len(texts) > 1]
        return sum(_agreement(texts) for texts in pairs) / len(pairs) if pairs else 1.0


class Variety(SetMetric):
    """The share of pairs of replies to items of one cluster, all of which ask for one thing in different ways, that differ.

    Two replies differ where less than half of their words, each counted once, are in both; an empty one differs from none. 0 where no
    pair is whole. An item without a cluster is left unscored.
    """

    kind: Literal["variety"]

    def score(self, reply: Reply, item: Item) -> Score:
        if not item.cluster:
            return Score(value=None, reason="the item has no cluster", applies=False)
        said = sorted(set(words(reply.text[:20_000])[:_MOST_WORDS]))
        return Score(value=1.0 if said else 0.0, observed=(item.cluster, *said))

    def figure(self, observed: Sequence[Observed]) -> float:
        said: dict[str, list[frozenset[str | float]]] = {}
        for cluster, *found in observed:
            said.setdefault(str(cluster), []).append(frozenset(found))
        pairs = [pair for replies in said.values() for pair in combinations(replies, 2)]
        return sum(_differ(*pair) for pair in pairs) / len(pairs) if pairs else 0.0


def _differ(one: frozenset[str | float], other: frozenset[str | float]) -> bool:
    return bool(one and other) and 2 * len(one & other) < len(one | other)


def _agreement(texts: Sequence[str]) -> float:
    """The share of pairs among them that are the same."""
    same = sum(texts.count(text) - 1 for text in texts)
    return same / (len(texts) * (len(texts) - 1))


class LengthRatio(SetMetric):
    """Words of all replies by words of all references: 1.1 is a tenth longer. Without a reference, unscored."""

    lower_is_better: ClassVar[bool] = True
    unit: ClassVar[str] = "x"
    kind: Literal["length_ratio"]

    def score(self, reply: Reply, item: Item) -> Score:
        wanted = len(words(item.reference))
        if not wanted:
            return Score(value=None, reason="no reference to compare with", applies=False)
        found = len(words(reply.text[:200_000]))
        return Score(value=found / wanted, observed=(float(found), float(wanted)))

    def figure(self, observed: Sequence[Observed]) -> float:
        return sum(float(found) for found, _ in observed) / sum(float(wanted) for _, wanted in observed)
