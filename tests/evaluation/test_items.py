from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import chat, chats

from ftexp.data.messages import Example, Message
from ftexp.evaluation.items import items_of, prompts_by_subject, shown_examples, with_examples

SYSTEM, ASKED = Message("system", "Be brief."), Message("user", "When?")


def test_an_item_asks_all_but_the_last_message_and_keeps_that_as_reference() -> None:
    turns = (Message("user", "a"), Message("assistant", "b"), Message("user", "c"), Message("assistant", "d"))
    [item] = items_of((Example(turns, "line 1"),))
    assert (item.prompt, item.reference, item.origin) == (turns[:3], "d", "line 1")


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 10))
def test_the_shown_examples_are_the_same_whatever_the_order_of_the_file(random: Random, k: int) -> None:
    train = chats(30)
    assert shown_examples(tuple(random.sample(train, len(train))), k) == shown_examples(train, k)


def test_more_examples_begin_with_the_fewer() -> None:
    assert shown_examples(chats(30), 5)[:3] == shown_examples(chats(30), 3)
    assert len(shown_examples(chats(2), 5)) == 2


def test_no_reply_is_shown_twice_before_every_other_was() -> None:
    train = tuple(chat(f"question {n}", "rare" if n == 40 else ("often", "usual")[n % 2]) for n in range(50))
    replies = [e.reference for e in shown_examples(train, 6)]
    assert sorted(replies[:3]) == ["often", "rare", "usual"]
    assert sorted(replies[3:5]) == ["often", "usual"]


@pytest.mark.parametrize("own", [(), (SYSTEM,)])
def test_examples_stand_between_the_system_message_and_the_question(own: tuple[Message, ...]) -> None:
    shown = Example((Message("system", "Another."), Message("user", "q"), Message("assistant", "a")), "line 1")
    assert with_examples((*own, ASKED), (shown,)) == (*own, Message("user", "q"), Message("assistant", "a"), ASKED)


def test_base_and_tuned_are_asked_the_same_and_few_shot_more() -> None:
    items, train = items_of(chats(4)), chats(30)[10:]
    prompts = prompts_by_subject(items, train, few_shot=2)
    assert prompts["base"] == prompts["tuned"] == tuple(item.prompt for item in items)
    assert [len(p) for p in prompts["few_shot"]] == [5] * 4
    assert all(p[-1:] == item.prompt for p, item in zip(prompts["few_shot"], items, strict=True))


def test_without_examples_there_is_no_few_shot_row() -> None:
    assert list(prompts_by_subject(items_of(chats(2)), chats(9), few_shot=0)) == ["base", "tuned"]
