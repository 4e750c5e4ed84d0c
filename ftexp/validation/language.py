"""In which language a text is, and what in that looks unmeant. Short texts are not judged: there it would be a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from pydantic import Field

from ftexp.data.messages import Example
from ftexp.validation.findings import Check, Finding
from ftexp.values import Value


class LanguageRules(Value):
    """From how much text on a language is told, and from which share of examples on a difference is what the task is."""

    letters: int = Field(default=40, ge=1, description="a whole number from 1")
    chinese_characters: int = Field(default=12, ge=1, description="a whole number from 1")
    mixed_characters: int = Field(default=3, ge=1, description="a whole number from 1")
    mixed_share: float = Field(default=0.1, ge=0, le=1, description="a share from 0 to 1")
    translation_share: float = Field(default=0.5, ge=0, le=1, description="a share from 0 to 1")


ANSWER = Check(
    "answer_language", "language", "warning", "The reply is in another language than the question, in some examples but not in most."
)
MIXED = Check("mixed_chinese", "language", "warning", "Traditional and Simplified Chinese inside one text.")
BOTH = Check("both_chinese", "language", "warning", "Replies in Traditional and replies in Simplified Chinese: the model won't know which.")
CHECKS = (ANSWER, MIXED, BOTH)

TRADITIONAL, SIMPLIFIED, CHINESE = "zh-Hant", "zh-Hans", "zh"
NAMES = {TRADITIONAL: "Traditional Chinese", SIMPLIFIED: "Simplified Chinese", CHINESE: "Chinese", "en": "English", "ja": "Japanese"} | {
    "ko": "Korean", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese", "nl": "Dutch", "ru": "Russian",
    "vi": "Vietnamese", "th": "Thai", "id": "Indonesian", "tr": "Turkish", "pl": "Polish", "ar": "Arabic", "he": "Hebrew", "hi": "Hindi",
}  # fmt: skip

_LONGEST = 400  # characters looked at: a language shows by then
_SURE = 0.9  # probability from which the classifier is believed
_NO_LANGUAGE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|\S+@\S+", re.DOTALL)
_HAN, _KANA, _HANGUL = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"), re.compile("[\u3041-\u30ff]"), re.compile("[\uac00-\ud7a3]")
# Most frequent words of English (no other language has many of them); a fifth of a text's words tells it without a classifier.
FREQUENT_ENGLISH = frozenset({
    "the", "of", "and", "to", "in", "is", "that", "it", "for", "you", "with", "on", "this", "are", "be", "as", "have", "not", "from",
    "at", "or", "by", "my", "i", "your", "what", "can", "we", "was", "will", "an", "but", "if", "do",
})  # fmt: skip


class Spoken(NamedTuple):
    """The languages of an example's last question and of its reply, as BCP 47 tags. None: too little text to tell."""

    asked: str | None
    answered: str | None

    @property
    def differ(self) -> bool:
        return bool(self.asked and self.answered) and self.asked != self.answered and CHINESE not in (self.asked, self.answered)


def name_of(language: str) -> str:
    return NAMES.get(language, language)


def goes_with(found: str, wanted: str) -> bool:
    """`zh` is either of the two Chinese scripts."""
    return found == wanted or (CHINESE in (found, wanted) and found.startswith(CHINESE) and wanted.startswith(CHINESE))


def spoken(example: Example, rules: LanguageRules) -> Spoken:
    asked = next((m.content for m in reversed(example.prompt) if m.role == "user"), "")
    return Spoken(language_of(asked, rules), language_of(example.reference, rules))


def language_of(text: str, rules: LanguageRules) -> str | None:
    """A BCP 47 tag, `zh` where a text shows no Chinese script of the two; None where there is too little text, or none but code."""
    text = text[:_LONGEST].strip()
    if text[:1] in ("{", "["):
        return None
    if "`" in text or "://" in text or "@" in text:
        text = _NO_LANGUAGE.sub(" ", text)
    if not text.isascii():
        han, kana, hangul = (len(script.findall(text)) for script in (_HAN, _KANA, _HANGUL))
        if han + kana + hangul >= rules.chinese_characters and 2 * (han + kana + hangul) > len(text) - text.count(" ") - 20:
            return "ja" if 10 * kana > han + kana else "ko" if hangul > han else _chinese(text)
    words = text.lower().split()
    if sum(map(len, words)) < rules.letters:
        return None
    if 5 * sum(map(FREQUENT_ENGLISH.__contains__, words)) >= len(words) >= 8:
        return "en"
    return _classified(text) if sum(map(str.isalpha, text)) >= rules.letters else None


def findings_of(example: Example, rules: LanguageRules) -> list[Finding]:
    """Texts with both Chinese scripts in them."""
    found = []
    for number, message in enumerate(example.messages, start=1):
        if not message.content.isascii() and (mixed := _mixed(message.content, rules)):
            found.append(MIXED.found(example.origin, f"message {number} {mixed}"))
    return found


def answer_finding(example: Example, found: Spoken) -> Finding | None:
    """Where question and reply differ. Whether that is the task, `is_translation` tells from all of them."""
    if not (found.differ and found.asked and found.answered):
        return None
    told = f"asked in {name_of(found.asked)}, answered in {name_of(found.answered)}"
    return ANSWER.found(example.origin, told)


def is_translation(differing: int, told: int, rules: LanguageRules) -> bool:
    """Whether languages differ in so many of the examples where both are known that it is meant."""
    return differing >= rules.translation_share * told


def share_findings(where: str, answers: Mapping[str, int], rules: LanguageRules) -> list[Finding]:
    """Of a whole split or dataset, by how many replies are in which language."""
    traditional, simplified = answers.get(TRADITIONAL, 0), answers.get(SIMPLIFIED, 0)
    if not traditional or not simplified:
        return []
    return [BOTH.found(where, f"{traditional:,} replies are in Traditional and {simplified:,} in Simplified Chinese; is that meant?")]


def _mixed(text: str, rules: LanguageRules) -> str | None:
    only = _only(text)
    fewer, more = sorted((len(only.traditional), len(only.simplified)))
    if fewer < rules.mixed_characters or fewer < rules.mixed_share * (fewer + more) or _KANA.search(text):
        return None
    return f"mixes Traditional ({''.join(sorted(only.traditional)[:5])}) and Simplified Chinese ({''.join(sorted(only.simplified)[:5])})"


class _Only(NamedTuple):
    """Characters of one script that the other doesn't have."""

    traditional: frozenset[str]
    simplified: frozenset[str]


def _only(text: str) -> _Only:
    table, there = _table(), frozenset(text)
    return _Only(there & table.traditional, there & table.simplified)


def _chinese(text: str) -> str:
    only = _only(text)
    if len(only.traditional) == len(only.simplified):
        return CHINESE
    return TRADITIONAL if len(only.traditional) > len(only.simplified) else SIMPLIFIED


@cache
def _table() -> _Only:
    """By the character sets of the two: Big5 has no simplified forms, GB 2312 no traditional ones."""
    han = [chr(code) for code in range(0x4E00, 0xA000)]
    big5, gb2312 = frozenset(_encodable(han, "big5")), frozenset(_encodable(han, "gb2312"))
    return _Only(big5 - gb2312, gb2312 - big5)


def _encodable(characters: list[str], encoding: str) -> Iterator[str]:
    for character in characters:
        if character.encode(encoding, errors="ignore"):
            yield character


def _classified(text: str) -> str | None:
    language, probability = _classifier().classify(text)
    return str(language) if probability >= _SURE else None


@cache
def _classifier() -> Any:
    # Half a second and 5 MB from a file of its own, only where scripts and frequent words don't tell.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    classifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    classifier.set_languages(
        [tag for tag in NAMES if "-" not in tag] + ["sv", "da", "no", "fi", "cs", "hu", "ro", "el", "uk", "fa", "bn", "ms"]
    )
    return classifier
