"""One set of examples into disjoint parts. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ftexp.data.dataset import Split
from ftexp.data.messages import Example, Splits, said_of
from ftexp.values import digest

FEWEST_EXAMPLES = 10  # what hosted services ask for (OpenAI's guide, read 2026-11-22); fewer can't be parted either


def split(examples: Sequence[Example], shares: Split, validation: bool, test: bool) -> Splits:
    """Parts of `examples`: a validation part and a test part only where asked for.

    Examples with the same prompt stay together, so that no part knows another's questions. Which prompts go where
    depends on their text and the seed alone: adding a line moves few others, reordering lines moves none.
    """
    groups: dict[str, list[Example]] = {}
    for example in examples:
        groups.setdefault(digest(shares.seed, said_of(example.prompt)), []).append(example)
    ranked = [group for _, group in sorted(groups.items())]
    wanted_test = max(1, round(len(examples) * shares.test)) if test else 0
    wanted_validation = max(1, round(len(examples) * shares.validation)) if validation else 0
    test_part, ranked = _take(ranked, wanted_test)
    validation_part, ranked = _take(ranked, wanted_validation)
    position = {id(e): i for i, e in enumerate(examples)}
    train_part = [example for group in ranked for example in group]
    in_order = [tuple(sorted(part, key=lambda e: position[id(e)])) for part in (train_part, validation_part, test_part)]
    return Splits(*in_order)


def _take(groups: list[list[Example]], wanted: int) -> tuple[list[Example], list[list[Example]]]:
    """Whole groups from the front until `wanted` examples are reached, and the groups that are left."""
    taken: list[Example] = []
    used = 0
    while len(taken) < wanted and used < len(groups):
        taken.extend(groups[used])
        used += 1
    return taken, groups[used:]


def some_of(examples: Sequence[Example], count: int | None) -> tuple[Example, ...]:
    """`count` of the examples in their order, all for None. A larger count only adds: every smaller part is inside it."""
    if count is None or count >= len(examples):
        return tuple(examples)
    ranked = sorted(range(len(examples)), key=lambda i: (digest(examples[i].said), i))
    return tuple(examples[i] for i in sorted(ranked[:count]))
