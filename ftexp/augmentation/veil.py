"""What of a text stays as it is: each such span is put away as one character, and put back behind the changes."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_FIRST, _LAST = 0xE000, 0xF8FF  # Unicode's private characters, which no text has a meaning for
VEILED = f"[{chr(_FIRST)}-{chr(_LAST)}]"

# In the order in which they are looked for at one place: what holds others comes first.
KEPT = {
    "code": r"```.*?(?:```|\Z)|`[^`\n]+`",
    "url": r"(?:https?://|www\.)[^\s，。、；！？「」）]*[^\s，。、；！？「」）.,;:!?)\]'\"]",
    "e-mail": r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+",
    "placeholder": r"\{\{[^{}\n]*\}\}|\$?\{\w*\}|%[sd]\b|%\(\w+\)s|<[A-Za-z_/][^<>\n]{0,60}>",
    "JSON": r"[{\[](?:[^{}\[\]]|[{\[](?:[^{}\[\]]|[{\[][^{}\[\]]*+[}\]])*+[}\]])*+[}\]]",
    "quotation": r"\"[^\"\n]+\"|“[^”\n]+”|‘[^’\n]+’|「[^」\n]+」|『[^』\n]+』|《[^》\n]+》|(?<!\w)'[^'\n]+'(?!\w)",
    "handle": r"(?<!\w)[@#][A-Za-z_]\w*",
    "path": r"(?<![\w.])(?:[A-Za-z]:)?(?:[/\\][\w.-]+){2,}|\b[A-Za-z_][\w-]*\.[a-z]\w{1,4}\b(?!\.)",
    "id": r"(?<![A-Za-z0-9])(?=[A-Za-z0-9_/-]*[0-9])(?=[A-Za-z0-9_/-]*[A-Za-z])[A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)*|\b[A-Za-z]+_\w+",
    "number": r"[$€£¥+-]?\d+(?:[.,:/-]\d+)*(?:\s?[%°‰])?",
    "acronym": r"\b[A-Z]{2,}\b|\b[A-Za-z]+[a-z][A-Z]\w*",
}
_KEPT = re.compile("|".join(f"(?P<k{n}>{pattern})" for n, pattern in enumerate(KEPT.values())), re.DOTALL)
_KEPT_OR_WORD = re.compile(rf"{_KEPT.pattern}|{VEILED}|(?P<word>(?<![A-Za-z])[A-Za-z]+(?![A-Za-z]))", re.DOTALL)
_PRIVATE = re.compile(VEILED)


@dataclass(frozen=True)
class Veiled:
    """`text` with one private character for each of `spans`, in their order."""

    text: str
    spans: tuple[str, ...]

    @property
    def characters(self) -> list[str]:
        return _PRIVATE.findall(self.text)

    def back(self, changed: str) -> str | None:
        """`changed` with the spans in their places; None where one is missing, twice, or elsewhere than it was."""
        if _PRIVATE.findall(changed) != self.characters:
            return None
        spans = iter(self.spans)
        return _PRIVATE.sub(lambda _: next(spans), changed)


def kept_in(text: str) -> list[tuple[str, str]]:
    """Every span that is kept, with its kind, in the order of the text."""
    kinds = list(KEPT)
    return [(kinds[int((m.lastgroup or "k0")[1:])], m[0]) for m in _KEPT.finditer(text)]


def veil(text: str, words: Collection[str] = ()) -> Veiled:
    """`words` are kept too, wherever they stand as whole words of Latin letters."""
    spans: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        if match["word"] is not None and match["word"] not in words:
            return match[0]
        spans.append(match[0])
        return chr(_FIRST + (len(spans) - 1) % (_LAST - _FIRST + 1))

    return Veiled(_KEPT_OR_WORD.sub(put_away, text), tuple(spans))
