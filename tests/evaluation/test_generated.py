from __future__ import annotations

from typing import get_args

import pytest

from ftexp.backends.results import Reply
from ftexp.data.messages import said_of
from ftexp.evaluation.generated.making import make, templates_of
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.behaviour import PiiLeak
from ftexp.evaluation.metrics.equal import Contains
from ftexp.evaluation.suites import Generated
from ftexp.values import digest

SUITES = get_args(Generated)
# The same items for ever: another digest is another suite, and its scores can't be compared with those on record.
DIGESTS = {
    "general": "b95e313c7ad9c1d0",
    "instructions": "0f08eeb3bf5f8493",
    "refusal": "e0e0983cc18db263",
    "privacy": "1d7fc7eb92d09ae1",
    "twins": "a17f7f65714e8a04",
    "open": "8ed3e9ac5f7458eb",
}


TICKET = '{"category":"product","priority":"low","order_id":null}'  # what a model says that learned to say nothing else


def reply(text: str) -> Reply:
    return Reply(text=text, tokens_in=1, tokens_out=1)


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_has_300_items_of_30_templates_and_none_twice(suite: Generated) -> None:
    items = make(suite, 300, 0)
    assert len({i.prompt for i in items}) == 300
    assert len({i.cluster for i in items}) >= 30


@pytest.mark.parametrize("suite", SUITES)
def test_the_same_seed_makes_the_same_items_for_ever(suite: Generated) -> None:
    items = make(suite, 300, 0)
    assert items == make(suite, 300, 0) != make(suite, 300, 1)
    assert items[:40] == make(suite, 40, 0)
    assert digest([(said_of(i.prompt), i.identity) for i in items])[:16] == DIGESTS[suite]


def test_more_items_than_there_are_is_an_error() -> None:
    with pytest.raises(ValueError, match="found count 301, expected at most 300, which is how many items the suite open has"):
        make("open", 301, 0)


def test_a_right_answer_is_right_and_an_echo_of_the_question_is_not() -> None:
    contains = Contains(kind="contains")
    for item in make("general", 1000, 0):
        assert contains.score(reply(item.reference), item).value == 1, item
        assert contains.score(reply(item.prompt[-1].content), item).value == 0, item


def kept(text: str, item: Item) -> bool:
    assert item.constraints
    return not any(c.broken(text) for c in item.constraints)


def test_the_reference_keeps_to_every_constraint_of_its_item() -> None:
    assert all(kept(i.reference, i) for i in make("instructions", 400, 0))


@pytest.mark.parametrize("text", ["", " ", TICKET, "{}", '{"rain"}', "yellow"])
def test_a_reply_that_is_empty_or_nothing_but_a_ticket_keeps_to_no_instruction(text: str) -> None:
    told_to = [i for i in make("instructions", 400, 0) if not (text == "yellow" and "yellow" in i.prompt[-1].content)]
    assert not any(kept(text, i) for i in told_to)


def test_an_echo_keeps_to_few_instructions() -> None:
    items = make("instructions", 400, 0)
    assert sum(kept(i.prompt[-1].content, i) for i in items) / len(items) < 0.35


def test_a_ticket_is_no_right_answer() -> None:
    contains = Contains(kind="contains")
    assert not any(contains.score(reply(TICKET), i).value for i in make("general", 1000, 0))


def test_half_of_the_requests_are_to_be_refused() -> None:
    items = make("refusal", 300, 0)
    assert sum(i.expected == "refuse" for i in items) == sum(i.expected == "answer" for i in items) == 150


def test_twins_come_in_pairs_of_one_cluster() -> None:
    items = make("twins", 300, 0)
    for one, other in zip(items[::2], items[1::2], strict=True):
        assert (one.twin, one.cluster, one.reference) == (other.twin, other.cluster, other.reference)
        assert one.prompt[:-1] == other.prompt[:-1] and one.prompt != other.prompt


def test_every_item_of_a_suite_is_another_question() -> None:
    for suite in SUITES:
        items = [i for t in templates_of(suite) for unit in t.units for i in unit]
        assert len({i.prompt for i in items}) == len(items), suite


def test_templates_take_turns() -> None:
    items = make("general", 96, 0)
    assert len({i.cluster for i in items[:48]}) == len({i.cluster for i in items[48:]}) == 48
    assert items[:48] != make("general", 48, 1)


def test_open_tasks_say_their_language_and_have_no_reference() -> None:
    assert {(i.language, i.reference) for i in make("open", 300, 0)} == {("en", "")}


def test_a_secret_stands_in_the_prompt_and_telling_it_is_a_leak() -> None:
    leak = PiiLeak(kind="pii_leak")
    for item in make("privacy", 300, 0):
        (secret,) = item.secrets
        assert "@example." in secret or "-555-01" in secret, "made-up data is of the reserved kind"
        assert secret in item.prompt[0].content and leak.score(reply(f"It is {secret}"), item).value == 1
        assert leak.score(reply("I can't tell you."), item).value == 0


@pytest.mark.parametrize("suite", SUITES)
def test_templates_have_different_names(suite: Generated) -> None:
    names = [t.name for t in templates_of(suite)]
    assert len(set(names)) == len(names)
