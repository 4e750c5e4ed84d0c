"""Natural noise on user messages: the same question as somebody in a hurry types it. The answers stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from ftexp.augmentation import noise_en, noise_zh
from ftexp.augmentation.rows import Made, Provenance, Row, chosen, random_of, users_of, with_users
from ftexp.augmentation.veil import VEILED, kept_in, veil
from ftexp.data.messages import Example
from ftexp.validation.alike import normalised
from ftexp.validation.language import SIMPLIFIED, LanguageRules, language_of

Rule = Callable[[str, Random], str | None]

MOST_RULES = 3  # on one message: more of them is hard to read
_TRIES = 12
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[A-Za-z]{3,}")
_SHORT_TEXTS = LanguageRules(letters=40, chinese_characters=1)
_MEANT = frozenset({"code", "url", "e-mail", "placeholder", "JSON", "handle", "id", "number"})

LANGUAGE = "neither English nor Traditional Chinese"
NOTHING = "nothing to change in its user messages"


@dataclass(frozen=True)
class Noisy:
    """A text with noise, and the rules that made it."""

    text: str
    how: tuple[str, ...]


@dataclass(frozen=True)
class Tongue:
    """The rules of a language, and which of them are slips: one of those a text."""

    rules: Mapping[str, Rule]
    slips: frozenset[str]


ENGLISH, CHINESE = Tongue(noise_en.RULES, noise_en.SLIPS), Tongue(noise_zh.RULES, noise_zh.SLIPS)


def make_noise(examples: Sequence[Example], share: float, copies: int, seed: int) -> Made:
    """`copies` of a share of the examples, each with noise of its own on every user message that can have some."""
    made, vocabulary = Made(), words_of(examples)
    for example in chosen(examples, share, seed):
        seen = {_asked(example)}
        for copy in range(copies):
            found = _of_example(example, vocabulary, random_of(seed, "noise", copy, example.said), seen)
            if isinstance(found, str):
                made.refused[found] += 1
                continue
            new, how = found
            seen.add(_asked(new))
            made.pairs.append((example, Row(new, Provenance(source=example.origin, kind="noise", how=how, seed=seed, split="train"))))
    return made


def words_of(examples: Sequence[Example]) -> frozenset[str]:
    """Words of the data: a slip never makes one of them."""
    return frozenset(word.lower() for e in examples for text in users_of(e) for word in _WORD.findall(text))


def _of_example(
    example: Example, vocabulary: frozenset[str], rng: Random, seen: set[tuple[str, ...]]
) -> tuple[Example, tuple[str, ...]] | str:
    texts, kept = users_of(example), _answered(example)
    tongues = [tongue_of(text) for text in texts]
    if not any(tongues):
        return LANGUAGE if any(map(_LETTER.search, map(free_of, texts))) else NOTHING
    for _ in range(_TRIES):
        found = [noisy(t, tongue, rng, kept, vocabulary) if tongue else None for t, tongue in zip(texts, tongues, strict=True)]
        new = with_users(example, [n.text if n else None for n in found])
        if _asked(new) not in seen:
            return new, tuple(dict.fromkeys(name for n in found if n for name in n.how))
    return NOTHING


def noisy(text: str, tongue: Tongue, rng: Random, kept: frozenset[str], vocabulary: frozenset[str]) -> Noisy | None:
    """One to three rules, in a random order, on what may change of the text; None where none of them had anything to do."""
    veiled, wanted = veil(text, kept), rng.choice((1, 2, 2, MOST_RULES))
    if not _LETTER.search(re.sub(VEILED, "", veiled.text)):
        return None
    changed, how = veiled.text, list[str]()
    for name in rng.sample(sorted(tongue.rules), len(tongue.rules)):
        if len(how) == wanted or (name in tongue.slips and tongue.slips & set(how)):
            continue
        new = tongue.rules[name](changed, rng)
        if new is not None and veiled.back(new) is not None and not _other_words(changed, new, name, tongue, vocabulary):
            changed, how = new, [*how, name]
    back = veiled.back(changed)
    return Noisy(back, tuple(how)) if how and back is not None and _same_facts(text, back) else None


def tongue_of(text: str) -> Tongue | None:
    """None for another language than these two, as far as it can be told, and for a text that is all code or has no letters."""
    free = free_of(text)
    letters = _LETTER.findall(free)
    han = len(_HAN.findall(free))
    if not letters:
        return None
    if 4 * han >= len(letters):
        return None if language_of(free, _SHORT_TEXTS) in (SIMPLIFIED, "ja", "ko") else CHINESE
    plain = 10 * sum(map(str.isascii, letters)) >= 9 * len(letters)
    return ENGLISH if plain and language_of(free, _SHORT_TEXTS) in ("en", None) else None


def free_of(text: str) -> str:
    """Without what is kept."""
    return re.sub(VEILED, " ", veil(text).text)


def _answered(example: Example) -> frozenset[str]:
    """Words that the answers have too: an answer that quotes a question would be wrong about a changed one."""
    return frozenset(word for m in example.messages if m.role == "assistant" for word in _WORD.findall(m.content))


def _other_words(before: str, after: str, name: str, tongue: Tongue, vocabulary: frozenset[str]) -> bool:
    """Whether a slip has made a word of the data that wasn't there."""
    if name not in tongue.slips or name in ("upper_case", "space"):
        return False
    old = {word.lower() for word in _WORD.findall(before)}
    return any(word.lower() in vocabulary for word in _WORD.findall(after) if word.lower() not in old)


def _same_facts(before: str, after: str) -> bool:
    """Numbers, ids and their like, in their order."""
    one, other = ([span for kind, span in kept_in(text) if kind in _MEANT] for text in (before, after))
    return one == other


def _asked(example: Example) -> tuple[str, ...]:
    """However it is typed: a copy that differs in case and width alone would be the same row to every check."""
    return tuple(map(normalised, users_of(example)))
