"""Valid lines with something changed in them: never a traceback, never an accepted line that a small oracle of its own refuses."""

from __future__ import annotations

import json
from typing import Any

from fault_table import CLEAN, CLEAN_PAIRS
from hypothesis import given, settings
from hypothesis import strategies as st

from ftexp.data.building import line_of
from ftexp.data.jsonl import judged_line
from ftexp.data.messages import Example, Message, ToolCall

LINES = st.sampled_from([*CLEAN, *CLEAN_PAIRS])
SCALARS = st.sampled_from([None, True, 0, 1, 1.0, 2, "", " ", "x", "user", "tool", "assistant", [], {}, [{}], ["x"], "{}", "c1"])
NAMES = st.from_regex(r"[a-zA-Z0-9_-]{1,9}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9).filter(str.strip)


def strict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def is_valid(raw: bytes) -> bool:
    """The rules again, in other words, for lines of any method. Only what no config may soften, and the order of messages."""
    try:
        value = json.loads(raw.decode("utf-8").removeprefix("\ufeff"), object_pairs_hook=strict, parse_constant=lambda name: 1 / 0)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
        if "messages" in value:
            messages = value["messages"]
            weights = [m.get("weight") for m in messages if m["role"] == "assistant"]
            return all(map(is_message, messages)) and messages[-1]["role"] == "assistant" and not all(w == 0 for w in weights)
        answers = [value["preferred_output"], value["non_preferred_output"]]
        given = value["input"]["messages"]
        return (
            bool(given)
            and all(map(is_message, given))
            and all(len(a) == 1 and is_message(a[0]) and a[0]["role"] == "assistant" for a in answers)
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, ZeroDivisionError):
        return False


def is_message(m: Any) -> bool:
    if m["role"] not in {"system", "developer", "user", "assistant", "tool"}:
        return False
    calls = m.get("tool_calls") if m["role"] == "assistant" else None
    for call in calls or []:
        whole = isinstance(call["id"], str) and call["type"] == "function" and isinstance(call["function"]["arguments"], str)
        if not whole or not call["id"] or not isinstance(call["function"]["name"], str) or not call["function"]["name"]:
            return False
    said = isinstance(m.get("content"), str) or (m.get("content") is None and bool(calls))
    weight = m.get("weight")
    answers = m["role"] != "tool" or (isinstance(m["tool_call_id"], str) and m["tool_call_id"].strip() != "")
    return said and (weight is None or (type(weight) is int and weight in (0, 1))) and answers and isinstance(m.get("name") or "", str)


def check(raw: bytes) -> None:
    line = judged_line(raw, "here", None)
    errors = [f for f in line.findings if f.severity == "error"]
    if not errors and line.example is not None:
        assert is_valid(raw), raw
    if line.example is None:
        assert line.findings
    else:
        assert judged_line(line_of(line.example).encode(), "here", None).example == line.example


@settings(max_examples=400, deadline=None)
@given(LINES, st.data())
def test_changed_bytes(line: bytes, data: st.DataObject) -> None:
    raw = bytearray(line)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        match data.draw(st.sampled_from(["flip", "delete", "insert", "swap", "cut"])):
            case "flip":
                raw[at] ^= 1 << data.draw(st.integers(0, 7))
            case "delete" if len(raw) > 1:
                del raw[at]
            case "insert":
                raw.insert(at, data.draw(st.integers(0, 255)))
            case "swap":
                raw[at], raw[at - 1] = raw[at - 1], raw[at]
            case "cut" if at:
                del raw[at:]
    check(bytes(raw))


@settings(max_examples=400, deadline=None)
@given(LINES, st.data())
def test_changed_values(line: bytes, data: st.DataObject) -> None:
    value = json.loads(line)
    places = list(places_of(value))
    inner, key = data.draw(st.sampled_from(places))
    if data.draw(st.booleans()):
        inner[key] = data.draw(SCALARS)
    elif isinstance(inner, list):
        inner.insert(0, inner[key])
    else:
        inner[data.draw(st.sampled_from(["content", "role", "weight", "name", "tools", "x"]))] = inner.pop(key)
    check(json.dumps(value).encode())


def places_of(value: Any) -> Any:
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places_of(value[key])


CALLS = st.lists(st.builds(ToolCall, NAMES, NAMES, st.just("{}")), min_size=1, max_size=2, unique_by=lambda c: c.id).map(tuple)
ANSWERS = st.builds(Message, st.just("assistant"), TEXT, st.none() | NAMES) | st.builds(
    lambda text, calls: Message("assistant", text, tool_calls=calls), TEXT | st.just(""), CALLS
)
ASKED = st.tuples(st.none() | TEXT, st.lists(st.tuples(TEXT, st.none() | NAMES), min_size=1, max_size=2)).map(
    lambda parts: (
        *((Message("system", parts[0]),) if parts[0] else ()),
        *(Message("user", text, name) for text, name in parts[1]),
    )
)
TOOLS = st.sampled_from(["", '[{"type": "function", "function": {"name": "look"}}]'])
EXAMPLES = st.builds(
    lambda asked, answer, tools, parallel, rejected: Example((*asked, answer), "here", tools, parallel, rejected),
    *(ASKED, ANSWERS, TOOLS, st.none() | st.booleans(), st.none() | ANSWERS),
)


@settings(max_examples=200, deadline=None)
@given(EXAMPLES)
def test_what_is_written_of_an_example_is_read_as_the_same(example: Example) -> None:
    assert judged_line(line_of(example).encode("utf-8"), "here", None).example == example
