"""Is a line one JSON object in UTF-8? Pure: the bytes of a line give a JSON value or what is wrong with them."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from ftexp.validation.findings import Check, Finding

BLANK = Check("blank_line", "file", "warning", "A line without text is passed over.")
BOM = Check("bom", "file", "warning", "A byte order mark before a line is passed over; other programs take it for text.")
CRLF = Check("crlf", "file", "warning", "Lines that end as on Windows are read as any other; a file for a service is written with \\n.")
NOT_UTF8 = Check("not_utf8", "file", "error", "A line that isn't UTF-8 can't be read without guessing.", fixed=True)
NOT_JSON = Check("not_json", "file", "error", "A line that isn't JSON can't be read.", fixed=True)
TRUNCATED = Check("truncated_line", "file", "error", "A line that ends in the middle was cut off, so its answer may be too.", fixed=True)
KEY_TWICE = Check("key_twice", "file", "error", "Of a key that stands twice nobody knows which value is meant.", fixed=True)
NO_NUMBER = Check("no_number", "file", "error", "NaN, Infinity and numbers beyond all bounds are no JSON.", fixed=True)
TOO_DEEP = Check("too_deep", "file", "error", "Values nested hundreds deep are no chat example.", fixed=True)
TOO_LONG = Check("line_too_long", "file", "error", "A line over 64 MiB isn't read: no service takes one.", fixed=True)
ARRAY = Check("json_array", "file", "error", "A file with one JSON array isn't JSONL.", fixed=True)
EMPTY = Check("file_empty", "file", "error", "A file without examples teaches nothing.", fixed=True)
CHECKS = (BLANK, BOM, CRLF, NOT_UTF8, NOT_JSON, TRUNCATED, KEY_TWICE, NO_NUMBER, TOO_DEEP, TOO_LONG, ARRAY, EMPTY)

MARK = b"\xef\xbb\xbf"
_WHOLE = "expected one whole JSON object"


class _FaultError(ValueError):
    """What Python's decoder takes and JSON doesn't."""

    def __init__(self, check: Check, message: str) -> None:
        super().__init__(message)
        self.check = check


def decoded(raw: bytes, where: str, expected: str = _WHOLE) -> tuple[Any, list[Finding]]:
    """The value of a line without its line end, exactly judged; None where it has none, with an error or a blank line's warning."""
    findings = []
    if raw.startswith(MARK):
        raw = raw[len(MARK) :]
        findings.append(BOM.found(where, "begins with a byte order mark, which was passed over"))
    if not raw.strip():
        return None, [*findings, BLANK.found(where, "is blank and was passed over")]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [*findings, NOT_UTF8.found(where, f"not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8")]
    value, fault = value_of(text, where, expected)
    return value, [*findings, *([fault] if fault else [])]


def value_of(text: str, where: str, expected: str = _WHOLE) -> tuple[Any, Finding | None]:
    """The JSON value, with nothing lost that was written: no key twice, no number that isn't one."""
    try:
        return _DECODER.decode(text.strip(" \t\r\n")), None
    except _FaultError as error:
        return None, error.check.found(where, f"not JSON ({error}); {expected}")
    except json.JSONDecodeError as error:
        check = TRUNCATED if _cut_off(text, error) else NOT_JSON
        return None, check.found(where, f"not JSON ({'cut off: ' if check is TRUNCATED else ''}{error}); {expected}")
    except RecursionError:
        return None, TOO_DEEP.found(where, f"not JSON (nested too deep); {expected}")
    except ValueError as error:  # a number of thousands of digits
        return None, NO_NUMBER.found(where, f"not JSON ({error}); {expected}")


def _cut_off(text: str, error: json.JSONDecodeError) -> bool:
    """Whether all that is there would be right if it went on."""
    begun = text.lstrip()[:1] in ("{", "[")
    return begun and (error.msg.startswith("Unterminated string") or error.pos >= len(text.rstrip()))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        raise _FaultError(KEY_TWICE, f"the key {next(n for n in names if names.count(n) > 1)!r} stands twice")
    return value


def _constant(name: str) -> NoReturn:
    raise _FaultError(NO_NUMBER, f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _FaultError(NO_NUMBER, f"{text[:40]} is beyond all bounds")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_constant, parse_float=_finite)
