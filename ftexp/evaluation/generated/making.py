"""From the name of a suite, a count and a seed to its items."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from typing import TypeVar, assert_never

from ftexp.evaluation.generated import general, instructions, open_ended, privacy, refusal, twins
from ftexp.evaluation.generated.templates import Template
from ftexp.evaluation.items import Item
from ftexp.evaluation.suites import Generated

T = TypeVar("T")


def make(suite: Generated, count: int, seed: int) -> tuple[Item, ...]:
    """`count` items, as evenly from the templates as they have items. The same seed makes the same items for ever.

    The items of a lower count are the first ones of a higher count. Raises ValueError where there are not so many.
    """
    found = _in_turn(templates_of(suite), seed)
    if count > len(found):
        raise ValueError(f"found count {count:,}, expected at most {len(found):,}, which is how many items the suite {suite} has")
    return found[:count]


def templates_of(suite: Generated) -> tuple[Template, ...]:
    match suite:
        case "general":
            return general.templates()
        case "instructions":
            return instructions.templates()
        case "refusal":
            return refusal.templates()
        case "privacy":
            return privacy.templates()
        case "twins":
            return twins.templates()
        case "open":
            return open_ended.templates()
    assert_never(suite)


def _in_turn(templates: Sequence[Template], seed: int) -> tuple[Item, ...]:
    """Every item: a unit of each template, then another one of each, until none is left."""
    orders = [_shuffled(t.units, f"{seed}/{t.name}") for t in _shuffled(templates, str(seed))]
    rounds = chain.from_iterable(zip_longest(*orders, fillvalue=()))
    return tuple(chain.from_iterable(rounds))


def _shuffled(values: Iterable[T], seed: str) -> list[T]:
    """Python promises that `random()` gives the same numbers in each of its versions, but not that `shuffle` does."""
    rng = random.Random(seed)
    return [value for _, _, value in sorted((rng.random(), n, value) for n, value in enumerate(values))]
