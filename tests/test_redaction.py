"""Keys and personal data are found by shape and check digits, and nobody is shown them. Shapes of keys are put together here."""

from __future__ import annotations

import time

import pytest

from ftexp.personal import is_card_number, is_iban, is_social_security_number, is_taiwanese_id
from ftexp.redaction import excerpt, redacted, sensitive

BODY = "A1" * 30
PEM = "-----{} RSA " + "PRIVATE KEY-----"
KEYS = [
    ("key", "sk-" + BODY[:40]),
    ("key", "sk-ant-api03-" + BODY),
    ("key", "hf_" + BODY[:34]),
    ("key", "ghp_" + BODY[:36]),
    ("key", "github_pat_" + BODY),
    ("key", "AKIA" + BODY[:16]),
    ("key", "AIza" + BODY[:35]),
    ("key", "xoxb-" + BODY[:24]),
    ("key", "sk_live_" + BODY[:24]),
    ("token", ".".join(["eyJ" + BODY[:20], "eyJ" + BODY[:20], BODY[:30]])),
    ("token", "Bearer " + BODY[:30]),
    ("password", "postgres://ann:" + "hunter2" + "@"),
    ("private key", PEM.format("BEGIN") + "\n" + BODY + "\n" + PEM.format("END")),
]


def digits(*groups: str) -> str:
    return "".join(groups)


CARD = digits("4539", "1488", "0343", "6467")
PERSONAL = [
    ("e-mail address", "ann.lee" + "@" + "gmail.com"),
    ("phone number", digits("0912", "-345", "-678")),
    ("phone number", digits("(02)", " 2345", "-6789")),
    ("phone number", digits("+44 20", " 7946", " 0958")),
    ("phone number", digits("650", "-253", "-0000")),
    ("card number", CARD),
    ("card number", " ".join([CARD[:4], CARD[4:8], CARD[8:12], CARD[12:]])),
    ("IBAN", digits("FR76 3000 6000", " 0112 3456 7890 189")),
    ("Taiwanese national id", digits("A2345", "67893")),
    ("US social security number", digits("536", "-22", "-8123")),
    ("IP address", digits("142.250", ".10.1")),
]


@pytest.mark.parametrize(("kind", "value"), KEYS + PERSONAL)
def test_a_value_is_replaced_by_its_kind_in_any_language(kind: str, value: str) -> None:
    assert redacted(f"訂單：{value}，謝謝").removesuffix("，謝謝").startswith(f"訂單：[redacted {kind}]")
    assert value not in redacted(f"see {value} please") and kind in redacted(f"see {value} please")


@pytest.mark.parametrize(
    "text",
    [
        "order 12345678, A-48213, ABC123 and 2024-11-24 10:30",
        "order 0223456789 or 1234567890123 of batch 20241124001",
        "sk-learn-is-a-nice-library-for-you, hf_hub_download, the risk-free-rate-of-return",
        "version 10.2.30.4 at 192.168.1.10",
        "it costs $1,234,567.89 or NT$ 1 234 567",
        "postgres://user:password@localhost and https://example.com/a:b@c",
        "the bearer of this letter, Bearer authentication-is-described-below",
        "訂單編號 20241124-0001，金額 1,200 元，電話分機 123",
        "ISBN 978-3-16-148410-0, 3.14159265358979, 1e-10, 100 200 300 400",
        "write @ann or a@b, 50@3",
    ],
)
def test_what_only_resembles_is_left(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize(
    "text", ["bob@example.com", "x@mail.example.org", "4242 4242 4242 4242", "4242-4242-4242-4242", "(212) 555-0123", "078-05-1120"]
)
def test_reserved_values_are_allowed(text: str) -> None:
    assert redacted(f"see {text}.") == f"see {text}."
    assert redacted(f"see {text}.", allow=()) != f"see {text}."


def test_an_allow_list_takes_any_text_and_any_character() -> None:
    mail = "help" + "@" + "shop.tw"
    assert redacted(mail, allow=["*@SHOP.tw"]) == mail == redacted(mail, allow=["hel?@*"])
    assert redacted(mail, allow=["help"]) == "[redacted e-mail address]"


def test_numbers_of_a_region_are_only_looked_for_when_it_is_named() -> None:
    number = digits("0912", "-345", "-678")
    assert [len(sensitive(number, regions=regions)) for regions in (["TW"], ["US"], [])] == [1, 0, 0]


def test_check_digits() -> None:
    assert is_card_number(CARD) and not is_card_number(CARD[:-1] + "8") and not is_card_number("0" * 16)
    iban = digits("GB82WEST", "12345698765432")
    assert is_iban(iban) and not is_iban(iban[:-1] + "3") and not is_iban("XX" + iban[2:])
    assert is_taiwanese_id("A123456789") and not is_taiwanese_id("A123456788")
    assert [is_social_security_number(f"{a}-12-3456") for a in ("000", "666", "900", "899")] == [False, False, False, True]


def test_an_excerpt_shows_the_text_around_with_everything_redacted() -> None:
    text = f"first {KEYS[0][1]} then\n{PERSONAL[0][1]} and more"
    found = sensitive(text)
    assert excerpt(text, found, found[1]) == "first [redacted key] then [redacted e-mail address] and more"
    assert excerpt(text, found, found[1], around=4) == "…hen [redacted e-mail address] and…"


@pytest.mark.parametrize(
    "part",
    ["a", "1", "a@", "@a.a.a.", "sk-", "eyJaaaaaaaaa.", "ab://x:", "-----BEGIN ", "bearer ", "GB82 WEST ", "(02) ", "+1", "1.", "A1", "\0"],
)
def test_a_hostile_line_of_a_megabyte_takes_no_time(part: str) -> None:
    text = part * (1_000_000 // len(part))
    began = time.process_time()
    sensitive(text + "1@")
    assert time.process_time() - began < 5
