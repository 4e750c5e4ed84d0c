"""The metrics that compare a reply's text with a reference: what each takes for right, in English and Chinese, and hostile replies."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from sacrebleu import corpus_bleu

from ftexp.backends.results import Reply
from ftexp.data.messages import Message
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import MeasuredMetric, ReplyMetric, Score, SetMetric
from ftexp.evaluation.metrics.kinds import BY_KIND, Metric
from ftexp.evaluation.metrics.labels import OTHER, MacroF1, confusion


def metric(kind: str, **fields: Any) -> Any:
    return TypeAdapter(Metric).validate_python({"kind": kind, **fields})


def judged(metric: ReplyMetric, reply: str, reference: str, *accepted: str) -> Score:
    item = Item((Message("user", "q"),), reference, "here", accepted)
    return metric.score(Reply(text=reply, tokens_in=1, tokens_out=1), item)


def value(metric: ReplyMetric, reply: str, reference: str, *accepted: str) -> float | None:
    return judged(metric, reply, reference, *accepted).value


@pytest.mark.parametrize("kind", ["exact_match", "normalised", "contains", "number", "label", "macro_f1"])
def test_another_accepted_answer_is_right(kind: str) -> None:
    assert value(metric(kind), "42", "7", "8", "42") == 1.0
    assert value(metric(kind), "41", "7", "8", "42") == 0.0


@pytest.mark.parametrize(
    ("reply", "reference", "same"),
    [
        ("Yes.", "yes", True),
        (' "YES!" ', "yes", True),
        ("**Order\n  shipped**", "order shipped", True),
        ("ｙｅｓ", "yes", True),
        ("是。", "是", True),
        ("「已出貨」", "已出貨", True),
        ("STRASSE", "straße", True),
        ("no", "yes", False),
        ("yes, sir", "yes", False),
        ("-5", "5", False),
        ("50%", "50", False),
        ("C#", "C", False),
        ("未出貨", "已出貨", False),
        ("", "yes", False),
    ],
)
def test_normalised_forgives_case_width_spacing_and_outer_punctuation(reply: str, reference: str, same: bool) -> None:
    assert judged(metric("normalised"), reply, reference) == Score(value=float(same), reason="" if same else "differs from the reference")


@pytest.mark.parametrize(
    ("reply", "reference", "there"),
    [
        ("The order is LATE.", "late", True),
        ("The order is later", "late", False),
        ("plate", "late", False),
        ("plate, late", "late", True),
        ("the New  York office", "new york", True),
        ("costs 1,500", "500", False),
        ("costs 1.5", "5", False),
        ("costs 1.5", "1", False),
        ("costs 5.", "5", True),
        ("您的訂單已出貨了", "已出貨", True),
        ("訂單A17到了", "A17", True),
        ("訂單A175到了", "A17", False),
        ("尚未出貨", "已出貨", False),
        ("a" + "\u0301" * 40 + " late", "late", True),
        ("", "late", False),
    ],
)
def test_contains_wants_whole_words_where_a_script_has_spaces(reply: str, reference: str, there: bool) -> None:
    assert judged(metric("contains"), reply, reference) == Score(
        value=float(there), reason="" if there else "the reference isn't in the reply"
    )


@pytest.mark.parametrize("kind", ["normalised", "contains", "number", "set", "rouge_l", "bleu", "label", "macro_f1"])
def test_an_item_without_a_reference_is_unscored_and_not_wrong(kind: str) -> None:
    found = judged(metric(kind), "yes", "")
    assert found.value is None and found.reason.startswith("no ") and found.observed is None


@pytest.mark.parametrize(
    ("reply", "reference", "right"),
    [
        ("2 + 40 makes 42.", "42", True),
        ("42, or rather 41", "42", False),
        ("NT$1,234,567.50", "1234567.5", True),
        ("１，２３４元", "1234", True),
        ("選1，200元", "200", True),
        ("答案是－５", "-5", True),
        ("答案是-5", "-5", True),
        ("−5", "-5", True),
        ("covid-19", "19", True),
        ("3-5", "5", True),
        ("5", "-5", False),
        ("+.50", "0.5", True),
        ("1.5e3", "1500", True),
        ("50 %", "0.5", True),
        ("百分比：５０％", "50%", True),
        ("15 Percent", "15%", True),
        ("50", "50%", False),
        ("42 for order A17", "42", True),
        ("10 m²", "10", True),
        ("1, 2, 3", "3", True),
        ("0.1", "0.10", True),
        ("0.30000000000000004", "0.3", False),
        ("9" * 5000, "9" * 5000, True),
        ("9" * 5000 + "%", "9" * 4998 + ".99", True),
        ("9" * 5000, "9" * 4999 + "8", False),
        ("1e999999", "1e999998", False),
        ("1e99999999999999999999999", "1", False),
        ("forty-two", "42", False),
        ("四十二", "42", False),
        ("", "42", False),
    ],
)
def test_the_last_number_of_a_reply_is_the_references(reply: str, reference: str, right: bool) -> None:
    assert value(metric("number"), reply, reference) == right


def test_a_number_may_be_off_by_the_tolerance_and_no_more() -> None:
    near = metric("number", tolerance=0.1)
    assert value(near, "3.2", "3.1") == 1.0
    assert judged(near, "3.201", "3.1") == Score(value=0.0, reason="found 3.201, expected 3.1")
    assert value(near, "1e99999999999", "-1e99999999999") == value(near, "-1e99999999999", "3") == 0.0


def test_a_reference_without_a_number_leaves_the_item_unscored() -> None:
    assert judged(metric("number"), "42", "many") == Score(value=None, reason="no number in the reference")


@pytest.mark.parametrize(
    ("reply", "reference", "wanted"),
    [
        ("Red, green", "green, red", 1.0),
        ("- red\n- green", '["green", "red"]', 1.0),
        ("紅、綠，藍", "藍\n綠\n紅", 1.0),
        ("紅、綠", "紅、藍", 0.5),
        ("red, red", "red", 1.0),
        ("[1, 2]", "[2, 1]", 1.0),
        ("red", "red, green, blue", 0.5),
        ("", "[]", 1.0),
        ("red", "[]", 0.0),
        ("", "red", 0.0),
    ],
)
def test_set_is_the_f1_of_two_lists_without_order(reply: str, reference: str, wanted: float) -> None:
    assert value(metric("set"), reply, reference) == wanted


def test_set_says_how_many_items_are_missing_and_how_many_too_many() -> None:
    assert judged(metric("set"), "a, x, y", "a, b").reason == "1 of 2 missing, 2 of 3 not expected"


@pytest.mark.parametrize(
    ("reply", "reference", "wanted"),
    [
        ("The cat sat.", "the cat sat", 1.0),
        ("the sat cat", "the cat sat", 2 / 3),
        ("police kill the gunman", "police killed the gunman", 0.75),
        ("訂單已出貨", "訂單未出貨", 0.8),
        ("貨出", "出貨", 0.5),
        ("dog", "cat", 0.0),
        ("", "cat", 0.0),
        ("a " * 2000 + "b", "b " + "a " * 2000, 1999 / 2000),
    ],
)
def test_rouge_l_is_the_longest_common_subsequence_of_the_first_2000_words(reply: str, reference: str, wanted: float) -> None:
    assert value(metric("rouge_l"), reply, reference) == pytest.approx(wanted)


def longest_common(one: str, other: str) -> int:
    row = [0] * (len(other) + 1)
    for a in one:
        before = row[:]
        for at, b in enumerate(other):
            row[at + 1] = before[at] + 1 if a == b else max(before[at + 1], row[at])
    return row[-1]


@settings(deadline=None)
@given(st.text("甲乙丙", min_size=1), st.text("甲乙丙", min_size=1))
def test_rouge_l_is_what_the_textbook_table_gives(one: str, other: str) -> None:
    assert value(metric("rouge_l"), one, other) == pytest.approx(2 * longest_common(one, other) / (len(one) + len(other)))


TRANSLATED = [
    ("The order was shipped to Tainan today.", "The order was sent to Tainan this morning."),
    ("Please wait for three days", "Please wait three days for it"),
    ("您的訂單今天已經寄到臺南", "您的訂單今天早上已經寄往臺南"),
]


@pytest.mark.parametrize(("tokenize", "chosen"), [("auto", "13a"), ("13a", "13a"), ("char", "char")])
def test_bleu_of_all_replies_is_sacrebleus(tokenize: str, chosen: str) -> None:
    bleu, english = metric("bleu", tokenize=tokenize), TRANSLATED[:2]
    observed = [judged(bleu, reply, reference).observed for reply, reference in english]
    wanted = corpus_bleu([r for r, _ in english], [[r for _, r in english]], tokenize=chosen).score / 100
    assert bleu.figure(observed) == pytest.approx(wanted) and 0 < wanted < 1


def test_bleu_parts_chinese_into_characters_by_itself() -> None:
    reply, reference = TRANSLATED[2]
    auto, chinese, western = (value(metric("bleu", tokenize=t), reply, reference) for t in ("auto", "zh", "13a"))
    assert auto == chinese and auto is not None and auto > 0.3 and western == 0.0


@pytest.mark.parametrize("text", ["Two words", "是", "The order was shipped to Tainan."])
def test_bleu_of_the_reference_itself_is_1_however_short_it_is(text: str) -> None:
    assert value(metric("bleu"), text, text) == pytest.approx(1.0)
    assert judged(metric("bleu"), "xyz", text) == Score(
        value=0.0, reason="no word in common", observed=judged(metric("bleu"), "xyz", text).observed
    )


def test_what_bleu_observes_adds_up_to_counts_and_lengths() -> None:
    assert judged(metric("bleu"), "a b c x", "a b c d e").observed == (3.0, 2.0, 1.0, 0.0, 4.0, 3.0, 2.0, 1.0, 4.0, 5.0)


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ('{"a": 1}', ""),
        ('Here it is: {"a": 1}. Anything else?', ""),
        ('結果如下：\n```json\n{"a": 1}\n```\n請查收', ""),
        ('{"b": 2} is wrong\n```\n{"a": 1}\n```', ""),
        ('```\n{"a": 1}', ""),
        ('{oops} {"a": 1}', ""),
        ('{"a": 1, "b": "```\\n[]\\n```"}', ""),
        ('好的 {"a": "一"}', "'一' is not of type 'integer'"),
        ("[1] says so", "[1] is not of type 'object'"),
        ('```python\nprint()\n```\n{"a": 1}', "not JSON: no object or array in the fenced block"),
        ("沒有", "not JSON: no object or array in the reply"),
        ('{"a": 1', "not JSON: no object or array in the reply"),
        ("", "not JSON: no object or array in the reply"),
    ],
)
def test_the_lenient_schema_takes_the_json_out_of_its_wrapping(reply: str, reason: str) -> None:
    assert judged(metric("json_schema_lenient", schema=SCHEMA), reply, "") == Score(value=0.0 if reason else 1.0, reason=reason)


@pytest.mark.parametrize("kind", ["json_schema", "json_schema_lenient"])
def test_a_reply_too_deep_for_a_schema_that_refers_to_itself_is_wrong_and_not_a_crash(kind: str) -> None:
    endless = metric(kind, schema={"items": {"$ref": "#"}})
    assert judged(endless, "[" * 900 + "]" * 900, "") == Score(value=0.0, reason="nested too deeply to be checked")


@pytest.mark.parametrize(
    ("pattern", "reply", "found", "whole"),
    [
        (r"\d{4}-\d{2}-\d{2}", "2026-11-02", True, True),
        (r"\d{4}-\d{2}-\d{2}", "on 2026-11-02.", True, False),
        (r"訂單[A-Z]\d+", "您的訂單A17到了", True, False),
        (r"(?i)^yes\b", "YES, sir", True, False),
        (r"^yes$", "no\nyes", False, False),
        (r"(?m)^yes$", "no\nyes", True, False),
        (r"a|ab", "ab", True, True),
        (r"a*?", "", True, True),
        (r"[^a]a", "ba", True, True),
        (r"(?i)a(?-i:b)", "Ab", True, True),
        (r"(?i)a(?-i:b)", "AB", False, False),
        (r"x", "", False, False),
    ],
)
def test_a_pattern_is_searched_for_or_is_the_whole_reply(pattern: str, reply: str, found: bool, whole: bool) -> None:
    assert value(metric("regex", pattern=pattern), reply, "") == found
    assert value(metric("regex", pattern=pattern, whole=True), reply, "") == whole


PIECES = st.sampled_from(["a", "b", ".", r"\d", r"\w", "[ab1]", "[^a]", r"\b", "^", "$", "(?i:a)", r"\B", "é", "訂"])
PATTERNS = st.recursive(
    PIECES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "*?", "{2,}"])).map(lambda pair: f"({pair[0]}){pair[1]}"),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(PATTERNS, st.text("abA1 \né訂", max_size=6))
def test_a_pattern_matches_what_it_matches_in_python(pattern: str, text: str) -> None:
    assert value(metric("regex", pattern=pattern), text, "") == bool(re.search(pattern, text))
    assert value(metric("regex", pattern=pattern, whole=True), text, "") == bool(re.fullmatch(pattern, text))


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|a)*b", r"(a|aa)+$", r".*a.*a.*b", r"(\w+\s?)*!"])
def test_a_pattern_that_would_take_python_years_has_a_verdict(pattern: str) -> None:
    assert value(metric("regex", pattern=pattern), "a" * 20_000 + "c", "") == (pattern in (r"(a+)+$", r"(a|aa)+$"))


def test_a_pattern_that_takes_too_long_even_so_leaves_the_reply_unscored() -> None:
    slow = metric("regex", pattern="(((a?){300}){300}){300}b")
    assert judged(slow, "a" * 10_000, "") == Score(value=None, reason="the pattern takes too long on this reply")


def test_only_the_first_10000_characters_are_searched() -> None:
    assert value(metric("regex", pattern="b"), "a" * 9_999 + "b", "") == 1.0
    assert value(metric("regex", pattern="b"), "a" * 10_000 + "b", "") == 0.0
    assert judged(metric("regex", pattern="a*", whole=True), "a" * 10_001, "").reason == "longer than 10000 characters"


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(a", "found '\\(a', expected a regular expression \\(missing \\)"),
        (r"(a)\1", "expected a pattern without references to groups"),
        ("a(?=b)", "expected a pattern without look-around"),
        ("(?:a(?>b|c))*", "expected a pattern without atomic groups"),
        ("a++|(?<!a)b", "expected a pattern without look-around and possessive repeats"),
    ],
)
def test_a_pattern_that_cannot_be_followed_is_refused_when_the_config_is_read(pattern: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        metric("regex", pattern=pattern)


@pytest.mark.parametrize(
    ("reply", "reference", "reason"),
    [
        ("Refund.", "refund", ""),
        ("「退款」", "退款", ""),
        ("delivery", "refund", "found 'delivery', expected 'refund'"),
        ("退款", "refund", "found '退款', expected 'refund'"),
        ("I think refund", "refund", "no label"),
        ("", "refund", "no label"),
    ],
)
def test_a_label_is_right_or_another_one_or_none(reply: str, reference: str, reason: str) -> None:
    labels = metric("label", labels=("Refund", "delivery", "退款"))
    assert judged(labels, reply, reference) == Score(value=0.0 if reason else 1.0, reason=reason)


def test_without_a_list_of_labels_a_wrong_reply_is_shown_cut_short() -> None:
    assert judged(metric("label"), "x" * 200, "refund").reason == f"found '{'x' * 100}…', expected 'refund'"


def test_a_reference_that_is_none_of_the_labels_leaves_the_item_unscored() -> None:
    assert judged(metric("label", labels=("a", "b")), "c", "c") == Score(value=None, reason="the reference 'c' is none of the labels")


@pytest.mark.parametrize("labels", [("Yes", "yes."), ("a", "?")])
def test_labels_that_are_not_told_apart_are_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match="expected labels that differ"):
        metric("label", labels=labels)


MACRO = MacroF1(kind="macro_f1")


def test_macro_f1_counts_a_rare_label_as_much_as_a_frequent_one() -> None:
    observed = [("a", "a")] * 8 + [("b", "a"), ("b", "b")]
    assert MACRO.figure(observed) == pytest.approx((16 / 17 + 2 / 3) / 2)


def test_macro_f1_gives_no_credit_for_replies_that_are_no_label() -> None:
    observed = [judged(MACRO, reply, reference).observed or () for reply, reference in [("退款。", "退款"), ("\ud800", "出貨")]]
    assert observed == [("退款", "退款"), ("出貨", "�")]  # a reply never holds half a surrogate pair
    assert MACRO.figure(observed) == 0.5


def test_the_confusion_table_has_what_was_found_for_each_expected_label() -> None:
    table = confusion([("b", "b"), ("b", "a"), ("b", "?"), ("a", "a"), ("other", "x")])
    assert table.rows == ("b", "a", "other") and table.columns == ("b", "a", "other", OTHER)
    assert table.counts == ((1, 1, 0, 1), (0, 1, 0, 0), (0, 0, 0, 1))


def test_the_confusion_table_has_at_most_20_rows_and_loses_nobody() -> None:
    observed = [(f"{n:02}", f"{n:02}") for n in range(25) for _ in range(30 - n)]
    table = confusion(observed)
    assert table.rows == (*(f"{n:02}" for n in range(19)), OTHER) and table.columns == table.rows
    assert sum(map(sum, table.counts)) == len(observed) and table.counts[19][19] == sum(30 - n for n in range(19, 25))
    assert len(confusion([(str(n), "") for n in range(20)]).rows) == 20 and OTHER not in confusion([("a", "a")]).rows


EXTRA: dict[str, dict[str, Any]] = {
    "json_schema": {"schema": SCHEMA},
    "json_schema_lenient": {"schema": SCHEMA},
    "json_field": {"field": "a"},
    "regex": {"pattern": r"(\w+\s?)*~"},
}
OURS = ["exact_match", "normalised", "contains", "number", "label", "macro_f1", "json_schema", "json_schema_lenient", "json_field"]
OURS += ["regex", "chrf", "token_f1", "set", "rouge_l", "bleu"]
HOSTILE = {
    "empty": "",
    "nul": "\0" * 1_000,
    "half a surrogate pair": '{"a": "\ud800"}, \ud800',
    "not a number": "NaN",
    "endless": "-Infinity",
    "a huge number": "9" * 100_000,
    "a huge exponent": "1e999999",
    "nested": '{"a":' * 100_000,
    "brackets": "[" * 1_000_000,
    "one word": "a" * 1_000_000,
    "words": "a " * 500_000,
    "characters": "訂" * 1_000_000,
    "accents": "a" + "\u0315\u0300" * 500_000,
    "fences": "```\n" * 250_000,
    "a script": "<script>alert(1)</script>=cmd|'/c calc'!A0\x1b[2J",
}


@pytest.mark.parametrize("kind", OURS)
@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_reply_has_a_score_that_can_be_written_down(kind: str, hostile: str) -> None:
    found = judged(metric(kind, **EXTRA.get(kind, {})), hostile, '{"a": 1}')
    assert found.value is not None and 0 <= found.value < 1
    assert Score.model_validate_json(found.model_dump_json()) == found


@settings(deadline=None)
@given(st.text(), st.text(min_size=1))
@pytest.mark.parametrize("kind", [kind for kind in OURS if kind not in ("json_field", "regex")])
def test_every_score_is_from_0_to_1_or_has_its_reason(kind: str, reply: str, reference: str) -> None:
    for_text = metric(kind, **EXTRA.get(kind, {}))
    found = judged(for_text, reply, reference)
    assert (0 <= found.value <= 1 + 1e-9) if found.value is not None else found.reason
    if isinstance(for_text, SetMetric) and found.observed is not None:
        assert 0 <= for_text.figure([found.observed]) <= 1


def test_chrf_reads_the_first_20000_characters() -> None:
    assert value(metric("chrf"), "abc " * 5_000 + "x" * 1_000, "abc " * 5_000 + "y" * 1_000) == pytest.approx(1.0)


def test_an_unknown_kind_is_told_with_all_the_kinds() -> None:
    told = Metric.__metadata__[0].description  # type: ignore[attr-defined]
    assert told == f"one of {', '.join(BY_KIND)}" and set(OURS) <= set(BY_KIND)
    assert all(issubclass(c, ReplyMetric | MeasuredMetric) for c in BY_KIND.values())


def test_naming_the_kinds_loads_no_heavy_library() -> None:
    code = "import sys, ftexp.evaluation.metrics.kinds; print({'sacrebleu', 'jsonschema', 'numpy', 'regex'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
