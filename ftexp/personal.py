"""Personal data by its shape and, where it has one, by its check digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import AddressValueError, IPv4Address

# What may be a number: digits with little but capitals between them. Each is looked at alone, which keeps most texts quick.
_STRETCH = re.compile(r"[0-9][0-9A-Z ().-]*[0-9]")
_BEFORE, _BEHIND = 2, 2  # characters around it that can belong to a number, or tell that there is none
_FEWEST_DIGITS = 7  # of everything but an IP address

_FROM, _TO = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_EMAIL = re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}+@(?:[A-Za-z0-9-]{1,63}+\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])")
_CARD_DIGITS = r"(?:\d{13,19}|\d{4}(?:[ -]\d{4}){3}(?:[ -]\d{3})?|\d{4}[ -]\d{6}[ -]\d{4,5})"
_CARD = re.compile(_FROM + r"(?<!\d[ .-])" + _CARD_DIGITS + _TO + r"(?![ .-]\d)")
_IBAN = re.compile(_FROM + r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?" + _TO)
_TAIWAN = re.compile(_FROM + r"[A-Z][1289]\d{8}" + _TO)
_SSN = re.compile(_FROM + r"(?<!\d-)\d{3}-\d{2}-\d{4}(?!-\d)" + _TO)
_IPV4 = re.compile(r"(?<![A-Za-z0-9.])(?<!ersion )\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![A-Za-z0-9]|\.\d)")
# With a country code; in brackets or groups with spaces, dots or dashes between; or as a Taiwanese mobile number. A run of digits
# alone is an order number more often than a telephone.
_PHONE = re.compile(
    r"(?<![A-Za-z0-9.+-])(?<!\d )(?:"
    r"\+\d{1,3}(?:[ ().-]{0,2}\d){6,14}"
    r"|\(\d{2,4}\) ?\d{3,4}[ -]?\d{3,4}"
    r"|0\d{1,3}[ -]\d{3,4}[ -]?\d{3,4}"
    r"|[2-9]\d{2}[-. ]\d{3}[-. ]\d{4}"
    r"|09\d{8}"
    r")(?![A-Za-z0-9]|[.-]\d)"
)

# Length of an IBAN by country: SWIFT IBAN registry, release 99 (2024-12).
_IBAN_LENGTHS = {
    length: frozenset(countries.split())
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
}
# First digits and lengths of the card networks.
_CARDS = re.compile(r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}|6(?:011|5\d\d)\d{12}|62\d{14,17}")
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # stand for 10 to 35


def is_card_number(text: str) -> bool:
    """A length and start that a network uses, and the check digit of ISO/IEC 7812 (Luhn)."""
    digits = _digits(text)
    doubled = sum(sum(divmod(2 * d, 10)) for d in digits[-2::-2]) + sum(digits[-1::-2])
    return doubled % 10 == 0 and len(set(digits)) > 1 and bool(_CARDS.fullmatch("".join(map(str, digits))))


def is_iban(text: str) -> bool:
    """A length that the country uses, and 1 as the rest of 97 (ISO 13616)."""
    iban = text.replace(" ", "")
    if iban[:2] not in _IBAN_LENGTHS.get(len(iban), ()):
        return False
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def is_taiwanese_id(text: str) -> bool:
    """The check digit of the national id, and of the residents' id in the form used since 2021."""
    code = _TAIWAN_LETTERS.index(text[0]) + 10
    weighted = [code // 10, code % 10 * 9, *(d * w for d, w in zip(_digits(text[1:]), (8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True))]
    return sum(weighted) % 10 == 0


def is_social_security_number(text: str) -> bool:
    """By what the US Social Security Administration never gives out: 000, 666 and 900 to 999 first, 00 and 0000 behind."""
    area, group, serial = text.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def is_public_address(text: str) -> bool:
    try:
        return IPv4Address(text).is_global
    except AddressValueError:
        return False


@dataclass(frozen=True, slots=True)
class Personal:
    """A stretch of a text that tells who somebody is."""

    kind: str
    start: int
    end: int


def personal(text: str, regions: tuple[str, ...]) -> Iterator[Personal]:
    """In no order, maybe one inside another. Phone numbers without a country code are those of `regions`."""
    if "@" in text:
        yield from (Personal("e-mail address", *match.span()) for match in _EMAIL.finditer(text))
    if has_digit(text):
        for stretch in _STRETCH.finditer(text):
            yield from _numbers(text, stretch, regions)


def has_digit(text: str) -> bool:
    return any(map(text.__contains__, "1203456789"))


def _numbers(text: str, stretch: re.Match[str], regions: tuple[str, ...]) -> Iterator[Personal]:
    start, end = max(stretch.start() - _BEFORE, 0), stretch.end() + _BEHIND
    if stretch[0].count(".") >= 3:
        yield from (Personal("IP address", *m.span()) for m in _IPV4.finditer(text, start, end) if is_public_address(m[0]))
    if len(stretch[0]) < _FEWEST_DIGITS or sum(map(str.isdecimal, stretch[0])) < _FEWEST_DIGITS:
        return
    for kind, pattern, is_real in _NUMBERS:
        yield from (Personal(kind, *m.span()) for m in pattern.finditer(text, start, end) if is_real(m[0]))
    for match in _PHONE.finditer(text, start, end):
        if any(_is_phone_number(match[0], region) for region in ((None,) if match[0][0] == "+" else regions)):
            yield Personal("phone number", *match.span())


@cache
def _phone_rules() -> tuple[Callable[..., object], Callable[..., bool], type[Exception]]:
    from phonenumbers import NumberParseException, is_valid_number, parse

    return parse, is_valid_number, NumberParseException


def _is_phone_number(text: str, region: str | None) -> bool:
    parse, is_valid, unparsable = _phone_rules()
    try:
        return is_valid(parse(text, region))
    except unparsable:
        return False


def _digits(text: str) -> list[int]:
    return [int(c) for c in text if c.isdecimal()]


_NUMBERS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("card number", _CARD, is_card_number),
    ("IBAN", _IBAN, is_iban),
    ("Taiwanese national id", _TAIWAN, is_taiwanese_id),
    ("US social security number", _SSN, is_social_security_number),
)
