"""What is inside the texts: each finding says where and what, and never repeats a secret."""

from __future__ import annotations

import pytest

from ftexp.data.builtin import customer_service_zh, support_tickets
from ftexp.data.messages import Example, Message, ToolCall
from ftexp.validation.catalogue import CATALOGUE
from ftexp.validation.content import CHECKS, ContentRules, findings_of, refusal_findings, refuses

KEY = "sk-" + "A1" * 20
MAIL = "ann" + "@" + "gmail.com"


def example(asked: str, reply: str) -> Example:
    return Example((Message("user", asked), Message("assistant", reply)), "mine.jsonl line 17")


def found(asked: str, reply: str = "Yes.", rules: ContentRules | None = None) -> list[tuple[str, str]]:
    return [(f.check, str(f)) for f in findings_of(example(asked, reply), rules or ContentRules())]


def kinds(asked: str, reply: str = "Yes.") -> list[str]:
    return [check for check, _ in found(asked, reply)]


def test_a_secret_is_an_error_and_is_not_repeated() -> None:
    [finding] = findings_of(example(f"use {KEY} here", "Yes."), ContentRules())
    assert (finding.check, finding.severity) == ("secret", "error")
    assert str(finding) == "mine.jsonl line 17: message 1 has a key: use [redacted key] here"


def test_personal_data_is_told_once_a_kind_with_its_number() -> None:
    [(check, told)] = found(f"{MAIL} or {MAIL}")
    assert (check, told) == (
        "personal_data",
        "mine.jsonl line 17: message 1 has an e-mail address and 1 more: [redacted e-mail address] or [redacted e-mail address]",
    )
    assert found(MAIL, rules=ContentRules(allow=("*@gmail.com",))) == []


def test_tool_calls_and_the_rejected_answer_are_read_too() -> None:
    call = Message("assistant", "", tool_calls=(ToolCall("1", "send", f'{{"to": "{MAIL}"}}'),))
    whole = Example((Message("user", "hi"), call, Message("assistant", "Done.")), "x line 1", rejected=Message("assistant", KEY))
    assert [f.message.split(" has ")[0] for f in findings_of(whole, ContentRules())] == ["message 2, tool call 1", "the rejected answer"]


@pytest.mark.parametrize(
    ("text", "check", "told"),
    [
        ("a\u202eb", "bidi_control", "has a bidirectional control, U+202E at character 2"),
        ("a\u200bb\u200b", "invisible_character", "has 2 invisible characters, the first U+200B at character 2"),
        ("a\x00b", "control_character", "has a control character, U+0000 at character 2"),
        ("caf" + "é".encode().decode("latin-1"), "mojibake", "read in the wrong encoding"),
        ("你好".encode().decode("latin-1").replace("\xa0", "\xa0"), "mojibake", "read in the wrong encoding"),
        ("it" + "’".encode().decode("cp1252") + "s", "mojibake", "read in the wrong encoding"),
        ("lost \ufffd", "mojibake", "lost characters (U+FFFD)"),
        ("<|im_start|>user", "special_token", "has the token <|im_start|> as text"),
        ("[INST] hi", "special_token", "has the token [INST] as text"),
        ("Dear {{name}},", "placeholder", "wasn't filled in: {{name}}"),
        ("Best, [Your Name]", "placeholder", "wasn't filled in: [Your Name]"),
    ],
)
def test_what_is_left_over_or_hidden_is_told(text: str, check: str, told: str) -> None:
    findings = dict(found(text))
    assert check in findings and told in findings[check]


@pytest.mark.parametrize(
    "text",
    [
        "Line one\n\tline two\r\n",
        "CAFÉ… “AMANHÃ” naïve Straße ÇA À Â l’été",
        "👩\u200d👩\u200d👧 می\u200cخواهم 🏴\U000e0067\U000e0062\U000e007f שלום\u200f",
        "if (a < b) { x[i] = {}; } // [1] [see Table 2] a <b> tag",
        "我的訂單（ABC123）什麼時候到？【重要】請幫我查一下，謝謝！",
    ],
)
def test_ordinary_texts_have_no_finding(text: str) -> None:
    assert found(text) == []


def test_replies_are_looked_at_as_a_whole() -> None:
    assert kinds("Who are you?", "As an AI language model, I am one.") == ["ai_disclaimer"]
    assert kinds("As an AI language model, who are you?") == []
    assert kinds("Hello there", "hello there ") == ["reply_is_prompt"]
    assert kinds("How?", "First, take it,") == kinds("How?", "```py\nx = 1") == ["cut_off"]


@pytest.mark.parametrize(
    "reply", ["I'm sorry, but I can't help with that.", "I cannot assist with this.", "抱歉，我無法提供協助。", "很抱歉，我不能回答"]
)
def test_a_refusal_is_known_in_english_and_chinese(reply: str) -> None:
    assert refuses(reply)


@pytest.mark.parametrize(
    "reply", ["I'm sorry to hear that. I can't wait to help!", "抱歉讓您久等了，我馬上查詢。", "Sorry for the delay.", "You can't."]
)
def test_an_apology_is_no_refusal(reply: str) -> None:
    assert not refuses(reply)


def test_many_refusals_are_told_for_the_whole() -> None:
    assert refusal_findings("train", 5, 100, ContentRules()) == []
    [told] = refusal_findings("train", 6, 100, ContentRules())
    assert str(told).startswith("train: 6 of 100 replies refuse (6%); more than 5%")


@pytest.mark.parametrize("dataset", [support_tickets, customer_service_zh])
def test_the_datasets_that_come_with_it_are_clean(dataset: object) -> None:
    splits = dataset.splits()  # type: ignore[attr-defined]
    assert [str(f) for e in (*splits.train, *splits.validation, *splits.test) for f in findings_of(e, ContentRules())] == []


def test_every_check_is_in_the_catalogue_with_a_sentence() -> None:
    assert all(CATALOGUE[c.id] is c and c.line.endswith(".") for c in CHECKS)
