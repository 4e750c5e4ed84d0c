"""What was found, in words that are safe to print."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

_SHOWN = 60


def kind(value: Any) -> str:
    """The kind of a JSON value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "an object"


def quoted(value: Any) -> str:
    """The value itself, its first part where it is long; control and direction characters are escaped."""
    text = repr(value[:_SHOWN] if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN + 2 else text[:_SHOWN] + "..."


def nearest(found: str, names: Iterable[str]) -> str:
    """`; did you mean X?`, or nothing where no name is near."""
    near = get_close_matches(found, list(names), n=1)
    return f"; did you mean {near[0]}?" if near else ""
