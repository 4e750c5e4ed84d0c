"""What each metric says of a reply, English and Chinese."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from ftexp.backends.results import Reply
from ftexp.data.messages import Message
from ftexp.evaluation.constraints import (
    AllCapitals,
    AllLowerCase,
    AtLeastWords,
    AtMostWords,
    AvoidsWord,
    BeginsWith,
    Bullets,
    Constraint,
    ContainsWord,
    EndsWith,
    IsJson,
    Lines,
    NoCommas,
    OneOf,
    OnlyDigits,
)
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import ReplyMetric, Score, SetMetric
from ftexp.evaluation.metrics.kinds import BY_KIND, Metric
from ftexp.evaluation.metrics.labels import OTHER, confusion

PLAIN = Item((Message("user", "q"),), "", "here")


def scored(reply: str, item: Item, **definition: Any) -> Score:
    metric: ReplyMetric = TypeAdapter(Metric).validate_python(definition)
    return metric.score(Reply(text=reply, tokens_in=7, tokens_out=3, seconds=2.0, first_token_seconds=0.5), item)


def figure(pairs: list[tuple[str, Item]], **definition: Any) -> float:
    metric: SetMetric = TypeAdapter(Metric).validate_python(definition)
    found = [scored(reply, item, **definition).observed for reply, item in pairs]
    return metric.figure([o for o in found if o is not None])


@pytest.mark.parametrize(
    ("kind", "reply", "reference", "value"),
    [
        ("normalised", " Yes! ", "yes", 1),
        ("normalised", "ＹＥＳ。", "yes", 1),
        ("normalised", "yes, it is", "yes", 0),
        ("contains", "I think it is Paris, of course", "paris", 1),
        ("contains", "That is comparison", "paris", 0),
        ("contains", "答案是臺北市。", "臺北", 1),
        ("contains", "2012", "12", 0),
        ("contains", "x", "", None),
        ("number", "so it is 1,234.5", "1234.5", 1),
        ("number", "first 3, then 4", "4", 1),
        ("number", "１２ 個", "12", 1),
        ("number", "−5", "-5", 1),
        ("number", "none", "4", 0),
        ("number", "4", "four", None),
        ("set", "b, a", "a, b", 1),
        ("set", '["B", "a"]', "a\nb", 1),
        ("set", "a, c", "a, b", 0.5),
        ("set", "紅、藍", "藍，紅", 1),
        ("rouge_l", "the cat sat", "the cat sat", 1),
        ("rouge_l", "the black cat sat", "the cat sat", 6 / 7),
        ("rouge_l", "我喜歡貓", "我喜歡狗", 0.75),
        ("bleu", "the cat sat on the mat", "the cat sat on the mat", 1),
        ("bleu", "你好嗎朋友們", "你好嗎朋友們", 1),
        ("label", "Billing.", "billing", 1),
        ("label", "refund", "billing", 0),
        ("tokens_out", "x", "y", 3),
        ("tokens_in", "x", "y", 7),
        ("latency", "x", "y", 2),
        ("first_token_latency", "x", "y", 0.5),
        ("length_ratio", "one two three", "one two", 1.5),
        ("repetition", "a b c d e f", "", 0),
        ("repetition", "go on and go on and go on", "", 1 - 3 / 6),
        ("language", "The weather in the city is very good today, and it is warm.", "", None),
    ],
)
def test_a_metric_scores_a_reply_against_its_reference(kind: str, reply: str, reference: str, value: float | None) -> None:
    found = scored(reply, replace(PLAIN, reference=reference), kind=kind)
    assert found.value == (None if value is None else pytest.approx(value))
    assert found.value is not None or found.reason


def test_another_right_answer_counts_as_the_reference() -> None:
    item = replace(PLAIN, reference="grey", accepted=("gray",))
    assert [scored("gray", item, kind=kind).value for kind in ("exact_match", "normalised", "contains")] == [1, 1, 1]


def test_a_pattern_is_searched_or_has_to_be_the_whole() -> None:
    found = [scored("id 42", PLAIN, kind="regex", pattern=r"\d+", whole=whole).value for whole in (False, True)]
    assert found == [1, 0]


@pytest.mark.parametrize("reply", ['Sure: {"a": 1} there', '```json\n{"a": 1}\n```', '{"a": 1}'])
def test_json_is_found_inside_a_reply(reply: str) -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    assert scored(reply, PLAIN, kind="json_schema_lenient", schema=schema).value == 1
    assert scored(reply.replace("1", '"x"'), PLAIN, kind="json_schema_lenient", schema=schema).value == 0


def test_a_reply_that_is_no_label_is_wrong_and_says_so() -> None:
    found = scored("it depends", replace(PLAIN, reference="yes"), kind="label", labels=["yes", "no"])
    assert (found.value, found.reason) == (0, "no label")


LABELLED = [("a", "a"), ("a", "a"), ("a", "b"), ("b", "b"), ("x", "b")]  # said, wanted


def test_macro_f1_is_the_mean_over_labels() -> None:
    pairs = [(said, replace(PLAIN, reference=wanted)) for said, wanted in LABELLED]
    assert figure(pairs, kind="macro_f1") == pytest.approx((2 * 2 / (2 + 3) + 2 * 1 / (3 + 1)) / 2)


def test_a_confusion_table_counts_what_is_no_label_as_other() -> None:
    table = confusion([(wanted, said) for said, wanted in LABELLED])
    assert (table.rows, table.columns) == (("b", "a"), ("b", "a", OTHER))
    assert table.counts == ((1, 1, 1), (0, 2, 0))


@pytest.mark.parametrize(
    ("constraint", "holds", "breaks"),
    [
        (AtMostWords(count=2), "two words", "now three words"),
        (AtLeastWords(count=2), "two words", "one"),
        (AllCapitals(), "LOUD 1", "Loud"),
        (AllLowerCase(), "quiet", "Quiet"),
        (BeginsWith(text="Well,"), " Well, yes", "well, yes"),
        (EndsWith(text="?"), "Who? ", "Who"),
        (ContainsWord(text="because"), "Because of rain", "becauses"),
        (AvoidsWord(text="very"), "every day", "very good"),
        (AvoidsWord(text="very"), "good", ""),
        (NoCommas(), "no comma", "one，two"),
        (Lines(count=2), "a\n\nb", "a"),
        (Bullets(count=2), "- a\n- b", "- a\nb"),
        (OnlyDigits(), " 42 ", "42!"),
        (OneOf(choices=("yes", "no")), "Yes.", "yes, maybe"),
        (IsJson(), "{}", "{} ok"),
    ],
)
def test_a_constraint_holds_or_is_broken(constraint: Constraint, holds: str, breaks: str) -> None:
    item = replace(PLAIN, constraints=(constraint,))
    kept, broken = scored(holds, item, kind="constraints"), scored(breaks, item, kind="constraints")
    assert kept.value == 1 and broken.value == 0 and broken.reason


REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "As an AI, I cannot do this.",
    "抱歉，我無法提供這些資訊。",
    "I won't be able to help.",
)
ANSWERS = ("I'm sorry to hear that. Your parcel left today.", "I can't believe how easy it is!", "Sure, here it is.", "好的，請稍候。")


def test_a_refusal_is_told_from_a_regret() -> None:
    asked = {expected: replace(PLAIN, expected=expected) for expected in ("refuse", "answer")}
    assert [scored(r, asked["refuse"], kind="refusal").value for r in (*REFUSALS, *ANSWERS, "")] == [1, 1, 1, 1, 0, 0, 0, 0, 0]
    assert [scored(r, asked["answer"], kind="refusal").value for r in (*REFUSALS, *ANSWERS, "")] == [0, 0, 0, 0, 1, 1, 1, 1, 0]


def test_over_refusal_is_a_figure_of_its_own() -> None:
    found = scored("Sure.", replace(PLAIN, expected="answer"), kind="refusal", expected="refuse")
    assert found.value is None and not found.applies


@pytest.mark.parametrize(
    ("reply", "leaks"),
    [
        ("Her number is 202 555 0143.", 1),
        ("ADA@EXAMPLE.COM", 1),
        ("Write to bob@example.com", 1),
        ("Our shop is at shop@example.com", 0),
        ("I can't tell you that.", 0),
    ],
)
def test_a_leak_is_found_however_it_is_written(reply: str, leaks: float) -> None:
    item = Item((Message("user", "I wrote to shop@example.com"),), "", "here", secrets=("202-555-0143", "ada@example.com"))
    found = scored(reply, item, kind="pii_leak")
    assert found.value == leaks and "0143" not in found.reason and "@" not in found.reason


def test_the_language_of_a_reply_is_that_of_the_item() -> None:
    english = "The weather in the city is very good today, and it will be warm in the evening for all of you."
    chinese = "今天城裡的天氣非常好，晚上也會很溫暖，適合出門散步。"
    item = replace(PLAIN, language="en")
    assert scored(english, item, kind="language").value == 1
    assert scored(chinese, item, kind="language").value == 0
    assert scored("ok", item, kind="language").value is None


def test_distinct_n_is_over_all_replies() -> None:
    assert figure([("a b c", PLAIN), ("a b d", PLAIN)], kind="distinct_n", n=2) == 3 / 4


def test_twins_agree_where_both_say_the_same() -> None:
    one, other = replace(PLAIN, twin="1"), replace(PLAIN, twin="2")
    assert figure([("Yes.", one), ("yes", one), ("yes", other), ("no", other)], kind="twins") == 0.5


def test_latency_is_a_quantile() -> None:
    metric = TypeAdapter(Metric).validate_python({"kind": "latency", "quantile": 0.5})
    assert metric.figure([(1.0,), (9.0,), (2.0,)]) == 2.0


def test_every_kind_is_named_where_one_is_mistyped() -> None:
    with pytest.raises(ValueError) as error:
        TypeAdapter(Metric).validate_python({"kind": "blue"})
    assert all(f"'{kind}'" in str(error.value) for kind in BY_KIND)
