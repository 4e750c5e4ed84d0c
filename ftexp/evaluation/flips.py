"""Which items the tuned model gets right that the other didn't, and the other way round. Pure."""

from __future__ import annotations

from ftexp.values import Value


class Flip(Value):
    """An item by its number from 0. `before` and `after` are the scores of `other` and `tuned`, which said `said_before` and
    `said_after`; `reason` is that of the lower score.
    """

    item: int
    prompt: str
    reference: str
    said_before: str
    said_after: str
    before: float
    after: float
    reason: str


class Flips(Value):
    """By one metric against one subject; broken and fixed items, the worst (the furthest apart) first."""

    metric: str
    other: str
    fixed: tuple[Flip, ...]
    broken: tuple[Flip, ...]
