"""Intervals and tests of shares of right answers, and of the difference of two of them over the same items. Pure.

`score_interval` and `Table` take counts that are no whole numbers: what items in groups are worth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ftexp.evaluation.quantiles import normal_tail, quantile


def is_share(values: Sequence[float]) -> bool:
    """Whether each value is 0 or 1."""
    return all(v in (0.0, 1.0) for v in values)


def wilson(successes: float, n: float, confidence: float) -> tuple[float, float]:
    """Wilson's score interval of a share (1927); never empty, also where all or none succeed."""
    return score_interval(successes / n, n, quantile(confidence, None))


def score_interval(share: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's, reaching `z` standard errors."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return (0.0 if share == 0 else middle - reach), (1.0 if share == 1 else middle + reach)


def share_tails(successes: float, n: float, threshold: float) -> tuple[float, float]:
    """How probable as many successes or more are, and as many or fewer, where the share is the threshold: the binomial tails.

    Of counts that are no whole numbers by the beta function, which runs through them (Korn and Graubard 1998).
    """
    from scipy.special import betainc

    threshold = min(max(threshold, 0.0), 1.0)
    more = 1.0 if successes <= 0 else float(betainc(successes, n - successes + 1, threshold))
    fewer = 1.0 if successes >= n else float(betainc(n - successes, successes + 1, 1 - threshold))
    return more, fewer


def newcombe(tuned: Sequence[float], other: Sequence[float], confidence: float) -> tuple[float, float]:
    """Interval of the difference of two paired shares."""
    return Table.of(tuned, other).newcombe(quantile(confidence, None))


@dataclass(frozen=True)
class Table:
    """How many items both, only the tuned, only the other, and none has right."""

    both: float
    fixed: float
    broken: float
    neither: float

    @classmethod
    def of(cls, tuned: Sequence[float], other: Sequence[float]) -> Table:
        pairs = list(zip(tuned, other, strict=True))
        both, fixed, broken = (sum(a == x and b == y for a, b in pairs) for x, y in ((1, 1), (1, 0), (0, 1)))
        return cls(both, fixed, broken, len(pairs) - both - fixed - broken)

    @property
    def n(self) -> float:
        return self.both + self.fixed + self.broken + self.neither

    def worth(self, items: float) -> Table:
        """The same shares of another number of items."""
        s = items / self.n  # 1 for as many, which leaves each count as it is
        return Table(self.both * s, self.fixed * s, self.broken * s, self.neither * s)

    def newcombe(self, z: float) -> tuple[float, float]:
        """Hybrid score interval (Newcombe 1998, Statistics in Medicine 17:2635, method 10), from both Wilson intervals."""
        p, q = (self.both + self.fixed) / self.n, (self.both + self.broken) / self.n
        (p_low, p_high), (q_low, q_high) = score_interval(p, self.n, z), score_interval(q, self.n, z)
        phi = self._phi()
        below = math.sqrt((p - p_low) ** 2 - 2 * phi * (p - p_low) * (q_high - q) + (q_high - q) ** 2)
        above = math.sqrt((p_high - p) ** 2 - 2 * phi * (p_high - p) * (q - q_low) + (q - q_low) ** 2)
        return p - q - below, p - q + above

    def _phi(self) -> float:
        """Correlation of the paired answers, 0 where a margin is empty; continuity-corrected when positive, as in method 10."""
        right, others_right = self.both + self.fixed, self.both + self.broken
        margins = right * (self.broken + self.neither) * others_right * (self.fixed + self.neither)
        if margins == 0:
            return 0.0
        product = self.both * self.neither - self.fixed * self.broken
        corrected = max(product - self.n / 2, 0) if product > 0 else product
        return corrected / math.sqrt(margins)

    def score_tails(self, threshold: float) -> tuple[float, float]:
        """One-sided p-values that the difference is above the threshold, and below it (Tango 1998, Statistics in Medicine 17:891).

        At a threshold of 0 it is McNemar's test.
        """
        if not -1 < threshold < 1:
            return (1.0, 0.0) if threshold >= 1 else (0.0, 1.0)
        n, b, c = self.n, self.fixed, self.broken
        linear = (2 * n - b + c) * threshold - b - c  # of the equation for the share that is broken, most likely if so
        root = math.sqrt(max(linear * linear + 8 * n * c * threshold * (1 - threshold), 0.0))
        broken = max((root - linear) / (4 * n), 0.0, -threshold)
        variance = n * (2 * broken + threshold * (1 - threshold))
        distance = b - c - n * threshold
        z = distance / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, distance) if distance else 0.0
        return normal_tail(z), normal_tail(-z)
