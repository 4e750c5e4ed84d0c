"""Keys that this process uses, and texts without them, in whatever common form they stand: nothing that is kept or shown has one."""

from __future__ import annotations

import logging
import re
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

SHOWN = "[redacted key]"
SHORTEST = 16  # shorter ones are placeholders of services without keys, such as EMPTY: words that texts may well have

T = TypeVar("T", bound=tuple[Any, ...])


@dataclass(frozen=True)
class _Key:
    """`encoded` are its base64 forms, without the ends that depend on what stands beside it."""

    plain: str
    encoded: tuple[str, ...]

    @cached_property
    def written(self) -> re.Pattern[str]:
        """With any of its characters as in JSON or in an address: `\\u002d`, `\\/`, `%2D`."""
        return re.compile(_BEFORE + "".join(map(_written, self.plain)))

    def removed(self, text: str) -> str:
        """JSON without it is JSON still, as a key has neither quotes nor backslashes.

        Base64 keeps its length, so that what is around it can be read.
        """
        if self.plain in text:
            text = re.sub(_BEFORE + re.escape(self.plain), SHOWN, text)
        if "\\" in text or "%" in text:  # to look for escapes takes longer
            text = self.written.sub(SHOWN, text)
        for form in self.encoded:
            if form in text:
                text = re.sub(_BEFORE + re.escape(form), "x" * len(form), text)
        return text


# The beginning of an escape whose end looks like that of a key goes with it: what is left of one is no JSON.
_BEFORE = r"(?:\\+(?:u[0-9A-Fa-f]{0,3})?)?"
_IN_USE: dict[str, _Key] = {}


def withhold(key: str) -> None:
    """From now on no text has it, and nothing that any library logs. A placeholder stays a word like any other, and so does a number."""
    if logging.getLogRecordFactory() is logging.LogRecord:
        logging.setLogRecordFactory(_LogRecord)
    if len(key) >= SHORTEST and not key.isdecimal() and key not in _IN_USE:
        _IN_USE[key] = _Key(key, _encoded(key.encode()))


def without_keys(text: str) -> str:
    for key in tuple(_IN_USE.values()):
        text = key.removed(text)
    return text


def bytes_without_keys(data: bytes) -> bytes:
    """The same in what a service sends, whatever its encoding: a key has only ASCII characters."""
    return without_keys(data.decode("latin-1")).encode("latin-1") if _IN_USE else data


def row_without_keys(row: T) -> T:
    """The texts in it without keys."""
    return row if not _IN_USE else type(row)(without_keys(v) if isinstance(v, str) else v for v in row)


def _written(character: str) -> str:
    code = f"{ord(character):02x}"
    as_is = r"\\*/" if character == "/" else re.escape(character)
    return rf"(?:{as_is}|\\+u00(?i:{code})|%(?i:{code}))"


def _encoded(key: bytes) -> tuple[str, ...]:
    """At each of the three places in a group of bytes that it may begin at, in both alphabets."""
    forms = dict[str, None]()
    for before in range(3):
        end = (before + len(key)) * 8 // 6  # characters that depend on nothing behind it
        for encode in (b64encode, urlsafe_b64encode):
            forms[encode(bytes(before) + key).decode()[-(-before * 8 // 6) : end]] = None
    return tuple(forms)


class _LogRecord(logging.LogRecord):
    def getMessage(self) -> str:
        return without_keys(super().getMessage())

    def __setattr__(self, name: str, value: object) -> None:
        """The traceback is put in as a text by whatever formats it."""
        super().__setattr__(name, without_keys(value) if isinstance(value, str) else value)
