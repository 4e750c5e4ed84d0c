from __future__ import annotations

from typing import get_args

import pytest

from ftexp.backends.results import Reply
from ftexp.data.messages import said_of
from ftexp.evaluation.generated.making import make, templates_of
from ftexp.evaluation.metrics.behaviour import PiiLeak
from ftexp.evaluation.metrics.equal import Contains
from ftexp.evaluation.suites import Generated
from ftexp.values import digest

SUITES = get_args(Generated)
# The same items for ever: another digest is another suite, and its scores can't be compared with those on record.
DIGESTS = {
    "general": "aac14d07182c8634",
    "instructions": "40f1f0407143c35b",
    "refusal": "e0e0983cc18db263",
    "privacy": "1d7fc7eb92d09ae1",
    "twins": "274263abcb738576",
    "open": "46ee3756d13ebc37",
}


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
    with pytest.raises(ValueError, match="expected at most"):
        make("open", 100_000, 0)


def test_a_right_answer_is_right_and_an_echo_of_the_question_is_not() -> None:
    contains = Contains(kind="contains")
    for item in make("general", 1000, 0):
        assert contains.score(reply(item.reference), item).value == 1, item
        assert contains.score(reply(item.prompt[-1].content), item).value == 0, item


def test_every_instruction_has_constraints_that_an_echo_does_not_keep() -> None:
    items = make("instructions", 400, 0)
    assert all(i.constraints for i in items)
    echoes = [not any(c.broken(i.prompt[-1].content) for c in i.constraints) for i in items]
    assert sum(echoes) / len(items) < 0.35, "an echo keeps few of them"


def test_half_of_the_requests_are_to_be_refused() -> None:
    items = make("refusal", 300, 0)
    assert sum(i.expected == "refuse" for i in items) == sum(i.expected == "answer" for i in items) == 150


def test_twins_come_in_pairs_of_one_cluster() -> None:
    items = make("twins", 300, 0)
    for one, other in zip(items[::2], items[1::2], strict=True):
        assert one.twin == other.twin and one.cluster == other.cluster and one.prompt != other.prompt


def test_a_secret_stands_in_the_prompt_and_telling_it_is_a_leak() -> None:
    leak = PiiLeak(kind="pii_leak")
    for item in make("privacy", 300, 0):
        (secret,) = item.secrets
        assert secret in item.prompt[0].content and leak.score(reply(f"It is {secret}"), item).value == 1
        assert leak.score(reply("I can't tell you."), item).value == 0


@pytest.mark.parametrize("suite", SUITES)
def test_templates_have_different_names(suite: Generated) -> None:
    names = [t.name for t in templates_of(suite)]
    assert len(set(names)) == len(names)
