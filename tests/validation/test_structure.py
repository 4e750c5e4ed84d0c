from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftexp.validation.findings import Finding, counted, shown
from ftexp.validation.structure import findings_of

SYSTEM, USER, ASSISTANT = ({"role": role, "content": "x"} for role in ("system", "user", "assistant"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(["messages", "role", "content", "weight"]), inner, max_size=4)
    ),
    max_leaves=12,
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
TURN = st.tuples(TEXT, TEXT).map(lambda pair: [{"role": "user", "content": pair[0]}, {"role": "assistant", "content": pair[1]}])
LINES = st.tuples(st.none() | TEXT, st.lists(TURN, min_size=1, max_size=3)).map(
    lambda parts: {"messages": ([{"role": "system", "content": parts[0]}] if parts[0] else []) + [m for turn in parts[1] for m in turn]}
)


def found(value: Any) -> list[str]:
    return [str(finding) for finding in findings_of(value, "mine.jsonl line 17")]


def of(*messages: Any) -> list[str]:
    """What is found in the messages, without the place."""
    return [line.removeprefix("mine.jsonl line 17: ") for line in found({"messages": list(messages)})]


@pytest.mark.parametrize(
    "messages", [[USER, ASSISTANT], [SYSTEM, USER, ASSISTANT], [USER, ASSISTANT, USER, ASSISTANT], [SYSTEM, USER, ASSISTANT]]
)
def test_a_chat_example_has_no_findings(messages: list[dict[str, str]]) -> None:
    assert of(*messages) == []


def test_messages_must_not_be_empty() -> None:
    assert of() == ["messages is empty; expected at least one user and one assistant message"]


def test_an_example_starts_with_system_or_user() -> None:
    assert of(ASSISTANT, USER, ASSISTANT) == ["starts with a message of assistant; expected system, developer or user"]


@pytest.mark.parametrize("content", ["", "  ", "\n\t", "\u3000"])
def test_content_must_not_be_empty(content: str) -> None:
    assert of(USER, {"role": "assistant", "content": content}) == ["message 2 has empty content"]


def test_an_example_ends_with_what_is_learned() -> None:
    assert of(USER, ASSISTANT, USER) == ["ends with a message of user; expected assistant, since that is what is learned"]


@pytest.mark.parametrize(("content", "kind"), [(3, "a number"), (True, "true or false"), ({"a": "x"}, "an object")])
def test_content_that_is_no_text_is_told_by_its_kind(content: Any, kind: str) -> None:
    assert of(USER, {"role": "assistant", "content": content}) == [f"message 2 has {kind} as content; expected text"]


def test_null_and_lists_as_content_are_told_with_what_to_do() -> None:
    assert of(USER, {"role": "assistant", "content": None}) == ["message 2 has null as content; expected text, or tool_calls besides"]
    assert of({"role": "user", "content": []}, ASSISTANT) == ["message 1 has a list as content; expected text: join the texts of its parts"]


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("bot", "has role 'bot'; expected system, developer, user, assistant or tool; did you mean assistant?"),
        ("User", "has role 'User'; expected system, developer, user, assistant or tool; did you mean user?"),
        (None, "has role None; expected system, developer, user, assistant or tool"),
        (["user"], "has role ['user']; expected system, developer, user, assistant or tool"),
        ("function", "has role 'function'; expected system, developer, user, assistant or tool; did you mean tool?"),
    ],
)
def test_an_unknown_role_is_told_with_the_roles(role: Any, told: str) -> None:
    assert of(USER, {"role": role, "content": "x"}, ASSISTANT) == [f"message 2 {told}"]


def test_a_message_without_role_or_content_is_told() -> None:
    assert of(USER, {}, ASSISTANT) == [
        "message 2 has no role; expected system, developer, user, assistant or tool",
        "message 2 has no content",
    ]


@pytest.mark.parametrize(("message", "kind"), [("hello", "text"), (None, "null"), ([USER], "a list"), (1.5, "a number")])
def test_a_message_that_is_no_object_is_told(message: Any, kind: str) -> None:
    assert of(USER, message, ASSISTANT) == [f"message 2 is {kind}; expected an object with role and content"]


def test_an_example_without_a_question_is_told() -> None:
    assert of(SYSTEM, ASSISTANT) == ["has no user message"]


def test_a_system_message_stands_first() -> None:
    assert of(SYSTEM, USER, SYSTEM, ASSISTANT, SYSTEM, USER, ASSISTANT) == [
        "message 3 is a system message; expected it first",
        "message 5 is a system message; expected it first",
    ]


@pytest.mark.parametrize("half", ["\ud800", "a\udfffb"])
def test_half_a_character_is_no_text(half: str) -> None:
    assert of(USER, {"role": "assistant", "content": half}) == [
        "message 2 content has half of a surrogate pair (\\ud800 to \\udfff), which is no text"
    ]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("contents", "has the unknown key 'contents'; did you mean content?"),
        ("colour", "has the unknown key 'colour'; expected only role, content, name, weight, tool_calls, tool_call_id"),
        ("input", "has the unknown key 'input'; expected only role, content, name, weight, tool_calls, tool_call_id"),
        ("audio", "has the key 'audio', which isn't supported; it would be left out of training"),
        ("function_call", "has function_call, which is deprecated; write it as tool_calls"),
        ("tool_call_id", "has the key 'tool_call_id', which is no part of a message of assistant; leave it out"),
    ],
)
def test_a_key_that_would_be_left_out_is_told(key: str, told: str) -> None:
    assert of(USER, ASSISTANT | {key: 1}) == [f"message 2 {told}"]


def test_a_key_of_the_line_that_would_be_left_out_is_told() -> None:
    line = {"messages": [USER, ASSISTANT]}
    assert found(line | {"message": 1}) == ["mine.jsonl line 17: the line has the unknown key 'message'; did you mean messages?"]
    assert "tools is empty; leave the key out" in found(line | {"tools": []})[0]
    assert "the unknown key 'preferred_output'" in found(line | {"preferred_output": []})[0]


def test_an_example_of_the_other_method_is_told_as_one() -> None:
    pair = {"input": {"messages": [USER]}, "preferred_output": [ASSISTANT], "non_preferred_output": [ASSISTANT | {"content": "y"}]}
    [told] = found(pair)
    assert "is a preference pair, but training.method is supervised" in told
    assert findings_of(pair, "here", "dpo") == findings_of(pair, "here", None) == []
    [finding] = findings_of({"messages": [USER, ASSISTANT]}, "here", "dpo")
    assert "is a chat example, but training.method is dpo" in finding.message


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], "found a list; expected an object with the key messages"),
        ("x", "found text; expected an object with the key messages"),
        (None, "found null; expected an object with the key messages"),
        ({}, "has no messages; expected a list of messages under the key messages"),
        (
            {"conversations": []},
            "has no messages; expected a list of messages under the key messages; this looks like ShareGPT: dataset=sharegpt reads it",
        ),
        ({"messages": "x"}, "messages is text; expected a list"),
        ({"messages": {"role": "user"}}, "messages is an object; expected a list"),
    ],
)
def test_a_line_of_another_shape_is_told_by_what_it_is(value: Any, told: str) -> None:
    assert found(value) == [f"mine.jsonl line 17: {told}"]


def test_every_fault_of_a_line_is_told_in_the_order_of_its_messages() -> None:
    told = of({"role": "bot", "content": ""}, {"role": "assistant"}, USER | {"name": "Ann B"})
    assert [line.split(" has ")[0] for line in told[:4]] == ["message 1", "message 1", "message 2", "message 3"]
    assert told[4:] == ["ends with a message of user; expected assistant, since that is what is learned"]


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_no_json_value_breaks_the_check(value: Any) -> None:
    for finding in findings_of(value, "here"):
        assert str(finding).startswith("here: ")


@settings(deadline=None)
@given(LINES)
def test_every_conversation_of_turns_is_accepted(line: dict[str, Any]) -> None:
    assert findings_of(json.loads(json.dumps(line)), "here") == []


@settings(max_examples=200, deadline=None)
@given(LINES, st.data())
def test_a_line_with_one_part_replaced_is_told_unless_it_is_still_a_conversation(line: dict[str, Any], data: st.DataObject) -> None:
    mutated = deepcopy(line)
    message = mutated["messages"][data.draw(st.integers(0, len(mutated["messages"]) - 1), "message")]
    key = data.draw(st.sampled_from(["role", "content", "input", ""]), "key")
    message[key] = data.draw(JSON, "value")
    if not findings_of(mutated, "here"):
        roles = [m["role"] for m in mutated["messages"]]
        assert all(m.keys() == {"role", "content"} for m in mutated["messages"])
        assert all(isinstance(m["content"], str) and m["content"].strip() for m in mutated["messages"])
        assert roles[0] in ("system", "developer", "user") and roles[-1] == "assistant" and "user" in roles
        assert set(roles) <= {"system", "developer", "user", "assistant", "tool"} and not {"system", "developer"} & set(roles[1:])


def test_findings_are_shown_in_order_and_counted_by_kind() -> None:
    many = [Finding(check, "error", f"line {n}", "is wrong") for n in range(1, 8) for check in ("a", "b")]
    assert shown(many)[:3] == ["line 1: is wrong", "line 1: is wrong", "line 2: is wrong"]
    assert shown(many)[10:] == ["2 more of the kind a", "2 more of the kind b"]
    assert (counted(1, "error"), counted(0, "error"), counted(1234, "error")) == ("1 error", "0 errors", "1,234 errors")
