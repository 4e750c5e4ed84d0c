"""Does the reply say what the reference says?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from ftexp.backends.results import Reply
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import ReplyMetric, Score
from ftexp.evaluation.metrics.parsing import has_phrase, json_or_text, normalised, same_json

_LOOKED_AT = 20_000  # characters of a reply
_SEARCHED = 1000  # characters that a pattern is looked for in: some patterns take the square of it, or worse
_NUMBER = re.compile(r"[-+−]?(?:\d{1,3}(?:,\d{3})+|\d{1,40})(?:\.\d{1,40})?(?:[eE][-+]?\d{1,3})?")


class ExactMatch(ReplyMetric):
    """1 when the reply equals the reference or another right answer: as JSON where that is JSON, else as text without outer space."""

    is_verdict: ClassVar[bool] = True
    kind: Literal["exact_match"]

    def score(self, reply: Reply, item: Item) -> Score:
        same = any(reply.text.strip() == right.strip() or same_json(reply.text, right) for right in _right(item))
        return Score(value=1.0) if same else Score(value=0.0, reason="differs from the reference")


class Normalised(ReplyMetric):
    """Like exact_match, whatever the case, the width, white space, and punctuation around it."""

    is_verdict: ClassVar[bool] = True
    kind: Literal["normalised"]

    def score(self, reply: Reply, item: Item) -> Score:
        same = normalised(reply.text[:_LOOKED_AT]) in {normalised(right) for right in _right(item)}
        return Score(value=1.0) if same else Score(value=0.0, reason="differs from the reference")


class Contains(ReplyMetric):
    """1 when the reference or another right answer is in the reply, as whole words where the script has spaces.

    An item without a reference is left unscored. Only the first 20,000 characters of a reply count.
    """

    is_verdict: ClassVar[bool] = True
    kind: Literal["contains"]

    def score(self, reply: Reply, item: Item) -> Score:
        wanted = [right for right in _right(item) if normalised(right)]
        if not wanted:
            return Score(value=None, reason="the item has no reference")
        found = normalised(reply.text[:_LOOKED_AT])
        if any(has_phrase(found, normalised(right)) for right in wanted):
            return Score(value=1.0)
        return Score(value=0.0, reason="the reference isn't in it")


class Regex(ReplyMetric):
    """1 when the pattern (Python's syntax) is found in the first 1,000 characters of the reply, or with `whole` is all of it."""

    is_verdict: ClassVar[bool] = True
    kind: Literal["regex"]
    pattern: str = Field(min_length=1, description="a regular expression")
    whole: bool = Field(default=False, description="true or false")

    @field_validator("pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"not a regular expression ({error})") from error
        if _NESTED.search(pattern):
            raise ValueError("a repeated group with a repetition in it can take for ever; expected a pattern without, as a+ for (a+)+")
        return pattern

    def score(self, reply: Reply, item: Item) -> Score:
        if self.whole and len(reply.text) > _SEARCHED:
            return Score(value=0.0, reason=f"longer than {_SEARCHED:,} characters")
        found = (re.fullmatch if self.whole else re.search)(self.pattern, reply.text[:_SEARCHED])
        return Score(value=1.0) if found else Score(value=0.0, reason="the pattern isn't in it")


_NESTED = re.compile(r"\((?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)(?:[+*]|\{\d+,)")


class Number(ReplyMetric):
    """1 when the last number in the reply is the reference's, give or take `tolerance`. 1,234.5 and １２ are numbers too."""

    is_verdict: ClassVar[bool] = True
    kind: Literal["number"]
    tolerance: float = Field(default=0.0, ge=0, description="a number from 0")

    def score(self, reply: Reply, item: Item) -> Score:
        wanted, found = last_number(item.reference), last_number(reply.text[-_LOOKED_AT:])
        if wanted is None:
            return Score(value=None, reason="the reference has no number")
        if found is None:
            return Score(value=0.0, reason="no number")
        near = abs(found - wanted) <= Decimal(str(self.tolerance))
        return Score(value=1.0) if near else Score(value=0.0, reason=f"found {found:.12g}, expected {wanted:.12g}")


class SetOf(ReplyMetric):
    """How well the items of a list are those of the reference's, whatever their order: F1, 0 to 1.

    A list is JSON, or parted by commas, semicolons or lines. Items are compared like `normalised`.
    """

    kind: Literal["set"]

    def score(self, reply: Reply, item: Item) -> Score:
        found, wanted = _listed(reply.text[:_LOOKED_AT]), _listed(item.reference)
        if not wanted:
            return Score(value=None, reason="the item has no reference")
        shared = len(found & wanted)
        missing = ", ".join(sorted(wanted - found))[:200]
        return Score(value=2 * shared / (len(found) + len(wanted)), reason=f"lacks {missing}" if missing else "")


def last_number(text: str) -> Decimal | None:
    found = None
    for match in _NUMBER.finditer(_plain_digits(text)):
        found = match[0]
    try:
        return None if found is None else Decimal(found.replace(",", "").replace("−", "-"))
    except InvalidOperation:
        return None


def _plain_digits(text: str) -> str:
    import unicodedata

    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _right(item: Item) -> Iterator[str]:
    yield item.reference
    yield from item.accepted


def _listed(text: str) -> set[str]:
    value = json_or_text(text)
    parts = map(str, value) if isinstance(value, list) else re.split(r"[,;、，；\n]", text)
    return {n for part in parts if (n := normalised(part))}
