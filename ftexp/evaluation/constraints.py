"""Constraints on a reply that a program can verify: "in at most ten words", "all in capitals". Pure.

After the idea of IFEval (Zhou et al. 2023, arXiv 2311.07911), with constraints of our own that suit short answers. To add one:
write the class here, put it into `Constraint`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from abc import ABC, abstractmethod
from typing import Annotated, Literal

from pydantic import Field

from ftexp.evaluation.metrics.parsing import ALONE, normalised, trigrams
from ftexp.values import Value

_BULLET = re.compile(r"^[ \t]*(?:(?:[-*•]|\d+[.)])[ \t]+|\d+[、．])[ \t]*\S", re.MULTILINE)
_LINE_MARK = re.compile(r"^\s*(?:[-*•]|\d+[.)、．])\s*")
_CLOSING = "\"'”’」』)）】*_ \t\r\n"  # may stand behind the end of a sentence
_SENTENCE_ENDS = ".!?。！？…"
Count = Annotated[int, Field(ge=1, le=10_000, description="a whole number from 1")]
Text = Annotated[str, Field(min_length=1, max_length=200, description="a text")]


class Rule(Value, ABC):
    @abstractmethod
    def broken(self, reply: str) -> str:
        """How the reply breaks it; empty where it holds."""


class AtMostWords(Rule):
    """Words are what white space parts."""

    kind: Literal["at_most_words"] = "at_most_words"
    count: Count

    def broken(self, reply: str) -> str:
        found = len(reply.split())
        return f"{found} words, expected at most {self.count}" if found > self.count else ""


class AtLeastWords(Rule):
    kind: Literal["at_least_words"] = "at_least_words"
    count: Count

    def broken(self, reply: str) -> str:
        found = len(reply.split())
        return f"{found} words, expected at least {self.count}" if found < self.count else ""


class AtMostCharacters(Rule):
    """Letters and digits alone: what Chinese counts instead of words."""

    kind: Literal["at_most_characters"] = "at_most_characters"
    count: Count

    def broken(self, reply: str) -> str:
        found = sum(map(str.isalnum, reply))
        return f"{found} characters, expected at most {self.count}" if found > self.count else ""


class AtLeastCharacters(Rule):
    """Likewise."""

    kind: Literal["at_least_characters"] = "at_least_characters"
    count: Count

    def broken(self, reply: str) -> str:
        found = sum(map(str.isalnum, reply))
        return f"{found} characters, expected at least {self.count}" if found < self.count else ""


class AllCapitals(Rule):
    kind: Literal["all_capitals"] = "all_capitals"

    def broken(self, reply: str) -> str:
        return "" if reply.isupper() else "not all in capitals"


class AllLowerCase(Rule):
    kind: Literal["all_lower_case"] = "all_lower_case"

    def broken(self, reply: str) -> str:
        return "" if reply.islower() else "not all in small letters"


class BeginsWith(Rule):
    """As it is written, but for white space before it."""

    kind: Literal["begins_with"] = "begins_with"
    text: Text

    def broken(self, reply: str) -> str:
        return "" if reply.lstrip().startswith(self.text) else f"doesn't begin with {self.text!r}"


class EndsWith(Rule):
    """As it is written, but for white space behind it."""

    kind: Literal["ends_with"] = "ends_with"
    text: Text

    def broken(self, reply: str) -> str:
        return "" if reply.rstrip().endswith(self.text) else f"doesn't end with {self.text!r}"


class ContainsWord(Rule):
    """As a word by itself, whatever its case; in a script without spaces between words, anywhere."""

    kind: Literal["contains_word"] = "contains_word"
    text: Text

    def broken(self, reply: str) -> str:
        return "" if _has_word(self.text, reply) else f"lacks the word {self.text!r}"


class AvoidsWord(Rule):
    """An empty reply avoids nothing: it breaks it."""

    kind: Literal["avoids_word"] = "avoids_word"
    text: Text

    def broken(self, reply: str) -> str:
        if not reply.strip():
            return "an empty reply"
        return f"has the word {self.text!r}" if _has_word(self.text, reply) else ""


class NoCommas(Rule):
    kind: Literal["no_commas"] = "no_commas"

    def broken(self, reply: str) -> str:
        if not reply.strip():
            return "an empty reply"
        return "has a comma" if any(c in reply for c in ",，、") else ""


class Lines(Rule):
    """Lines with something in them."""

    kind: Literal["lines"] = "lines"
    count: Count

    def broken(self, reply: str) -> str:
        found = sum(bool(line.strip()) for line in reply.splitlines())
        return f"{found} lines, expected {self.count}" if found != self.count else ""


class Bullets(Rule):
    """Lines that begin with -, *, •, or a number and a full stop, a bracket or 、."""

    kind: Literal["bullets"] = "bullets"
    count: Count

    def broken(self, reply: str) -> str:
        found = len(_BULLET.findall(reply))
        return f"{found} bullet points, expected {self.count}" if found != self.count else ""


class OnlyDigits(Rule):
    kind: Literal["only_digits"] = "only_digits"

    def broken(self, reply: str) -> str:
        return "" if re.fullmatch(r"\s*[0-9]+\s*", reply) else "not digits alone"


class OneOf(Rule):
    """One of these and nothing else, whatever the case; a full stop behind it is no matter."""

    kind: Literal["one_of"] = "one_of"
    choices: tuple[Text, ...] = Field(min_length=1, description="a list of texts")

    def broken(self, reply: str) -> str:
        found = _plain(reply)
        return "" if found in map(_plain, self.choices) else f"none of {', '.join(self.choices)}"


class IsJson(Rule):
    """The whole reply, as an object or a list."""

    kind: Literal["is_json"] = "is_json"

    def broken(self, reply: str) -> str:
        try:
            found = json.loads(reply)
        except (ValueError, RecursionError):
            return "not JSON"
        return "" if isinstance(found, dict | list) else "neither a JSON object nor a list"


class DifferentLines(Rule):
    """So many lines or more, none of them said twice, whatever number or bullet stands before."""

    kind: Literal["different_lines"] = "different_lines"
    count: Count

    def broken(self, reply: str) -> str:
        said = [n for line in reply.splitlines() if (n := normalised(_LINE_MARK.sub("", line)))]
        if len(said) < self.count:
            return f"{len(said)} lines, expected at least {self.count}"
        return "" if len(set(said)) == len(said) else "a line said twice"


class EndsASentence(Rule):
    """With a full stop, a question mark or an exclamation mark, in brackets or quotes or not: a reply that isn't cut off."""

    kind: Literal["ends_a_sentence"] = "ends_a_sentence"

    def broken(self, reply: str) -> str:
        return "" if reply.rstrip(_CLOSING)[-1:] in tuple(_SENTENCE_ENDS) else "doesn't end with the end of a sentence"


class LittleRepeated(Rule):
    """At most this share of the word 3-grams was there before, as the metric `repetition` has it."""

    kind: Literal["little_repeated"] = "little_repeated"
    share: float = Field(default=0.2, ge=0, lt=1, description="a share from 0, below 1")

    def broken(self, reply: str) -> str:
        grams = trigrams(reply)
        found = 1 - len(set(grams)) / len(grams) if grams else 0.0
        return f"{found:.0%} repeated, expected at most {self.share:.0%}" if found > self.share else ""


class InLanguage(Rule):
    """A text too short to tell its language breaks it: ask for some length besides."""

    kind: Literal["in_language"] = "in_language"
    language: str = Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$", description="a language, like en or zh-Hant")

    def broken(self, reply: str) -> str:
        from ftexp.validation.language import LanguageRules, goes_with, language_of, name_of

        found = language_of(reply, LanguageRules())
        if found is None:
            return "too short to tell its language"
        return "" if goes_with(found, self.language) else f"in {name_of(found)}, expected {name_of(self.language)}"


Constraint = Annotated[
    AtMostWords
    | AtLeastWords
    | AtMostCharacters
    | AtLeastCharacters
    | AllCapitals
    | AllLowerCase
    | BeginsWith
    | EndsWith
    | ContainsWord
    | AvoidsWord
    | NoCommas
    | Lines
    | Bullets
    | OnlyDigits
    | OneOf
    | IsJson
    | DifferentLines
    | EndsASentence
    | LittleRepeated
    | InLanguage,
    Field(discriminator="kind"),
]


def _has_word(word: str, reply: str) -> bool:
    """No word goes on at either end of it. A Chinese character is none that another letter could belong to."""
    letter = rf"[^\W{ALONE}]"
    start, end = rf"(?:(?<!{letter})|(?=[{ALONE}]))", rf"(?:(?!{letter})|(?<=[{ALONE}]))"
    return re.search(start + re.escape(word.casefold()) + end, reply.casefold()) is not None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip().rstrip(".!。！")
