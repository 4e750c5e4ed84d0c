"""When two texts are the same: exactly, but for how they are typed, or but for their numbers. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from xxhash import xxh3_64_intdigest

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_DIGITS_AWAY = str.maketrans("", "", "0123456789")
_OTHER_DIGIT = re.compile(r"[^\W\D0-9]|(?![0-9])\d")


def normalised(text: str) -> str:
    """In one width and form (NFKC), without case, digits of any script as 0 to 9, every run of white space one space."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0], 0)), text)
    return " ".join(text.casefold().split())


# System messages repeat: the same few thousand characters a line.
normalised_again = lru_cache(maxsize=256)(normalised)


def without_numbers(text: str) -> str:
    """Every number, date and time as 0, so that texts filled from one template come out the same. Takes a normalised text."""
    if text.translate(_DIGITS_AWAY) == text:  # most texts have none, and this looks eight times faster than a pattern does
        return text
    return _NUMBER.sub("0", text)


def hash_of(text: str) -> int:
    """64 bits: among a million texts two different ones meet with a chance of 3 in 100 million."""
    return xxh3_64_intdigest(text.encode("utf-8"))
