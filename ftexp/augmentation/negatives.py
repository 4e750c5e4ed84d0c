"""Wrong answers worth recognising, as the rejected ones of preference pairs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Literal

from ftexp.augmentation import wrong
from ftexp.augmentation.answers import Known, is_right
from ftexp.augmentation.rows import Made, Provenance, Row, chosen, random_of
from ftexp.data.messages import Example, Message, said_of
from ftexp.validation.survey import SplitName
from ftexp.values import digest

NegativeKind = Literal["wrong_label", "false_detail", "another_answer", "broken_format", "own_mistake"]
Mistakes = Mapping[str, Sequence[str]]  # wrong answers of the base model by the digest of the prompt
_Maker = Callable[[Example, Known, Random], str | None]

CALLS, NONE = "its answer calls tools", "no wrong answer of these kinds can be made of it"
_MAKERS: dict[NegativeKind, _Maker] = {
    "wrong_label": wrong.label,
    "false_detail": wrong.detail,
    "another_answer": wrong.another,
    "broken_format": wrong.broken,
}
KINDS: tuple[NegativeKind, ...] = (*_MAKERS, "own_mistake")
_TRIES = 6


def make_negatives(
    examples: Sequence[Example], known: Known, kinds: Sequence[NegativeKind], mistakes: Mistakes, share: float, copies: int, seed: int
) -> Made:
    """Preference pairs of a share of the training examples: each kind as often as the others, as far as it applies."""
    return _pairs(chosen(examples, share, seed), "train", known, kinds, mistakes, copies, seed)


def pairs_to_judge_by(
    examples: Sequence[Example], split: SplitName, known: Known, kinds: Sequence[NegativeKind], mistakes: Mistakes, seed: int
) -> Made:
    """One pair of each example of a held-out split: the method takes no other rows. Prompt and right answer are the example's own.

    Where none of the kinds applies, a broken format does.
    """
    return _pairs(examples, split, known, kinds, mistakes, 1, seed, otherwise="broken_format")


def prompt_digest(prompt: Sequence[Message]) -> str:
    return digest(said_of(tuple(prompt)))


def _pairs(
    examples: Sequence[Example],
    split: SplitName,
    known: Known,
    kinds: Sequence[NegativeKind],
    mistakes: Mistakes,
    copies: int,
    seed: int,
    otherwise: NegativeKind | None = None,
) -> Made:
    made, often = Made(), Counter[str]({kind: 0 for kind in kinds})
    for example in examples:
        if example.messages[-1].tool_calls:
            made.refused[CALLS] += copies
            continue
        used: list[str] = []
        for copy in range(copies):
            rng = random_of(seed, "negatives", copy, example.said)
            ranked = sorted(kinds, key=lambda kind: (often[kind], KINDS.index(kind)))
            found = _first(example, [*ranked, *([otherwise] if otherwise else [])], known, mistakes, rng, used)
            if found is None:
                made.refused[NONE] += 1
                continue
            kind, text = found
            often[kind] += 1
            used.append(text)
            made.pairs.append((example, Row(_pair(example, text, split), _from(example, kind, seed, split))))
    return made


def _first(
    example: Example, kinds: Sequence[NegativeKind], known: Known, mistakes: Mistakes, rng: Random, used: Sequence[str]
) -> tuple[NegativeKind, str] | None:
    """The first kind that gives an answer that is wrong, and that this example hasn't had."""
    for kind in kinds:
        for _ in range(_TRIES):
            text = _mistake(example, mistakes, rng) if kind == "own_mistake" else _MAKERS[kind](example, known, rng)
            if text is None:
                break
            if text.strip() and text not in used and not is_right(text, example, known):
                return kind, text
    return None


def _mistake(example: Example, mistakes: Mistakes, rng: Random) -> str | None:
    found = mistakes.get(prompt_digest(example.prompt))
    return rng.choice(found) if found else None


def _pair(example: Example, rejected: str, split: SplitName) -> Example:
    """A pair has no weights: what is learned are its two answers."""
    messages = tuple(replace(m, weight=None) for m in example.messages)
    return replace(example, messages=messages, rejected=Message("assistant", rejected), made_for=split)


def _from(example: Example, kind: NegativeKind, seed: int, split: SplitName) -> Provenance:
    return Provenance(source=example.origin, kind="negatives", how=(kind,), seed=seed, split=split)
