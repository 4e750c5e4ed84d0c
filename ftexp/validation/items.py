"""Items of an evaluation that the training data has too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ftexp.validation.findings import Check, Finding

SEEN = Check("items_trained_on", "leakage", "warning", "An item that was trained on can't judge the training; its suite goes without it.")
CHECKS = (SEEN,)


def trained_on(left_out: Mapping[str, Sequence[str]]) -> tuple[Finding, ...]:
    """A finding for each suite, at the first of its items that were left out; `left_out` has where those are from."""
    return tuple(
        SEEN.found(origins[0], f"is in the training data, as {len(origins):,} of suite {suite}; left out of the verdict")
        for suite, origins in left_out.items()
        if origins
    )
