"""What stands inside one example's texts: its findings, and the numbers that are added up over all of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ftexp.data.messages import Example
from ftexp.validation import content, language
from ftexp.validation.checks import Checks
from ftexp.validation.findings import Finding


class Told(NamedTuple):
    """`answered` is the language of the reply as the bytes of its tag, 0 where it isn't known. `both`: question and reply are known."""

    answered: int
    both: int
    differ: int
    refuses: int


NOT_LOOKED_INTO = Told(0, 0, 0, 0)


def look_into(example: Example, checks: Checks) -> tuple[Told, list[Finding]]:
    spoken = language.spoken(example, checks.language)
    both = bool(spoken.asked and spoken.answered)
    told = Told(tag_number(spoken.answered), both, spoken.differ, content.refuses(example.reference))
    return told, list(_findings(example, spoken, checks))


def _findings(example: Example, spoken: language.Spoken, checks: Checks) -> Iterator[Finding]:
    yield from content.findings_of(example, checks.content)
    yield from language.findings_of(example, checks.language)
    if finding := language.answer_finding(example, spoken):
        yield finding


def tag_number(tag: str | None) -> int:
    """A tag of at most eight letters as a number."""
    return int.from_bytes((tag or "").encode("ascii"), "big")


def tag_of(number: int) -> str:
    return number.to_bytes(8, "big").lstrip(b"\0").decode("ascii")
