from __future__ import annotations

import json
from collections import Counter

import pytest
from tiny import chat, chats

from ftexp.augmentation.answers import is_right, known_of, written_as
from ftexp.augmentation.negatives import CALLS, KINDS, NONE, NegativeKind, make_negatives, pairs_to_judge_by, prompt_digest
from ftexp.augmentation.rows import Made
from ftexp.data.builtin import customer_service_zh, support_tickets
from ftexp.data.jsonl import judged_line
from ftexp.data.messages import Example, Message, ToolCall
from ftexp.evaluation.metrics.parsing import normalised, same_json
from ftexp.validation.checks import Labels

TICKETS, SERVICE = support_tickets.splits(), customer_service_zh.splits()
SENTIMENTS = tuple(chat(f"Is number {n} good, bad or neither?", ("good", "bad", "neither")[n % 3]) for n in range(60))


def negatives(data: tuple[Example, ...], *kinds: NegativeKind, copies: int = 1, seed: int = 0) -> Made:
    return make_negatives(data, known_of(data, data, Labels()), kinds or KINDS, {}, 1.0, copies, seed)


def wrong_and_right(made: Made) -> list[tuple[str, str]]:
    return [(row.example.rejected.content, e.reference) for e, row in made.pairs if row.example.rejected]


@pytest.mark.parametrize("data", [TICKETS.train, SERVICE.train, SENTIMENTS, chats()], ids=["json", "chinese", "labels", "text"])
def test_no_wrong_answer_is_the_right_one_however_it_is_typed(data: tuple[Example, ...]) -> None:
    pairs = wrong_and_right(negatives(data, copies=3))
    assert len(pairs) > 1.9 * len(data)
    assert not any(normalised(wrong) == normalised(right) or same_json(wrong, right) or not wrong.strip() for wrong, right in pairs)


@pytest.mark.parametrize("data", [TICKETS.train, SERVICE.train, SENTIMENTS], ids=["json", "chinese", "labels"])
def test_every_row_reads_as_a_preference_pair(data: tuple[Example, ...]) -> None:
    made = negatives(data)
    read = [judged_line(row.line.encode(), "x", "dpo") for row in made.rows]
    assert all(line.example and not line.findings for line in read)
    assert [line.example.said for line in read if line.example] == [row.example.said for row in made.rows]


def test_kinds_that_apply_come_equally_often() -> None:
    assert Counter(how for row in negatives(TICKETS.train).rows for how in row.provenance.how) == {kind: 60 for kind in KINDS[:-1]}
    assert {how for row in negatives(SERVICE.train).rows for how in row.provenance.how} == set(KINDS[1:-1])
    assert {how for row in negatives(SENTIMENTS).rows for how in row.provenance.how} == {"wrong_label", "broken_format"}


def test_a_wrong_label_is_another_one_of_the_data() -> None:
    assert {wrong for wrong, _ in wrong_and_right(negatives(SENTIMENTS, "wrong_label"))} == {"good", "bad", "neither"}
    for wrong, right in wrong_and_right(negatives(TICKETS.train, "wrong_label")):
        one, other = json.loads(wrong), json.loads(right)
        (key,) = [key for key in other if one[key] != other[key]]
        assert key in ("category", "priority") and list(one) == list(other) and '": ' not in wrong


def test_a_false_detail_changes_a_number_an_id_or_a_day_and_nothing_else() -> None:
    for wrong, right in wrong_and_right(negatives(TICKETS.train, "false_detail")):
        assert {**json.loads(wrong), "order_id": 0} == {**json.loads(right), "order_id": 0}
    for wrong, right in wrong_and_right(negatives(SERVICE.train, "false_detail")):
        assert len(wrong) == len(right) and 1 <= sum(a != b for a, b in zip(wrong, right, strict=True)) <= 2


def test_another_answer_is_one_of_the_data_about_this_customers_order() -> None:
    data = (
        chat("我想取消訂單 ABC123。", "訂單 ABC123 已經為您取消，款項五天內退回。"),
        chat("我想追蹤訂單 XYZ789。", "XYZ789 目前在高雄的倉庫，後天送到府上。"),
    )
    assert wrong_and_right(negatives(data, "another_answer"))[0][0] == "ABC123 目前在高雄的倉庫，後天送到府上。"


def test_a_broken_format_is_no_json_any_more_or_lacks_a_key() -> None:
    seen = set()
    for wrong, right in wrong_and_right(negatives(TICKETS.train, "broken_format")):
        try:
            found = json.loads(wrong)
        except ValueError:
            seen.add("around" if right in wrong else "quotes" if wrong.startswith("{'") else "cut")
        else:
            seen.add("key")
            assert set(found) < set(json.loads(right))
    assert seen == {"around", "quotes", "cut", "key"}
    assert all(right in wrong for wrong, right in wrong_and_right(negatives(SENTIMENTS, "broken_format")))


def test_same_seed_same_bytes() -> None:
    lines = [[row.line for row in negatives(SERVICE.train, seed=seed).rows] for seed in (3, 3, 4)]
    assert lines[0] == lines[1] != lines[2]


def test_an_answer_that_is_right_in_another_row_is_no_wrong_one() -> None:
    """One question, two right answers."""
    data = (chat("Where is it?", "good"), chat("where is it?", "bad"), *SENTIMENTS)
    known = known_of(data, data, Labels())
    assert is_right("Bad.", data[0], known) and not is_right("neither", data[0], known)
    made = make_negatives(data[:2], known, ["wrong_label"], {}, 1.0, 1, 0)
    assert [wrong for wrong, _ in wrong_and_right(made)] == ["neither", "neither"]


def test_own_mistakes_are_taken_where_there_are_some() -> None:
    data = chats(12)
    found = {prompt_digest(data[0].prompt): ["I don't know."], prompt_digest(data[1].prompt): [data[1].reference]}
    made = make_negatives(data, known_of(data, data, Labels()), ["own_mistake"], found, 1.0, 1, 0)
    assert wrong_and_right(made) == [("I don't know.", data[0].reference)] and made.refused == {NONE: 11}


def test_an_answer_that_calls_tools_is_left_out_and_weights_are_no_part_of_a_pair() -> None:
    calls = Example((Message("user", "x"), Message("assistant", "", tool_calls=(ToolCall("1", "f", "{}"),))), "x")
    turns = (Message("user", "a"), Message("assistant", "b", weight=0), Message("user", "c"), Message("assistant", "a long enough answer"))
    made = negatives((calls, Example(turns, "y")), "broken_format")
    assert made.refused == {CALLS: 1} and "weight" not in made.rows[0].line


def test_each_held_out_example_keeps_its_question_and_right_answer() -> None:
    known = known_of(SERVICE.train, SERVICE.test, Labels())
    made = pairs_to_judge_by(SERVICE.test, "test", known, ["false_detail"], {}, 0)
    assert [row.example.messages for row in made.rows] == [e.messages for e in SERVICE.test]
    assert {how for row in made.rows for how in row.provenance.how} == {"false_detail", "broken_format"}


def test_training_pairs_hold_no_text_of_what_is_held_out() -> None:
    held_out = {e.reference for e in (*SERVICE.validation, *SERVICE.test)} - {e.reference for e in SERVICE.train}
    assert not held_out & {wrong for wrong, _ in wrong_and_right(negatives(SERVICE.train, "another_answer", copies=3))}


@pytest.mark.parametrize("reply", ['{"a":1,"b":"é"}', '{"a": 1, "b": "é"}', '{\n  "a": 1,\n  "b": "\\u00e9"\n}'])
def test_json_is_written_as_the_data_writes_it(reply: str) -> None:
    assert written_as(reply, json.loads(reply)) == reply
