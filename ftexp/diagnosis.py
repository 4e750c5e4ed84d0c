"""What the loss curve and the scores say about how it was trained, and the override to try next. Pure."""

from __future__ import annotations

from typing import Literal

from ftexp.values import Value

Condition = Literal["well_fitted", "overfitting", "underfitting", "divergence", "plateau", "forgetting", "memorised", "too_short_to_tell"]


class Diagnosis(Value):
    """One condition: `evidence` in figures, `remedies` in words, and the command line's `override` most worth trying; empty: none."""

    condition: Condition
    evidence: str
    remedies: tuple[str, ...]
    override: str
