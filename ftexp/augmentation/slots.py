"""Things that the data puts in one another's place: `The {rice cooker | fan heater} is broken.` Pure.

Such a thing names what a question is about, though it has no capital. A paraphrase may leave it out or call it something new, but
another thing of the data in its place is another question.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set

from ftexp.validation.alike import normalised
from ftexp.validation.language import FREQUENT_ENGLISH

_SENTENCE = re.compile(r"[^.!?。！？\n]+")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_CONTEXT = 4  # words or Chinese characters around the place, at least
_LONGEST_WORDS, _LONGEST_CHARACTERS = 2, 4
_PLAIN = FREQUENT_ENGLISH | frozenset({
    "these", "those", "them", "they", "there", "here", "been", "your", "their", "would", "could", "should", "about", "some",
    "very", "just", "when", "where", "which", "also", "only", "were", "more", "most", "much", "many", "into", "over",
    "than", "then", "yours", "mine", "does", "has", "had", "his", "her", "its", "our", "any", "all", "who",
    "how", "why", "may", "did", "now", "too", "out", "off", "one",
})  # fmt: skip
_GRAMMAR = re.compile("[的了嗎呢吧我你您他她們是在有沒不會能可要想請問就都還也很把被跟和或一這那個什麼怎哪幾時候]")

Slots = Mapping[str, Set[str]]


def slots_of(texts: Iterable[str]) -> Slots:
    """For each thing what else stands in its place somewhere in these texts."""
    frames: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for sentence in {s.strip() for text in texts for s in _SENTENCE.findall(normalised(text))}:
        for frame, thing in _frames(sentence):
            frames[frame].add(thing)
    found: dict[str, set[str]] = defaultdict(set)
    for things in frames.values():
        for thing in things:
            found[thing] |= things - {thing}
    return {thing: others for thing, others in found.items() if others}


def swapped(question: str, text: str, slots: Slots) -> bool:
    """Whether `text` has, for a thing of the question, another one that the question doesn't have."""
    asked, said = normalised(question), normalised(text)
    things = [thing for thing in slots if _has(asked, thing)]
    return any(_has(said, other) and not _has(asked, other) for thing in things if not _has(said, thing) for other in slots[thing])


def _has(text: str, thing: str) -> bool:
    return thing in text if _HAN.search(thing) else bool(re.search(rf"(?<!\w){re.escape(thing)}(?!\w)", text))


def _frames(sentence: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The sentence without each piece that may be a thing."""
    if _HAN.search(sentence):
        for start in range(len(sentence)):
            for end in range(start + 2, min(start + _LONGEST_CHARACTERS, len(sentence) - _CONTEXT + start) + 1):
                thing = sentence[start:end]
                if all(map(_HAN.match, thing)) and not _GRAMMAR.search(thing):
                    yield (sentence[:start], sentence[end:]), thing
        return
    words = re.findall(r"[^\W\d_]+", sentence)
    for start in range(len(words)):
        for size in range(1, min(_LONGEST_WORDS, len(words) - _CONTEXT) + 1):
            piece = words[start : start + size]
            if len(piece) == size and all(len(word) > 2 and word not in _PLAIN for word in piece):
                yield ("\n".join(words[:start]), "\n".join(words[start + size :])), " ".join(piece)
