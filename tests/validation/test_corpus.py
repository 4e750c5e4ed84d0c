"""Checks of a dataset as a whole, on small datasets made for each."""

from __future__ import annotations

import random

import pytest
from tiny import chat, chats

from ftexp.data.messages import Example, Message
from ftexp.validation.checks import Checks, Near
from ftexp.validation.corpus import Asked, Corpus, findings_of_all
from ftexp.validation.facts import rank_of
from ftexp.validation.near import Words, near_pairs, words_of
from ftexp.validation.survey import survey_of
from ftexp.values import digest

CHECKS = Checks()


def found(
    train: list[Example], validation: list[Example] | None = None, test: list[Example] | None = None, checks: Checks = CHECKS
) -> dict[str, int]:
    """How many findings of each check."""
    survey = survey_of((train, validation or [], test or []), inside=checks)
    counts: dict[str, int] = {}
    for one in findings_of_all(Corpus.of(survey, checks, Asked("mine", "task"))):
        counts[one.check.id] = counts.get(one.check.id, 0) + one.count
        assert 1 <= len(one.shown) <= one.count
    return counts


def words(i: int) -> str:
    """Six words that no other number has, and none with a digit."""
    name = "".join(chr(ord("a") + int(digit)) for digit in f"{i:03}")
    return " ".join(f"ask{name}{last}" for last in "uvwxyz")


def many(count: int = 100, beginning: str = "") -> list[Example]:
    """Different in every word."""
    return [chat(beginning + words(i), "say " + words(i)[:6], f"line {i}") for i in range(count)]


def test_good_data_has_no_findings() -> None:
    assert found(many(170)[:100], many(170)[100:120], many(170)[120:]) == {}


def test_nothing_one_and_all_the_same_are_no_accident() -> None:
    assert found([]) == {"size_below_minimum": 1, "size_below_service": 1}
    assert found([chat("a", "b")]) == {"size_below_minimum": 1, "size_below_service": 1}
    assert found([chat("a", "b")] * 100)["duplicate_exact"] == 99


def test_examples_that_are_the_same_but_for_something_are_each_told_once() -> None:
    again = [chat(words(0), "say askaaa"), chat(words(1).replace(" ", "  ").upper(), "say askaab"), chat("ａ" + words(2)[1:], "say askaac")]
    numbers = [chat(f"tell me the price of ticket {n}", "no", "x") for n in (10, 2000)]
    assert found([*many(), *again, *numbers]) == {"duplicate_exact": 1, "duplicate_normalised": 2, "duplicate_numbers": 1}


@pytest.mark.parametrize(
    ("copy", "check"),
    [
        (chat(words(0), "say askaaa"), "leakage_exact"),
        (chat(words(0).upper(), "say askaaa"), "leakage_normalised"),
        (chat(words(0), "other"), "leakage_prompt"),
        (chat("how much is ticket number 7", "other"), "leakage_numbers"),
        (chat(words(0) + " more", "say askaaa"), "leakage_near"),
        (Example((Message("system", "Be kind."), *chat(words(0), "say askaaa").messages), "x"), "leakage_input"),
    ],
)
@pytest.mark.parametrize("split", ["validation", "test"])
def test_what_was_trained_on_is_found_in_the_other_splits(copy: Example, check: str, split: str) -> None:
    assert found([*many(), chat("how much is ticket number 15", "x")], **{split: [copy]})[check] == 1  # type: ignore[arg-type]


def test_chinese_is_compared_by_characters() -> None:
    one, other = (
        chat("我上個星期買的東西還沒有送到，請幫我查詢一下目前物流進度謝謝你", "好的"),
        chat("我上個星期買的東西還沒有送到，請幫我查詢一下目前物流進度謝謝您", "好的"),
    )
    assert found([*many(), one], test=[other])["leakage_near"] == 1


def test_above_a_size_it_is_said_that_near_duplicates_were_not_looked_for() -> None:
    survey = survey_of((many(), [], []), near=False)
    told = [f.check.id for f in findings_of_all(Corpus.of(survey, Checks(near=Near(most_examples=10)), Asked("mine", "task")))]
    assert "near_not_looked_for" in told


def test_one_prompt_with_two_answers_is_a_conflict() -> None:
    assert found([*many(), chat(words(5), "other")])["label_conflict"] == 1


def test_classes_are_judged_where_replies_repeat() -> None:
    train = [chat(e.messages[0].content, "yes" if i < 95 else "no") for i, e in enumerate(many())]
    maybe = chat("quite another question about rain", "maybe")
    assert found(train, [maybe]) == {"label_balance": 1, "label_missing": 2, "label_untaught": 1, "validation_share": 1}


def test_inputs_that_repeat_or_begin_alike_are_few_inputs() -> None:
    assert "diversity_inputs" in found([*many(70), *[chat("again and again", f"say{i}") for i in range(30)]])
    assert found(many(100, "Please answer this question of mine, dear assistant: "))["diversity_beginning"] == 1


def test_the_rank_is_the_digest_that_orders_the_split() -> None:
    plain = (Message("system", 'Be "kind"\n'), Message("user", "你好 \u2028 \\ \x01"))
    named = (Message("user", "hi", name="Ann"),)
    for prompt in (plain, named):
        assert rank_of(prompt, 3) == int(digest(3, [m.said for m in prompt])[:16], 16)


@pytest.mark.parametrize(("jaccard", "recall"), [(0.9, 0.99), (0.8, 0.95)])
def test_planted_near_duplicates_are_found(jaccard: float, recall: float) -> None:
    chance = random.Random(5)
    texts = [[f"w{chance.randrange(50_000)}" for _ in range(80)] for _ in range(1000)]
    planted = [
        [*t[: len(t) - (k := int(len(t) * (1 - jaccard) / (1 + jaccard)))], *(f"n{i}x{j}" for j in range(k))]
        for i, t in enumerate(texts[:200])
    ]
    pairs = near_pairs(Words.of(words_of(" ".join(t)) for t in (*texts, *planted)), 0.8, 5)
    got = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    wanted = {(i, 1000 + i) for i in range(200)}
    assert len(got & wanted) >= recall * 200
    assert got <= wanted


def test_the_tiny_chats_are_clean_but_few() -> None:
    assert set(found(list(chats()))) <= {"size_below_minimum", "duplicate_near", "label_conflict"}
