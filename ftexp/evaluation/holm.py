"""Which of many gates are decided, so that all decisions hold together. Pure. Holm 1979, Scandinavian Journal of Statistics 6:65."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Evidence:
    """One-sided p-values: how probable what was found is at the threshold itself, if better is what one looks for, or worse."""

    better: float
    worse: float


def decided(evidence: Sequence[Evidence], confidence: float) -> tuple[Literal["pass", "fail", "inconclusive"], ...]:
    """Whether each is proven better or worse than its threshold; that any is said wrongly has a probability of at most 1 - confidence.

    Half of that is left to wrong passes, half to wrong failures, so that one gate alone is decided as by its two-sided interval.
    """
    alpha = (1 - confidence) / 2
    better, worse = holm([e.better for e in evidence], alpha), holm([e.worse for e in evidence], alpha)
    return tuple("pass" if b else "fail" if w else "inconclusive" for b, w in zip(better, worse, strict=True))


def holm(p: Sequence[float], alpha: float) -> tuple[bool, ...]:
    """Which are rejected, step down: the smallest p at alpha / m, the next at alpha / (m - 1), until one isn't."""
    rejected = [False] * len(p)
    for step, i in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if p[i] > alpha / (len(p) - step):
            break
        rejected[i] = True
    return tuple(rejected)
