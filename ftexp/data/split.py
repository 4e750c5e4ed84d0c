"""One set of examples into disjoint parts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ftexp.data.dataset import Split
from ftexp.data.messages import Example, Splits, said_of
from ftexp.validation.alike import hash_of, normalised
from ftexp.values import digest

FEWEST_EXAMPLES = 10  # what hosted services ask for (OpenAI's guide, read 2026-11-22); fewer can't be parted either


def split(examples: Sequence[Example], shares: Split, validation: bool, test: bool) -> Splits:
    """Parts of `examples`: a validation part and a test part only where asked for.

    Examples with the same prompt, but for case, width and white space, stay together, so that no part knows another's questions.
    Which prompts go where depends on their text and the seed alone: adding a line moves few others, reordering lines moves none.
    """
    groups = [hash_of("\x1e".join(f"{m.role}\x1f{normalised(m.content)}" for m in e.prompt)) for e in examples]
    ranks = [int(digest(shares.seed, said_of(e.prompt))[:16], 16) for e in examples]
    parts = parts_of(groups, ranks, shares, validation, test)
    train, for_validation, for_test = (tuple(e for e, part in zip(examples, parts, strict=True) if part == n) for n in range(3))
    return Splits(train, for_validation, for_test)


def parts_of(groups: Any, ranks: Any, shares: Split, validation: bool, test: bool) -> Any:
    """0, 1 or 2 for each example: train, validation, test. Whole groups in the order of their least rank, test first."""
    import numpy as np

    groups, ranks = np.asarray(groups, np.uint64), np.asarray(ranks, np.uint64)
    _, group = np.unique(groups, return_inverse=True)
    least = np.full(int(group.max(initial=-1)) + 1, np.iinfo(np.uint64).max)
    np.minimum.at(least, group, ranks)
    order = np.argsort(least, kind="stable")
    reached = np.cumsum(np.bincount(group, minlength=len(least))[order])
    for_test = _groups_for(reached, max(1, round(len(ranks) * shares.test)) if test else 0)
    before = int(reached[for_test - 1]) if for_test else 0
    wanted = max(1, round(len(ranks) * shares.validation)) if validation else 0
    for_validation = _groups_for(reached[for_test:] - before, wanted)
    part = np.zeros(len(least), np.uint8)
    part[order[:for_test]] = 2
    part[order[for_test : for_test + for_validation]] = 1
    return part[group]


def _groups_for(reached: Any, wanted: int) -> int:
    """How many groups from the front have at least `wanted` examples, all where they haven't."""
    import numpy as np

    return min(int(np.searchsorted(reached, wanted)) + 1, len(reached)) if wanted else 0


def some_of(examples: Sequence[Example], count: int | None) -> tuple[Example, ...]:
    """`count` of the examples in their order, all for None. A larger count only adds: every smaller part is inside it."""
    if count is None or count >= len(examples):
        return tuple(examples)
    ranked = sorted(range(len(examples)), key=lambda i: (digest(examples[i].said), i))
    return tuple(examples[i] for i in sorted(ranked[:count]))
