"""Items of an evaluation that the training data has too, or that of what training begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ftexp.validation.findings import Check, Finding

SEEN = Check("items_trained_on", "leakage", "warning", "An item that was trained on can't judge the training; its suite goes without it.")
SEEN_BEFORE = Check("start_trained_on", "leakage", "error", "An example that training.start_from was trained on can't judge what follows.")
CHECKS = (SEEN, SEEN_BEFORE)


def trained_on(left_out: Mapping[str, Sequence[str]]) -> tuple[Finding, ...]:
    """A finding for each suite, at the first of its items that were left out; `left_out` has where those are from."""
    return tuple(
        SEEN.found(origins[0], f"is in the training data, as {len(origins):,} of suite {suite}; left out of the verdict")
        for suite, origins in left_out.items()
        if origins
    )


def trained_on_before(origins: Sequence[str], start: str) -> tuple[Finding, ...]:
    """One finding, at the first of the test examples that `start` was trained on."""
    if not origins:
        return ()
    message = (
        f"is what training.start_from {start} was trained on, as {len(origins):,} of the test split; expected a dataset.test of others"
    )
    return (SEEN_BEFORE.found(origins[0], message),)
