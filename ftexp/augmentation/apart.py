"""Rows that were made stay apart from what is held out, and from each other. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from ftexp.augmentation.rows import Made, Row, users_of
from ftexp.data.messages import Example, Splits
from ftexp.validation.alike import normalised
from ftexp.validation.checks import Near
from ftexp.validation.facts import Facts, facts_of
from ftexp.validation.near import Words, near_pairs, words_of

HELD_OUT = "asks what a held-out example asks"
NEAR_HELD_OUT = "has most words of a held-out example"
ANOTHER = "asks what another row asks"
NEAR_ANOTHER = "is a near-copy of another row"


def apart(made: Made, splits: Splits, near: Near, only_new_words: bool) -> Made:
    """Without rows that ask what an example of validation or test asks, nearly, or what another training row asks.

    `only_new_words`: nor those that are near-copies of a training row or of each other; noise always is one of its original.
    """
    held_out = (*splits.validation, *splits.test)
    reasons = _nearly(made.rows, held_out, splits.train if only_new_words else (), near.jaccard, only_new_words)
    found = Made(refused=made.refused.copy(), refused_texts=dict(made.refused_texts))
    judged, taken = list(map(facts_of, held_out)), {facts_of(e).prompt_typed for e in splits.train}
    asked = {f.prompt_typed for f in judged} | {f.inputs for f in judged} | {f.prompt_numbers for f in judged}
    for number, (example, row) in enumerate(made.pairs):
        facts = facts_of(row.example)
        reason = _exactly(facts, asked, taken) or reasons.get(number, "")
        if reason:
            found.refuse(reason, " / ".join(users_of(row.example)))
        else:
            taken.add(facts.prompt_typed)
            found.pairs.append((example, row))
    return found


def _exactly(facts: Facts, asked: set[int], taken: set[int]) -> str:
    if asked & {facts.prompt_typed, facts.inputs, facts.prompt_numbers}:
        return HELD_OUT
    return ANOTHER if facts.prompt_typed in taken else ""


def _nearly(rows: Sequence[Row], held_out: Sequence[Example], train: Sequence[Example], jaccard: float, each_other: bool) -> dict[int, str]:
    """Why rows are refused, by number. Of two made rows that are alike, the later one is."""
    texts = (" ".join(map(normalised, users_of(e))) for e in chain(held_out, train, (r.example for r in rows)))
    pairs = near_pairs(Words.of(map(words_of, texts)), jaccard, 1)
    reasons: dict[int, str] = {}
    for first, second in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True):
        number = second - len(held_out) - len(train)
        if number < 0 or (first >= len(held_out) + len(train) and not each_other):
            continue
        if first < len(held_out):
            reasons[number] = NEAR_HELD_OUT
        else:
            reasons.setdefault(number, NEAR_ANOTHER)
    return reasons
