"""Faults of one line each: the id of the check, the line, and a part of the message. `ANSWERS_IT` is what a clean twin has there.

To extend it, add a row. `PAIRS` holds those that are preference pairs.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Fault(NamedTuple):
    check: str
    line: bytes
    message: str


SYSTEM, USER, ASSISTANT = ({"role": role, "content": "x"} for role in ("system", "user", "assistant"))
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "found"}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
INPUT = {"messages": [USER]}
BETTER, WORSE = [ASSISTANT], [ASSISTANT | {"content": "y"}]


def line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8")


def chat(*messages: Any, **more: Any) -> bytes:
    return line({"messages": list(messages)} | more)


def calls(*given: Any, **more: Any) -> bytes:
    return chat(USER, {"role": "assistant", "tool_calls": list(given)}, **({"tools": [TOOL]} | more))


def called(**other: Any) -> dict[str, Any]:
    return CALL | {"function": CALL["function"] | other}  # type: ignore[operator]  # it is a dict


def tools(*given: Any) -> bytes:
    return chat(USER, ASSISTANT, tools=list(given))


def function(**other: Any) -> dict[str, Any]:
    return {"type": "function", "function": TOOL["function"] | other}  # type: ignore[operator]  # it is a dict


def pair(**other: Any) -> bytes:
    return line({"input": INPUT, "preferred_output": BETTER, "non_preferred_output": WORSE} | other)


CLEAN = (
    chat(USER, ASSISTANT),
    chat(SYSTEM, USER | {"name": "Ann"}, ASSISTANT | {"weight": 0}, USER, ASSISTANT | {"weight": 1}),
    chat({"role": "developer", "content": "x"}, USER, CALLING, RESULT, ASSISTANT, tools=[TOOL], parallel_tool_calls=False),
    calls(CALL, CALL | {"id": "c2"}),
    chat(USER, ASSISTANT | {"content": "\u2028 訂單 👩‍👩‍👧"}),
)
CLEAN_PAIRS = (pair(), pair(input={"messages": [USER, CALLING, RESULT], "tools": [TOOL]}))

FAULTS = (
    Fault("blank_line", b" \t", "is blank"),
    Fault("bom", b"\xef\xbb\xbf" + CLEAN[0], "byte order mark"),
    Fault("not_utf8", "訂單".encode("big5"), "byte 0xad"),
    Fault("not_utf8", CLEAN[0].replace(b'"x"', b'"\xed\xa0\x80"'), "byte 0xed"),
    Fault("not_json", b"messages: []", "Expecting value"),
    Fault("not_json", CLEAN[0] + CLEAN[0], "Extra data"),
    Fault("not_json", CLEAN[0].replace(b'"x"', b'"\t"'), "Invalid control character"),
    Fault("not_json", CLEAN[0].replace(b'"x"', b"'x'"), "Expecting value"),
    Fault("truncated_line", CLEAN[0][:40], "cut off"),
    Fault("truncated_line", CLEAN[0][:-1], "cut off"),
    Fault("key_twice", CLEAN[0].replace(b'"content": "x"', b'"content": "x", "content": "y"', 1), "'content' stands twice"),
    Fault("key_twice", CLEAN[0].replace(b'"role": "user"', b'"role": "user", "r\\u006fle": "user"'), "'role' stands twice"),
    Fault("no_number", CLEAN[0].replace(b'"x"', b"NaN", 1), "NaN is no JSON"),
    Fault("no_number", CLEAN[0].replace(b'"x"', b"-Infinity", 1), "-Infinity is no JSON"),
    Fault("no_number", CLEAN[0].replace(b'"x"', b"1e999", 1), "beyond all bounds"),
    Fault("too_deep", b'{"messages": ' + b"[" * 100_000, "nested too deep"),
    Fault("surrogate", CLEAN[0].replace(b'"x"', b'"\\ud800"', 1), "half of a surrogate pair"),
    Fault("surrogate", calls(called(arguments='{"a": "b"}')).replace(b'\\"b\\"', b'\\"\\udc00\\"'), "call 1 function arguments has half"),
    Fault("not_an_object", b"[]", "found a list"),
    Fault("not_an_object", b"null", "found null"),
    Fault("no_messages", b"{}", "has no messages"),
    Fault("no_messages", line({"conversations": []}), "dataset=sharegpt"),
    Fault("no_messages", line({"instruction": "x", "output": "y"}), "dataset=alpaca"),
    Fault("no_messages", line({"prompt": "x", "completion": "y"}), "old format"),
    Fault("messages_type", line({"messages": {}}), "messages is an object"),
    Fault("messages_empty", chat(), "messages is empty"),
    Fault("message_type", chat(USER, "hello", ASSISTANT), "message 2 is text"),
    Fault("role", chat(USER, {"role": "bot", "content": "x"}), "did you mean assistant?"),
    Fault("role", chat({"content": "x"}, ASSISTANT), "message 1 has no role"),
    Fault("no_content", chat({"role": "user"}, ASSISTANT), "message 1 has no content"),
    Fault("content_type", chat(USER, {"role": "assistant", "content": None}), "message 2 has null as content"),
    Fault("content_type", chat({"role": "user", "content": 3}, ASSISTANT), "a number as content"),
    Fault("content_parts", chat({"role": "user", "content": [{"type": "text", "text": "x"}]}, ASSISTANT), "expected text"),
    Fault("content_empty", chat(USER, {"role": "assistant", "content": ""}), "message 2 has empty content"),
    Fault("content_empty", chat({"role": "user", "content": "\u3000\n"}, ASSISTANT), "message 1 has empty content"),
    Fault("unknown_key", chat(USER, ASSISTANT, mesages=[]), "did you mean messages?"),
    Fault("unknown_key", chat(USER | {"contents": "x"}, ASSISTANT), "did you mean content?"),
    Fault("unsupported_key", chat(USER, ASSISTANT | {"refusal": "no"}), "'refusal'"),
    Fault("unsupported_key", chat(USER, ASSISTANT | {"audio": {"id": "a"}}), "'audio'"),
    Fault("deprecated_functions", chat(USER, ASSISTANT | {"function_call": {}}), "write it as tool_calls"),
    Fault("deprecated_functions", chat(USER, ASSISTANT, functions=[]), "write it as tools"),
    Fault("misplaced_key", chat(USER | {"weight": 1}, ASSISTANT), "no part of a message of user"),
    Fault("misplaced_key", chat(USER, ASSISTANT | {"tool_call_id": "c1"}), "no part of a message of assistant"),
    Fault("null_key", chat(USER, ASSISTANT | {"refusal": None}), "null as refusal"),
    Fault("name", chat(USER | {"name": "Ann Lee"}, ASSISTANT), "'Ann Lee' as name"),
    Fault("name_type", chat(USER | {"name": 7}, ASSISTANT), "a number as name"),
    Fault("weight", chat(USER, ASSISTANT | {"weight": 0.5}), "weight 0.5; expected 0 or 1"),
    Fault("weight", chat(USER, ASSISTANT | {"weight": True}), "weight True; expected 0 or 1"),
    Fault("weights_all_zero", chat(USER, ASSISTANT | {"weight": 0}), "nothing is learned"),
    Fault("last_weight_zero", chat(USER, ASSISTANT, USER, ASSISTANT | {"weight": 0}), "message 4 has weight 0"),
    Fault("first_role", chat(ASSISTANT, USER, ASSISTANT), "starts with a message of assistant"),
    Fault("last_role", chat(USER, ASSISTANT, USER), "ends with a message of user"),
    Fault("no_user", chat(SYSTEM, ASSISTANT), "has no user message"),
    Fault("late_system", chat(USER, SYSTEM, ASSISTANT), "message 2 is a system message"),
    Fault("same_role", chat(USER, USER, ASSISTANT), "message 2 is a second message of user"),
    Fault("parallel_tool_calls", chat(USER, ASSISTANT, tools=[TOOL], parallel_tool_calls="no"), "is text"),
    Fault("parallel_without_tools", chat(USER, ASSISTANT, parallel_tool_calls=True), "no tools"),
    Fault("wrong_method", pair(), "is a preference pair"),
    Fault("tools", chat(USER, ASSISTANT, tools={}), "tools is an object"),
    Fault("tools", tools({"type": "retrieval"}), "tool 1 is no function tool"),
    Fault("tools", tools(function(name="look up")), "'look up' name"),
    Fault("tools", tools(TOOL, TOOL), "of a tool before it"),
    Fault("tools_empty", tools(), "tools is empty"),
    Fault("tool_parameters", tools(function(parameters=[])), "no schema of an object"),
    Fault("tool_call", chat(USER, ASSISTANT | {"tool_calls": []}, tools=[TOOL]), "an empty list as tool_calls"),
    Fault("tool_call", calls({k: v for k, v in CALL.items() if k != "id"}), "call 1 has no id"),
    Fault("tool_call", calls(CALL | {"type": "code"}), "expected function"),
    Fault("tool_call", calls(called(arguments={})), "an object arguments"),
    Fault("tool_call", calls(CALL, CALL), "call 2 has the id 'c1' of a call before it"),
    Fault("tool_arguments", calls(called(arguments="look")), "arguments that are not JSON"),
    Fault("tool_arguments", calls(called(arguments="[]")), "arguments that are a list"),
    Fault("tool_unknown", calls(called(name="loook")), "did you mean look?"),
    Fault("tool_unknown", chat(USER, CALLING), "there is no list of tools"),
    Fault("tool_call_id", chat(USER, CALLING, {"role": "tool", "content": "x"}, ASSISTANT, tools=[TOOL]), "without tool_call_id"),
    Fault("tool_unasked", chat(USER, CALLING, RESULT, RESULT, ASSISTANT, tools=[TOOL]), "message 4 answers the call 'c1'"),
    Fault("tool_unanswered", chat(USER, CALLING, USER, ASSISTANT, tools=[TOOL]), "message 2 makes the call 'c1'"),
)
PAIRS = (
    Fault("wrong_method", CLEAN[0], "is a chat example"),
    Fault("pair_part", line({"input": INPUT, "preferred_output": BETTER}), "has no non_preferred_output"),
    Fault("pair_part", pair(input="x"), "input is text"),
    Fault("pair_part", pair(input={"messages": []}), "the messages of input are empty"),
    Fault("pair_part", pair(preferred_output=[*BETTER, *BETTER]), "preferred_output is 2 messages"),
    Fault("pair_identical", pair(non_preferred_output=BETTER), "are the same"),
    Fault("pair_input_end", pair(input={"messages": [USER, ASSISTANT]}), "input ends with a message of assistant"),
    Fault("last_role", pair(preferred_output=[USER]), "preferred_output has a message of user"),
    Fault("misplaced_key", pair(preferred_output=[ASSISTANT | {"weight": 1}]), "in a preference pair"),
    Fault("role", pair(input={"messages": [{"role": "human", "content": "x"}]}), "message 1 of input has role 'human'"),
    Fault("unknown_key", pair(prefered="x"), "the unknown key 'prefered'"),
)
