"""What is said of scores: a figure with its interval."""

from __future__ import annotations

from ftexp.values import Value

Ends = tuple[float, float] | tuple[None, None]


class Mean(Value):
    """`standard_error`, `low` and `high` are None where the items can't tell them.

    So it is with one figure, with one group, and the ends of figures that are all equal and not from 0 to 1.
    """

    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    n: int


class Difference(Value):
    """Tuned minus other over the same items, or tuned divided by other, with its interval; None where the items can't tell it."""

    value: float
    low: float | None
    high: float | None
    n: int
