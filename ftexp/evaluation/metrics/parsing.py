"""Words and JSON values of a text, as metrics compare them."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

# Han, kana, Thai, Lao, Khmer and Burmese letters stand alone; other scripts put spaces between words.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+?(?=[\u3040-\u9fff])|[^\W_]+")


def words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def same_json(one: str, other: str) -> bool:
    try:
        return same(json.loads(one), json.loads(other))
    except (ValueError, RecursionError):
        return False


def same(one: Any, other: Any) -> bool:
    """Equal as JSON, where true isn't 1 and false isn't 0 as they are in Python."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
        case list(), list():
            return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()


_WITHOUT_SPACES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def normalised(text: str) -> str:
    """In one width and case, white space as one space, and no punctuation around it."""
    flat = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    start, end = 0, len(flat)
    while start < end and _is_around(flat[start]):
        start += 1
    while end > start and _is_around(flat[end - 1]):
        end -= 1
    return flat[start:end]


def _is_around(character: str) -> bool:
    """Punctuation and space, but no sign of a number and no symbol."""
    return character.isspace() or (unicodedata.category(character)[0] == "P" and character not in "-%")


def has_phrase(text: str, phrase: str) -> bool:
    """As whole words, or anywhere in scripts without spaces. Both normalised."""
    if _WITHOUT_SPACES.search(phrase):
        return phrase in text
    before, behind = (r"(?<!\w)" if phrase[0].isalnum() else ""), (r"(?!\w)" if phrase[-1].isalnum() else "")
    return re.search(before + re.escape(phrase) + behind, text) is not None
