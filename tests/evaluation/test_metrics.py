from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ftexp.backends.results import Reply
from ftexp.data.messages import Message
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import ReplyMetric, Score
from ftexp.evaluation.metrics.equal import ExactMatch
from ftexp.evaluation.metrics.overlap import Chrf, TokenF1
from ftexp.evaluation.metrics.structured import JsonField, JsonSchema

EXACT = ExactMatch(kind="exact_match")
CHRF = Chrf(kind="chrf")
TOKEN_F1 = TokenF1(kind="token_f1")
FIELD = JsonField(kind="json_field", field="a")


def score(metric: ReplyMetric, reply: str, reference: str) -> Score:
    return metric.score(Reply(text=reply, tokens_in=1, tokens_out=1), Item((Message("user", "q"),), reference, "here"))


def value(metric: ReplyMetric, reply: str, reference: str) -> float | None:
    return score(metric, reply, reference).value


@pytest.mark.parametrize(
    ("reply", "reference"),
    [
        ("yes", " yes\n"),
        ('{"b": 1, "a": [2, null]}', '{"a":[2,null],"b":1}'),
        ("1.0", "1"),
        ("NaN", "NaN"),
        ("{not json", "{not json"),
        ('"訂單"', '"\\u8a02\\u55ae"'),
    ],
)
def test_exact_match_takes_equal_text_and_equal_json(reply: str, reference: str) -> None:
    assert score(EXACT, reply, reference) == Score(value=1.0)


@pytest.mark.parametrize(
    ("reply", "reference"),
    [
        ("Yes", "yes"),
        ("yes.", "yes"),
        ('"yes"', "yes"),
        ('{"a": 1}', '{"a": 1, "b": 2}'),
        ('{"a": 1} ok', '{"a": 1}'),
        ("[1, 2]", "[2, 1]"),
        ("[1, 2]", "[1]"),
        ('{"a": true}', '{"a": 1}'),
        ("[0]", "[false]"),
        ('{"a": 1}', '{"a": "1"}'),
        ("", "yes"),
    ],
)
def test_exact_match_takes_nothing_else(reply: str, reference: str) -> None:
    assert score(EXACT, reply, reference) == Score(value=0.0, reason="differs from the reference")


SCHEMA = JsonSchema(
    kind="json_schema",
    schema={"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False},
)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ('{"a": 1}', ""),
        (' {"a": 1}\n', ""),
        ('{"a": true}', "True is not of type 'integer'"),
        ("{}", "'a' is a required property"),
        ('{"a": 1, "b": 2}', "Additional properties are not allowed ('b' was unexpected)"),
        ("[]", "[] is not of type 'object'"),
        ('Here it is: {"a": 1}', "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ('```json\n{"a": 1}\n```', "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("", "not JSON: Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_the_whole_reply_is_json_of_the_schema_or_it_says_what_is_wrong(reply: str, reason: str) -> None:
    assert score(SCHEMA, reply, "") == Score(value=0.0 if reason else 1.0, reason=reason)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ('{"a": null, "b": 7}', ""),
        ('{"a": "x"}', "found 'x', expected None"),
        ('{"a": false}', "found False, expected None"),
        ('{"b": null}', "no field a"),
        ("[null]", "no field a"),
        ("no json", "no field a"),
    ],
)
def test_a_field_equals_that_of_the_reference_or_it_says_what_it_found(reply: str, reason: str) -> None:
    assert score(FIELD, reply, '{"a": null}') == Score(value=0.0 if reason else 1.0, reason=reason)


def test_true_is_not_1_in_a_field() -> None:
    assert value(FIELD, '{"a": true}', '{"a": 1}') == 0.0


@pytest.mark.parametrize(
    ("reply", "reference", "wanted"),
    [
        ("The order is late", "the ORDER is late!", 1.0),
        ("a b", "a c", 0.5),
        ("a a a", "a", 0.5),
        ("order", "late", 0.0),
        ("訂單已出貨", "訂單未出貨", 0.8),
        ("訂單 A17 到了", "訂單A17到了", 1.0),
        ("ありがとう", "ありがとう。", 1.0),
        ("ขอบคุณ", "ขอบคุณ", 1.0),
        ("ｏｒｄｅｒ　１", "order 1", 1.0),
        ("...", "!", 1.0),
        ("", "a", 0.0),
        ("a", "...", 0.0),
    ],
)
def test_token_f1_counts_words_and_characters_where_a_script_has_no_spaces(reply: str, reference: str, wanted: float) -> None:
    assert value(TOKEN_F1, reply, reference) == pytest.approx(wanted)


@pytest.mark.parametrize("text", ["Take the train to Tainan.", "請搭火車到臺南"])
def test_chrf_is_1_for_the_same_and_less_the_more_differs(text: str) -> None:
    same, near, far = (value(CHRF, reply, text) for reply in (text, text[:-3], "zzz"))
    assert same == pytest.approx(1.0) and far == 0.0
    assert near is not None and 0 < near < 1


@settings(deadline=None)
@given(st.text(), st.text())
@pytest.mark.parametrize("metric", [EXACT, SCHEMA, CHRF, TOKEN_F1], ids=lambda metric: metric.kind)
def test_every_reply_has_a_score_from_0_to_1(metric: Any, reply: str, reference: str) -> None:
    found = value(metric, reply, reference)
    assert found is not None and 0 <= found <= 1 + 1e-9


@settings(deadline=None)
@given(st.text(), st.text())
def test_token_f1_does_not_care_which_is_the_reference(one: str, other: str) -> None:
    assert value(TOKEN_F1, one, other) == value(TOKEN_F1, other, one)


def test_a_reply_nested_beyond_reason_is_wrong_and_not_a_crash() -> None:
    bottomless = "[" * 100_000
    assert value(EXACT, bottomless, "[]") == 0
    assert value(JsonSchema(kind="json_schema", schema={}), bottomless, "[]") == 0


def test_what_is_no_json_schema_is_refused_before_anything_is_trained() -> None:
    with pytest.raises(ValidationError, match="not a JSON schema"):
        JsonSchema(kind="json_schema", schema={"type": 5})
