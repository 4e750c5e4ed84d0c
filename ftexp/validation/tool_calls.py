"""Tools, calls of them and answers to the calls. Pure: parts of a decoded line give faults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ftexp.validation.describing import kind, nearest, quoted
from ftexp.validation.findings import Check, Fault
from ftexp.validation.lines import value_of

TOOLS = Check("tools", "structure", "error", "tools is a list of function tools, each with a name of its own.", fixed=True)
TOOLS_EMPTY = Check("tools_empty", "structure", "error", "An empty list of tools is refused by services; leave it out.")
PARAMETERS = Check("tool_parameters", "structure", "error", "The parameters of a tool are a JSON Schema of an object.")
CALL = Check("tool_call", "structure", "error", "A tool call has an id, the type function, a function name and arguments.", fixed=True)
ARGUMENTS = Check("tool_arguments", "structure", "error", "The arguments of a call are a JSON object, written as text.")
UNKNOWN_TOOL = Check("tool_unknown", "structure", "error", "A call names a tool of the list tools, or it teaches to call what isn't there.")
NO_CALL_ID = Check("tool_call_id", "structure", "error", "A tool message says which call it answers.", fixed=True)
UNASKED = Check("tool_unasked", "structure", "error", "A tool message answers a call that an assistant message before it made.")
UNANSWERED = Check("tool_unanswered", "structure", "error", "Every call is answered, unless the call is the end of the example.")
CHECKS = (TOOLS, TOOLS_EMPTY, PARAMETERS, CALL, ARGUMENTS, UNKNOWN_TOOL, NO_CALL_ID, UNASKED, UNANSWERED)

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # OpenAI's API description of functions, read 2026-11
_NAME_IN_WORDS = "1 to 64 letters, digits, _ and -"
_FUNCTION_KEYS = ("name", "description", "parameters", "strict")


def tools_faults(tools: Any) -> Iterator[Fault]:
    if not isinstance(tools, list):
        yield TOOLS, f"tools is {kind(tools)}; expected a list of tools"
        return
    if not tools:
        yield TOOLS_EMPTY, "tools is empty; leave the key out"
    seen = set[str]()
    for number, tool in enumerate(tools, start=1):
        yield from _tool_faults(tool, f"tool {number}", seen)


def _tool_faults(tool: Any, at: str, seen: set[str]) -> Iterator[Fault]:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(tool, dict) or tool.get("type") != "function" or not isinstance(function, dict):
        yield TOOLS, f"{at} is no function tool; expected type function and an object function with a name"
        return
    for key in (*(k for k in tool if k not in ("type", "function")), *(k for k in function if k not in _FUNCTION_KEYS)):
        yield TOOLS, f"{at} has the unknown key {quoted(key)}; expected type and function, with {', '.join(_FUNCTION_KEYS)}"
    name, parameters = function.get("name"), function.get("parameters")
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        yield TOOLS, f"{at} has {quoted(name) if name is not None else 'no'} name; expected {_NAME_IN_WORDS}"
    elif name in seen:
        yield TOOLS, f"{at} has the name {name!r} of a tool before it; expected each name once"
    else:
        seen.add(name)
    if "parameters" in function and not (isinstance(parameters, dict) and parameters.get("type", "object") == "object"):
        yield PARAMETERS, f"{at} has parameters that are no schema of an object; expected an object with type object and properties"


def call_faults(calls: Any, at: str) -> Iterator[Fault]:
    if not isinstance(calls, list) or not calls:
        yield CALL, f"{at} has {'an empty list' if calls == [] else kind(calls)} as tool_calls; expected a list of calls"
        return
    seen = list[Any]()
    for number, call in enumerate(calls, start=1):
        yield from _call_faults(call, f"{at}, call {number}")
        ident = call.get("id") if isinstance(call, dict) else None
        if ident is not None and ident in seen:
            yield CALL, f"{at}, call {number} has the id {quoted(ident)} of a call before it; expected an id of its own"
        seen.append(ident)


def _call_faults(call: Any, at: str) -> Iterator[Fault]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict):
        yield CALL, f"{at} is no call; expected id, type and function with name and arguments"
        return
    for key in (*(k for k in call if k not in ("id", "type", "function")), *(k for k in function if k not in ("name", "arguments"))):
        yield CALL, f"{at} has the unknown key {quoted(key)}; expected id, type and function with name and arguments"
    if not (isinstance(call.get("id"), str) and call["id"].strip()):
        yield CALL, f"{at} has no id; expected text that the answering tool message repeats"
    if call.get("type") != "function":
        yield CALL, f"{at} has {quoted(call['type']) if 'type' in call else 'no'} type; expected function"
    if not (isinstance(function.get("name"), str) and _NAME.fullmatch(function["name"])):
        yield CALL, f"{at} has {quoted(function['name']) if 'name' in function else 'no'} function name; expected {_NAME_IN_WORDS}"
    yield from _arguments_faults(function, at)


def _arguments_faults(function: dict[str, Any], at: str) -> Iterator[Fault]:
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        yield CALL, f"{at} has {kind(arguments) if 'arguments' in function else 'no'} arguments; expected a JSON object written as text"
        return
    value, fault = value_of(arguments, "")
    if fault or not isinstance(value, dict):
        found = fault.message.split(";")[0] if fault else kind(value)
        yield ARGUMENTS, f"{at} has arguments that are {found}; expected a JSON object written as text"


def answer_faults(message: dict[str, Any], at: str) -> Iterator[Fault]:
    ident = message.get("tool_call_id")
    if not (isinstance(ident, str) and ident.strip()):
        yield NO_CALL_ID, f"{at} is a tool message without tool_call_id; expected the id of the call that it answers"


def pairing_faults(messages: list[Any], first: int, tools: Any, alone: str | None = None) -> Iterator[Fault]:
    """Calls against the list of tools, and tool messages against calls. `alone` names the message where it is the only one."""
    waiting: dict[str, str] = {}
    calling = False
    for number, message in enumerate(messages, start=first):
        at = alone or f"message {number}"
        if isinstance(message, dict) and message.get("role") == "tool":
            calling = False
            ident = message.get("tool_call_id")
            if isinstance(ident, str) and ident.strip() and waiting.pop(ident, None) is None:
                yield UNASKED, f"{at} answers the call {quoted(ident)}, which isn't open here; expected {_open(waiting)}"
            continue
        yield from _unanswered(waiting)
        named = _calls(message)
        calling = bool(named)
        waiting = {ident: f"{at} makes the call {quoted(ident)}" for ident, _ in named}
        for _, name in named:
            yield from _name_faults(name, at, tools)
    if not calling:
        yield from _unanswered(waiting)


def _unanswered(waiting: dict[str, str]) -> Iterator[Fault]:
    for made in waiting.values():
        yield UNANSWERED, f"{made}, which no tool message answers; expected one after it, before anything else"


def _open(waiting: dict[str, str]) -> str:
    return ("one of " + ", ".join(quoted(i) for i in waiting)) if waiting else "an assistant message with that call before it"


def _calls(message: Any) -> list[tuple[str, str]]:
    """Id and function name of each call that is whole."""
    calls = message.get("tool_calls") if isinstance(message, dict) and message.get("role") == "assistant" else None
    whole = [c for c in calls if isinstance(c, dict) and isinstance(c.get("function"), dict)] if isinstance(calls, list) else []
    pairs = [(c.get("id"), c["function"].get("name")) for c in whole]
    return [(i, n) for i, n in pairs if isinstance(i, str) and i.strip() and isinstance(n, str)]


def _name_faults(name: str, at: str, tools: Any) -> Iterator[Fault]:
    if not isinstance(tools, list):
        if tools is None:
            yield UNKNOWN_TOOL, f"{at} calls {quoted(name)}, but there is no list of tools; add it under the key tools"
        return
    functions = [t.get("function") for t in tools if isinstance(t, dict)]
    known = [f["name"] for f in functions if isinstance(f, dict) and isinstance(f.get("name"), str)]
    if name not in known:
        yield UNKNOWN_TOOL, f"{at} calls {quoted(name)}, which tools doesn't have{nearest(name, known) or '; add it there'}"
