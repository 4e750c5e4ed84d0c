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
