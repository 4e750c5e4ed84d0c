from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations

import pytest

from ftexp.data.builtin import customer_service_zh, support_tickets
from ftexp.data.messages import Example, Splits

SIMPLIFIED = "们这\u4e2a订单请问谢货发为时间会员码"
DATASETS = [support_tickets.splits, customer_service_zh.splits]


def parts(splits: Splits) -> list[tuple[Example, ...]]:
    return [splits.train, splits.validation, splits.test]


def every_example(splits: Splits) -> list[Example]:
    return [example for part in parts(splits) for example in part]


def user_text(example: Example) -> str:
    return "\n".join(message.content for message in example.messages if message.role == "user")


def tickets(part: tuple[Example, ...]) -> list[dict[str, str | None]]:
    return [json.loads(example.reference) for example in part]


def sha256(splits: Splits) -> str:
    said = {name: [(e.origin, e.said) for e in getattr(splits, name)] for name in ("train", "validation", "test")}
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@pytest.mark.parametrize(
    ("splits", "sizes"), [(support_tickets.splits, [240, 48, 120]), (customer_service_zh.splits, [120, 24, 40])], ids=["tickets", "zh"]
)
def test_the_splits_have_the_documented_sizes(splits: Callable[[], Splits], sizes: list[int]) -> None:
    assert [len(part) for part in parts(splits())] == sizes


@pytest.mark.parametrize(
    ("splits", "digest"),
    [
        (support_tickets.splits, "e44e25eb7d78727cb789ab7c79cb907baf1f01604482a94d18aebd88639b37af"),
        (customer_service_zh.splits, "13d044594db9841fabb534a1ee5a020945cff36d58f8d238a400e44d3ef76a0b"),
    ],
    ids=["tickets", "zh"],
)
def test_the_examples_are_the_same_bytes_each_time(splits: Callable[[], Splits], digest: str) -> None:
    assert sha256(splits()) == digest
    assert sha256(splits()) == digest


@pytest.mark.parametrize("splits", DATASETS, ids=["tickets", "zh"])
def test_no_user_message_appears_twice_anywhere(splits: Callable[[], Splits]) -> None:
    messages = Counter(message.content for example in every_example(splits()) for message in example.messages if message.role == "user")
    assert messages.most_common(1)[0][1] == 1


@pytest.mark.parametrize("splits", DATASETS, ids=["tickets", "zh"])
def test_a_conversation_is_a_system_message_then_user_and_assistant_in_turn(splits: Callable[[], Splits]) -> None:
    for example in every_example(splits()):
        roles = [message.role for message in example.messages]
        assert roles == ["system"] + ["user", "assistant"] * (len(roles) // 2), example.origin


@pytest.mark.parametrize("splits", DATASETS, ids=["tickets", "zh"])
def test_no_slot_of_a_phrase_is_left_unfilled(splits: Callable[[], Splits]) -> None:
    for example in every_example(splits()):
        assert all("{" not in message.content for message in example.prompt), example.origin
        assert "None" not in user_text(example), example.origin


def test_the_origin_says_dataset_split_and_position() -> None:
    assert support_tickets.splits().train[16].origin == "support_tickets train 17"
    assert customer_service_zh.splits().test[0].origin == "customer_service_zh test 1"


@pytest.mark.parametrize(("part", "in_category", "in_priority"), [("train", 48, 80), ("test", 24, 40)])
def test_ticket_labels_are_balanced(part: str, in_category: int, in_priority: int) -> None:
    labels = tickets(getattr(support_tickets.splits(), part))
    assert Counter(ticket["category"] for ticket in labels) == dict.fromkeys(support_tickets.CATEGORIES, in_category)
    assert Counter(ticket["priority"] for ticket in labels) == dict.fromkeys(support_tickets.PRIORITIES, in_priority)


def test_validation_labels_are_nearly_balanced() -> None:
    labels = tickets(support_tickets.splits().validation)
    assert set(Counter(ticket["category"] for ticket in labels).values()) == {9, 12}
    assert set(Counter(ticket["priority"] for ticket in labels).values()) == {16}


def test_every_reference_is_a_canonical_ticket_within_the_label_sets() -> None:
    for example in every_example(support_tickets.splits()):
        ticket = json.loads(example.reference)
        assert list(ticket) == ["category", "priority", "order_id"]
        assert ticket["category"] in support_tickets.CATEGORIES
        assert ticket["priority"] in support_tickets.PRIORITIES
        assert example.reference == json.dumps(ticket, separators=(",", ":"))


def test_the_order_id_is_in_the_message_or_there_is_none() -> None:
    for example in every_example(support_tickets.splits()):
        order_id = json.loads(example.reference)["order_id"]
        if order_id is None:
            assert not any(character.isdigit() for character in user_text(example)), example.origin
        else:
            assert order_id in user_text(example), example.origin


def test_a_quarter_of_the_tickets_of_every_priority_has_no_order_id() -> None:
    for part in parts(support_tickets.splits()):
        without = Counter(ticket["priority"] for ticket in tickets(part) if ticket["order_id"] is None)
        assert set(without.values()) == {len(part) // 12}


def phrases_by_kind(phrases: support_tickets.Phrases) -> Iterator[tuple[str, str]]:
    for kind in ("items", "openers", "danger_cues", "order_phrases", "no_order_phrases"):
        yield from ((kind, phrase) for phrase in getattr(phrases, kind) if phrase)
    yield from (("scenario", scenario) for scenarios in phrases.scenarios.values() for scenario in scenarios)
    yield from (("cue", cue) for cues in phrases.cues.values() for cue in cues)


def test_ticket_splits_share_no_scenario_opener_or_phrasing() -> None:
    pools = [set(phrases_by_kind(phrases)) for phrases in support_tickets.read_phrases().values()]
    assert len(pools) == 3
    for one, other in combinations(pools, 2):
        assert not one & other


def test_no_ticket_phrase_is_listed_twice() -> None:
    for phrases in support_tickets.read_phrases().values():
        assert max(Counter(phrases_by_kind(phrases)).values()) == 1


def test_no_order_id_is_given_twice() -> None:
    order_ids = [ticket["order_id"] for part in parts(support_tickets.splits()) for ticket in tickets(part) if ticket["order_id"]]
    assert len(order_ids) == len(set(order_ids))


def test_chinese_splits_share_no_scenario() -> None:
    scenarios = customer_service_zh.read_phrases().scenarios
    asks = [ask for part in scenarios.values() for scenario in part for ask in scenario.asks]
    answers = [scenario.answer for part in scenarios.values() for scenario in part]
    assert len(asks) == len(set(asks))
    assert len(answers) == len(set(answers))


def test_chinese_texts_are_in_traditional_characters() -> None:
    for example in every_example(customer_service_zh.splits()):
        text = "".join(message.content for message in example.messages)
        assert not set(text) & set(SIMPLIFIED), example.origin
        text.encode("big5")  # the Taiwanese character set lacks nearly all simplified forms


def test_a_third_of_the_chinese_dialogues_has_two_turns() -> None:
    for part in parts(customer_service_zh.splits()):
        multi_turn = sum(len(example.messages) == 5 for example in part)
        assert 0.3 < multi_turn / len(part) < 0.4


def test_a_two_turn_answer_names_the_order_that_the_customer_gave() -> None:
    for example in every_example(customer_service_zh.splits()):
        if len(example.messages) == 5:
            order = example.reference.split("訂單 ")[1].split()[0]
            assert order in example.messages[3].content
