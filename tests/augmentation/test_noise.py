from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import chat, chats

from ftexp.augmentation import noise_en, noise_zh
from ftexp.augmentation.noise import CHINESE, ENGLISH, LANGUAGE, NOTHING, Tongue, make_noise, noisy, tongue_of, words_of
from ftexp.augmentation.rows import random_of, users_of
from ftexp.augmentation.veil import veil
from ftexp.data.builtin import customer_service_zh, support_tickets
from ftexp.data.messages import Example, Message
from ftexp.validation.alike import normalised

KEPT = (
    "A-48213",
    "$12.50",
    "2024-01-02",
    "ann@example.com",
    "https://shop.example/a?b=1&c=Two",
    '{"Size": ["XL", 3]}',
    "`git Commit`",
    '"Blue One"',
    "「電子鍋」",
    "{order_id}",
    "[Your Name]",
    "@Support",
    "/usr/local/bin",
)


def every(text: str, tongue: Tongue, times: int = 150) -> set[str]:
    """What noise makes of a text, by many seeds."""
    found = [noisy(text, tongue, random_of(seed), frozenset(), frozenset()) for seed in range(times)]
    return {n.text for n in found if n}


@pytest.mark.parametrize("kept", KEPT)
def test_what_carries_meaning_stays_to_the_letter(kept: str) -> None:
    english = every(f"Hello, where is the parcel {kept} that you promised? I don't know.", ENGLISH)
    chinese = every(f"你好，請問我的包裹 {kept} 什麼時候會送到？我已經等很久了。", CHINESE)
    assert len(english) > 50 and len(chinese) > 30
    assert all(kept in text for text in english | chinese)


@pytest.mark.parametrize("wanted", ["嗯，", "那個...", "欸，", "請問", "啊", "?", "以經", "？？", "啦", " "])
def test_chinese_is_typed_as_in_a_chat(wanted: str) -> None:
    made = (
        every("我的包裹什麼時候會送到？我已經等很久了，快一點。", CHINESE, 400)
        | every("我想取消訂單。", CHINESE, 200)
        | every("可以退嗎？", CHINESE)
    )
    assert any(wanted in text for text in made)


@pytest.mark.parametrize("wanted", ["um, ", "hi, ", "dont", "pls", "thanks", "??", "wheree"])
def test_english_is_typed_in_a_hurry(wanted: str) -> None:
    made = every("Please tell me where my parcel is. I don't know wheree to look, is it here?", ENGLISH, 400)
    assert any(wanted in text.lower() for text in made)


def test_the_seeds_patterns_are_among_the_rules() -> None:
    """A prefix, a question mark added, and the full stop dropped."""
    for rules in (noise_en.RULES, noise_zh.RULES):
        assert {"prefix", "question_mark", "full_stop"} <= set(rules)


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=60), st.integers(0, 1000))
def test_any_text_comes_back_whole_from_its_veil_and_no_noise_breaks_on_it(text: str, seed: int) -> None:
    veiled = veil(text, {"the"})
    assert veiled.back(veiled.text) == text
    for tongue in (ENGLISH, CHINESE):
        noisy(text, tongue, random_of(seed), frozenset(), frozenset())


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("Where is my parcel?", ENGLISH),
        ("我的包裹在哪裡？", CHINESE),
        ("我的 iPhone 壞了", CHINESE),
        ("我的订单什么时候到？", None),
        ("注文した商品はいつ届きますか？", None),
        ("Wo ist mein Paket, das ich vor einer Woche bei Ihnen bestellt habe?", None),
        ('{"order": 7}', None),
        ("ABC123", None),
    ],
)
def test_only_english_and_traditional_chinese_get_noise(text: str, tongue: Tongue | None) -> None:
    assert tongue_of(text) is tongue


def test_the_answer_and_what_it_quotes_stay() -> None:
    example = chat("Please spell the word receive for me, somebody told me another spelling.", "receive")
    made = make_noise([example], 1.0, 20, 0)
    assert len(made.rows) > 10
    assert all(r.example.messages[-1] == example.messages[-1] and "receive" in users_of(r.example)[0] for r in made.rows)


def test_a_slip_never_makes_another_word_of_the_data() -> None:
    text = "My garden house leaks badly."

    def slipped(data: frozenset[str]) -> set[str]:
        found = [noisy(text, ENGLISH, random_of(seed), frozenset(), data) for seed in range(600)]
        alone = [
            n.text for n in found if n and len(n.how) == 1 and n.how[0] in ("near_key", "doubled_letter", "swapped_letters", "lost_letter")
        ]
        return words_of([chat(made, "x") for made in alone]) - words_of([chat(text, "x")])

    slips = slipped(frozenset())
    some = frozenset(sorted(slips)[::2])
    assert len(slips) > 20 and not slipped(some) & some


def test_same_seed_same_rows_whatever_else_is_in_the_data() -> None:
    data = chats(30)
    one, other, alone = make_noise(data, 1.0, 2, 7), make_noise(data, 1.0, 2, 7), make_noise(data[::-1], 1.0, 2, 7)
    assert [r.line for r in one.rows] == [r.line for r in other.rows]
    assert {r.line for r in one.rows} == {r.line for r in alone.rows}
    assert [r.line for r in one.rows] != [r.line for r in make_noise(data, 1.0, 2, 8).rows]


def test_no_copy_says_what_its_original_or_another_copy_says() -> None:
    for data in (support_tickets.splits().train, customer_service_zh.splits().train):
        made = make_noise(data, 1.0, 3, 0)
        assert len(made.rows) > 2.9 * len(data)
        for example in data[:20]:
            typed = [tuple(map(normalised, users_of(r.example))) for e, r in made.pairs if e is example]
            assert len({tuple(map(normalised, users_of(example))), *typed}) == 1 + len(typed)


def test_a_share_takes_some_and_says_what_was_not_possible() -> None:
    assert len(make_noise(chats(40), 0.25, 1, 0).rows) == 10
    odd = [chat('{"a": 1}', "x"), chat("Wo ist mein Paket, das ich vor einer Woche bei Ihnen bestellt habe?", "y")]
    assert make_noise(odd, 1.0, 1, 0).refused == {NOTHING: 1, LANGUAGE: 1}


def test_every_user_message_gets_its_own_noise_and_an_id_alone_stays() -> None:
    turns = (
        Message("user", "我想取消訂單。"),
        Message("assistant", "好的，編號？"),
        Message("user", "ABC123"),
        Message("assistant", "已取消。"),
    )
    made = make_noise([Example(turns, "x")], 1.0, 10, 0)
    assert made.rows and all(users_of(r.example)[1] == "ABC123" and users_of(r.example)[0] != "我想取消訂單。" for r in made.rows)
