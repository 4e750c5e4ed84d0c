"""From a decoded line to an Example, and back. Pure."""

from __future__ import annotations

import json
from typing import Any

from ftexp.data.messages import Example, Message, ToolCall


def example_of(value: dict[str, Any], where: str) -> Example:
    """Of a line without findings of fixed checks: what those look for is taken for granted here."""
    source = value.get("input") or value
    messages = tuple(_message(m) for m in source["messages"])
    tools = json.dumps(source["tools"], ensure_ascii=False) if source.get("tools") else ""
    parallel = source.get("parallel_tool_calls")
    made_for = value.get("provenance", {}).get("split", "")
    if "input" not in value:
        return Example(messages, where, tools, parallel, made_for=made_for)
    preferred, rejected = _message(value["preferred_output"][0]), _message(value["non_preferred_output"][0])
    return Example((*messages, preferred), where, tools, parallel, rejected, made_for)


def _message(value: dict[str, Any]) -> Message:
    role, content = value["role"], value.get("content") or ""
    if role == "tool":
        return Message(role, content, tool_call_id=value["tool_call_id"])
    if role != "assistant":
        return Message(role, content, value.get("name"))
    calls = tuple(ToolCall(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in value.get("tool_calls") or ())
    return Message(role, content, value.get("name"), value.get("weight"), calls)


def line_of(example: Example) -> str:
    """The JSON text of an example, a preference pair where it has a rejected answer."""
    return json.dumps(_plain(example), ensure_ascii=False)


def _plain(example: Example) -> dict[str, Any]:
    more: dict[str, Any] = {"tools": json.loads(example.tools)} if example.tools else {}
    if example.parallel_tool_calls is not None:
        more["parallel_tool_calls"] = example.parallel_tool_calls
    messages = [_plain_message(m) for m in example.messages]
    if example.rejected is None:
        return {"messages": messages} | more
    answers = {"preferred_output": messages[-1:], "non_preferred_output": [_plain_message(example.rejected)]}
    return {"input": {"messages": messages[:-1]} | more} | answers


def _plain_message(message: Message) -> dict[str, Any]:
    calls = [{"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}} for c in message.tool_calls]
    more = {"name": message.name, "weight": message.weight, "tool_calls": calls or None, "tool_call_id": message.tool_call_id}
    content = message.content or (None if calls else "")
    return {"role": message.role, "content": content} | {key: value for key, value in more.items() if value is not None}
