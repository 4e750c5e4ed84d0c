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

from ftexp.values import Value

_BULLET = re.compile(r"^[ \t]*(?:[-*•]|\d+[.)])[ \t]+\S", re.MULTILINE)
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
    """As a word by itself, whatever its case."""

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
    """Lines that begin with -, *, •, or a number and a full stop or bracket."""

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


Constraint = Annotated[
    AtMostWords
    | AtLeastWords
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
    | IsJson,
    Field(discriminator="kind"),
]


def _has_word(word: str, reply: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", reply.casefold()) is not None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip().rstrip(".!。！")
