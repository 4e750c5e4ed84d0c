"""Words, items, numbers and JSON values of a text, as metrics compare them.

Replies are hostile: what reads one takes time that grows with its length alone, and only the first READ characters count.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from itertools import islice
from typing import Any

READ = 200_000  # characters; the longest reply that a run can ask for, 8,192 tokens, is shorter

# Han, kana, Thai, Lao, Khmer and Burmese letters stand alone; other scripts put spaces between words.
ALONE = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{ALONE}]|[^\W_]+?(?=[\u3040-\u9fff])|[^\W_]+")

# Between two letters of a script with spaces, or inside a number.
_INSIDE = re.compile(rf"(?<=[^\W_{ALONE}])(?=[^\W_{ALONE}])|(?<=\d[.,])(?=\d)|(?<=\d)(?=[.,]\d)")

# Python sorts a run of accents in quadratic time (3.11: four seconds for 50,000); Unicode's annex 15 ends a run after 30.
_ACCENTS = re.compile(r"([^\w\s\x00-\x7f]{30})(?=[^\w\s\x00-\x7f])")

_MEANING = "%‰#@&"  # Unicode calls them punctuation, but C# isn't C

_EXACT = Context(prec=20_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])  # more digits than are read

_FULL_WIDTH = {0xFF10 + n: 0x30 + n for n in range(10)} | dict(zip(map(ord, "＋－−．％"), "+--.%", strict=True))
_NUMBER = re.compile(
    r"(?<![A-Za-z])[A-Za-z]+\d\w*"  # A17 is a name
    r"|((?:(?<![A-Za-z0-9)])[+-])?(?:\d{1,3}(?:[,\u00a0\u2009\u202f]\d{3})+(?!\d)|\d+|(?<!\w)(?=\.\d))(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"(\s?(?:%|(?i:percent)\b))?"
)


def words(text: str) -> list[str]:
    return _WORD.findall(_composed(text[:READ]).casefold())


def trigrams(text: str) -> list[tuple[str, str, str]]:
    """Every three words in a row, of the first 2,000."""
    found = words(text)[:2000]
    return list(zip(found, found[1:], found[2:], strict=False))


def _composed(text: str) -> str:
    """NFKC."""
    return "".join(unicodedata.normalize("NFKC", part) for part in _ACCENTS.split(text))


def normalised(text: str) -> str:
    """NFKC, small letters, no punctuation or white space around, one space between words. A sign before a digit stays, and %#@&."""
    spaced = " ".join(_composed(_composed(text[:READ]).casefold()).split())
    start, end = 0, len(spaced)
    while start < end and _is_outer(spaced[start]) and not (spaced[start] == "-" and spaced[start + 1 : start + 2].isdecimal()):
        start += 1
    while start < end and _is_outer(spaced[end - 1]):
        end -= 1
    return spaced[start:end]


def _is_outer(char: str) -> bool:
    return char == " " or (char not in _MEANING and (unicodedata.category(char)[0] == "P" or char == "`"))


def all_normalised(texts: Iterable[str]) -> tuple[str, ...]:
    """Without those that nothing is left of."""
    return tuple(n for text in texts if (n := normalised(text)))


def has_whole(text: str, part: str) -> bool:
    """Whether `part` is in the text and no word or number goes on at either end."""
    at = text.find(part)
    while at >= 0:
        if not _INSIDE.match(text, at) and not _INSIDE.match(text, at + len(part)):
            return True
        at = text.find(part, at + 1)
    return False


def last_number(text: str) -> Decimal | None:
    """The last number in the last 10,000 characters. Commas part thousands, 50% is 0.5, digits of a name (A17) are none."""
    tail = re.sub("(?<=[０-９])，(?=[０-９]{3})", ",", text[-10_000:]).translate(_FULL_WIDTH)
    found = [(m[1], m[2]) for m in _NUMBER.finditer(tail) if m[1]]
    if not found:
        return None
    digits, percent = found[-1]
    try:
        number = Decimal(re.sub(r"[,\u00a0\u2009\u202f]", "", digits))
        return _EXACT.scaleb(number, -2) if percent else number
    except InvalidOperation:  # an exponent of twenty digits
        return None


def is_near(one: Decimal, other: Decimal, tolerance: float) -> bool:
    return one == other or _EXACT.subtract(one, other).copy_abs() <= Decimal(str(tolerance))


def items_of_list(text: str) -> frozenset[str]:
    """Items of a JSON list, or of a text parted by commas, 、 or line ends; normalised, the same item once."""
    try:
        value = json.loads(text[:READ])
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, list):
        return frozenset(all_normalised(v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in value))
    return frozenset(all_normalised(re.split(r"[,，、\r\n]", text[:READ])))


def json_inside(text: str) -> Any:
    """The text as JSON; else the first object or array that is whole, in the first fenced block where there is one.

    Raises ValueError where there is none. The first 100 brackets are tried.
    """
    text = text[:READ]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    fenced = re.search(r"```[^\n`]*\n", text)
    inside = text[fenced.end() :].split("```")[0] if fenced else text
    decoder = json.JSONDecoder()
    for bracket in islice(re.finditer(r"[\[{]", inside), 100):
        try:
            return decoder.raw_decode(inside, bracket.start())[0]
        except (ValueError, RecursionError):
            continue
    raise ValueError("no object or array in the fenced block" if fenced else "no object or array in the reply")


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
