"""How people mistype and abbreviate English. Each rule takes a veiled text, and gives None where it has nothing to do there."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from ftexp.augmentation.veil import VEILED

# Neighbours on a QWERTY keyboard.
_NEAR = {
    "a": "qsz", "b": "vgn", "c": "xdv", "d": "sfe", "e": "wrd", "f": "dgr", "g": "fht", "h": "gjy", "i": "uok", "j": "hku", "k": "jli",
    "l": "kop", "m": "nk", "n": "bmh", "o": "ipl", "p": "ol", "q": "wa", "r": "etf", "s": "adw", "t": "ryg", "u": "yij", "v": "cbf",
    "w": "qes", "x": "zcs", "y": "tuh", "z": "xa",
}  # fmt: skip
# A slip in one of these may turn the meaning round, or make another word of it.
_DELICATE = frozenset(
    [
        "never",
        "nothing",
        "nobody",
        "nowhere",
        "without",
        "cannot",
        "neither",
        "unless",
        "except",
        "before",
        "after",
        "under",
        "above",
        "least",
        "fewer",
        "today",
        "tomorrow",
        "yesterday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ]
)
_WORD = re.compile(r"(?<![A-Za-z'’])[a-z]{5,}(?![A-Za-z'’])")
_GREETING = re.compile(r"\W*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings)\b", re.IGNORECASE)
_ASKS = re.compile(
    r"\W*(?:who|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|will|would|should|may|has|have)\b", re.IGNORECASE
)
_PREFIXES = ("um, ", "uh, ", "so, ", "ok so ", "well, ", "hmm, ", "sorry, ", "excuse me, ", "just wondering, ")
_GREETINGS = ("hi, ", "hello, ", "hey, ", "hi there, ", "good day, ")
_SUFFIXES = (" thanks", " thanks!", " thx", " thank you", " pls", " please")
_SHORT = {
    "please": "pls", "thanks": "thx", "thank you": "thx", "you": "u", "your": "ur", "because": "cuz", "though": "tho", "okay": "ok",
    "message": "msg", "want to": "wanna", "going to": "gonna", "do not": "dont", "does not": "doesnt", "is not": "isnt",
    "cannot": "cant", "i am": "im", "i have": "ive",
}  # fmt: skip
_LONG = re.compile(rf"\b(?:{'|'.join(sorted(_SHORT, key=lambda w: -len(w)))})\b", re.IGNORECASE)


def prefix(text: str, rng: Random) -> str | None:
    """A filler, or a greeting where there is none yet."""
    greeted = bool(_GREETING.match(text))
    found = rng.choice(_PREFIXES if greeted else (*_PREFIXES, *_GREETINGS))
    return (found if rng.random() < 0.5 else found.capitalize()) + _lower_first(text)


def suffix(text: str, rng: Random) -> str | None:
    if re.search(r"\b(?:thanks|thx|thank you|please|pls)\W*$", text, re.IGNORECASE):
        return None
    return text.rstrip() + rng.choice(_SUFFIXES)


def question_mark(text: str, rng: Random) -> str | None:
    """One dropped or doubled at the end, or set behind a last sentence that asks and has none."""
    body = text.rstrip()
    if body.endswith("?"):
        return body.rstrip("?") if rng.random() < 0.6 else body + "?"
    last = re.split(r"(?<=[.!?])\s+", body)[-1]
    return body.rstrip(".") + "?" if _ASKS.match(last) else None


def full_stop(text: str, rng: Random) -> str | None:
    """The one at the end, or all."""
    if not re.search(r"(?<!\.)\.(?=\s|$)", text):
        return None
    changed = re.sub(r"(?<!\.)\.\s*$", "", text)
    return changed if changed != text and rng.random() < 0.7 else re.sub(r"(?<!\.)\.(?=\s|$)", "", text)


def apostrophe(text: str, rng: Random) -> str | None:
    changed = re.sub(r"(?<=[A-Za-z])['’](?=(?:t|s|re|ve|ll|d|m)\b)", "", text)
    return changed if changed != text else None


def abbreviation(text: str, rng: Random) -> str | None:
    found = list(_LONG.finditer(text))
    if not found:
        return None
    match = rng.choice(found)
    return text[: match.start()] + _SHORT[match[0].lower()] + text[match.end() :]


def lower_case(text: str, rng: Random) -> str | None:
    return text.lower() if text.lower() != text else None


def upper_case(text: str, rng: Random) -> str | None:
    """Of one word that is long enough to be shouted."""
    return _in_a_word(text, rng, lambda word, _: word.upper())


def space(text: str, rng: Random) -> str | None:
    """One missing or doubled between two words, not beside what is kept."""
    found = list(re.finditer(r"(?<=[a-z]) (?=[a-z])", text))
    if not found:
        return None
    at = rng.choice(found).start()
    return text[:at] + ("" if rng.random() < 0.6 else "  ") + text[at + 1 :]


def comma(text: str, rng: Random) -> str | None:
    changed = text.replace(", ", " ")
    return changed if changed != text else None


def doubled_letter(text: str, rng: Random) -> str | None:
    return _in_a_word(text, rng, lambda word, at: word[:at] + word[at] + word[at:])


def near_key(text: str, rng: Random) -> str | None:
    return _in_a_word(text, rng, lambda word, at: word[:at] + rng.choice(_NEAR[word[at]]) + word[at + 1 :])


def swapped_letters(text: str, rng: Random) -> str | None:
    return _in_a_word(text, rng, lambda word, at: word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :])


def lost_letter(text: str, rng: Random) -> str | None:
    return _in_a_word(text, rng, lambda word, at: word[:at] + word[at + 1 :])


def _in_a_word(text: str, rng: Random, change: Callable[[str, int], str]) -> str | None:
    """In a word of five letters or more, behind its second letter."""
    found = [m for m in _WORD.finditer(text) if m[0] not in _DELICATE and not re.search(rf"{VEILED}$", text[: m.start()])]
    if not found:
        return None
    match = rng.choice(found)
    changed = change(match[0], rng.randrange(2, len(match[0])))
    return text[: match.start()] + changed + text[match.end() :] if changed != match[0] else None


def _lower_first(text: str) -> str:
    """Not of `I`, nor of what begins with two capitals."""
    return text if re.match(r"I\b|[^A-Za-z]|[A-Z]{2}", text) else text[:1].lower() + text[1:]


RULES = {
    rule.__name__: rule
    for rule in (
        *(prefix, suffix, question_mark, full_stop, apostrophe, abbreviation, lower_case, upper_case, space, comma),
        *(doubled_letter, near_key, swapped_letters, lost_letter),
    )
}
# One that makes words out of letters in words: never two of them in one text, which would be hard to read.
SLIPS = frozenset({"upper_case", "doubled_letter", "near_key", "swapped_letters", "lost_letter", "space"})
