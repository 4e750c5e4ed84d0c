"""Languages are told where there is enough text, and never guessed."""

from __future__ import annotations

import pytest

from ftexp.data.builtin import customer_service_zh, support_tickets
from ftexp.data.messages import Example, Message
from ftexp.validation.language import (
    LanguageRules,
    Spoken,
    answer_finding,
    findings_of,
    is_translation,
    language_of,
    share_findings,
    spoken,
)

RULES = LanguageRules()
ENGLISH = "Where is my order? I have been waiting for two weeks and nobody has written to me."
TRADITIONAL = "我的訂單什麼時候會到？已經等了兩個星期了，請幫我查一下。"
SIMPLIFIED = "我的订单什么时候会到？已经等了两个星期了，请帮我查一下。"


def example(asked: str, reply: str) -> Example:
    return Example((Message("user", asked), Message("assistant", reply)), "mine.jsonl line 17")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (TRADITIONAL, "zh-Hant"),
        (SIMPLIFIED, "zh-Hans"),
        ("注文した商品がまだ届いていません。確認してください。", "ja"),
        ("주문한 상품이 아직 도착하지 않았습니다 확인 부탁드립니다", "ko"),
        ("Wo ist meine Bestellung? Ich warte seit zwei Wochen auf die Lieferung.", "de"),
        ("Où est ma commande ? J'attends depuis deux semaines et personne ne répond.", "fr"),
        ("Где мой заказ? Я жду уже две недели, и никто мне не отвечает.", "ru"),
    ],
)
def test_a_language_is_told(text: str, language: str) -> None:
    assert language_of(text, RULES) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello!",
        "好的，謝謝",
        '{"category":"delivery","priority":"low","order_id":"A-48213"}',
        "```py\n" + "x = the_of_and\n" * 9,
        "1234 " * 40,
    ],
)
def test_short_texts_and_code_are_not_guessed(text: str) -> None:
    assert language_of(text, RULES) is None


def test_question_and_reply_in_different_languages_are_told() -> None:
    mixed = example(ENGLISH, TRADITIONAL)
    assert str(answer_finding(mixed, spoken(mixed, RULES))) == "mine.jsonl line 17: asked in English, answered in Traditional Chinese"
    scripts = example(TRADITIONAL, SIMPLIFIED)
    assert "asked in Traditional Chinese, answered in Simplified" in str(answer_finding(scripts, spoken(scripts, RULES)))
    for same in (example(ENGLISH, ENGLISH), example(ENGLISH, "好。"), example(TRADITIONAL, TRADITIONAL)):
        assert answer_finding(same, spoken(same, RULES)) is None
    assert not Spoken("zh", "zh-Hant").differ


def test_where_most_differ_it_is_the_task() -> None:
    assert is_translation(6, 10, RULES) and not is_translation(1, 10, RULES)


def test_two_chinese_scripts_in_one_text_are_told_with_characters_of_each() -> None:
    [told] = findings_of(example(TRADITIONAL + SIMPLIFIED, "好。"), RULES)
    assert told.check == "mixed_chinese" and "message 1 mixes Traditional (" in str(told)
    japanese = "学校の図書館で、経済の本を読みました。会社へ帰ってから書類を作ります。"
    for text in (TRADITIONAL, SIMPLIFIED, japanese, "台灣的后里區有人叫于先生，在茶几上喝干紅。", "简体字与繁體"):
        assert findings_of(example(text, "x"), RULES) == []


def test_replies_in_both_scripts_are_told_for_the_whole() -> None:
    assert share_findings("train", {"zh-Hant": 10, "en": 5}, RULES) == []
    [told] = share_findings("train", {"zh-Hant": 10, "zh-Hans": 2}, RULES)
    assert str(told) == "train: 10 replies are in Traditional and 2 in Simplified Chinese; is that meant?"


@pytest.mark.parametrize("dataset", [support_tickets, customer_service_zh])
def test_the_datasets_that_come_with_it_speak_one_language(dataset: object) -> None:
    for e in dataset.splits().train:  # type: ignore[attr-defined]
        assert findings_of(e, RULES) == [] and answer_finding(e, spoken(e, RULES)) is None
