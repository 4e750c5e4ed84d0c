"""Is a line a chat example, or a preference pair? Pure: a decoded JSON value and where it stands give findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Literal

from ftexp.validation import tool_calls
from ftexp.validation.describing import kind, nearest, quoted
from ftexp.validation.findings import Check, Fault, Finding

Method = Literal["supervised", "dpo"]


def _fixed(ident: str, line: str) -> Check:
    return Check(ident, "structure", "error", line, fixed=True)


def _error(ident: str, line: str) -> Check:
    return Check(ident, "structure", "error", line)


def _warning(ident: str, line: str) -> Check:
    return Check(ident, "structure", "warning", line)


NOT_AN_OBJECT = _fixed("not_an_object", "A line is one JSON object.")
NO_MESSAGES = _fixed("no_messages", "A chat example has its conversation under the key messages.")
MESSAGES_TYPE = _fixed("messages_type", "messages is a list.")
MESSAGES_EMPTY = _fixed("messages_empty", "A conversation has at least a question and an answer.")
MESSAGE_TYPE = _fixed("message_type", "A message is an object with role and content.")
ROLE = _fixed("role", "The role says who speaks: system, developer, user, assistant or tool.")
NO_CONTENT = _fixed("no_content", "A message says something, unless it calls tools.")
CONTENT_TYPE = _fixed("content_type", "Content is text.")
CONTENT_PARTS = _fixed("content_parts", "Content in parts (images, several texts) can't be learned from here; expected is one text.")
CONTENT_EMPTY = _error("content_empty", "An empty message teaches to say nothing.")
SURROGATE = _fixed("surrogate", "Half of a surrogate pair is no character, so no tokenizer takes it.")
UNKNOWN_KEY = _error("unknown_key", "What stands under an unknown key would be left out of training.")
UNSUPPORTED_KEY = _fixed("unsupported_key", "refusal and audio aren't supported; what stands there would be lost.")
DEPRECATED_KEY = _fixed("deprecated_functions", "functions and function_call gave way to tools and tool_calls.")
MISPLACED_KEY = _error("misplaced_key", "weight and tool_calls belong to assistant messages, tool_call_id to tool messages.")
NULL_KEY = _warning("null_key", "A key with null says nothing; some services refuse it.")
NAME_TYPE = _fixed("name_type", "A name is text.")
NAME = _error("name", "A name is up to 64 characters without spaces, < > | / and \\.")
WEIGHT = _fixed("weight", "A weight is 0 (not learned from) or 1.")
WEIGHTS_ZERO = _fixed("weights_all_zero", "Where every assistant message has weight 0, nothing is learned.")
LAST_WEIGHT_ZERO = _warning("last_weight_zero", "The last answer is what an evaluation compares with; with weight 0 it isn't learned.")
FIRST_ROLE = _error("first_role", "A conversation starts with a system, developer or user message.")
LAST_ROLE = _fixed("last_role", "A conversation ends with what is learned: an assistant message.")
NO_USER = _error("no_user", "Without a user message there is nothing to answer.")
LATE_SYSTEM = _error("late_system", "Instructions stand first; many chat templates refuse or move later ones.")
SAME_ROLE = _warning("same_role", "Two messages of one role in a row are often a lost message; some chat templates refuse them.")
PARALLEL_TYPE = _fixed("parallel_tool_calls", "parallel_tool_calls is true or false.")
PARALLEL_ALONE = _warning("parallel_without_tools", "parallel_tool_calls says something only where there are tools.")
WRONG_METHOD = _fixed("wrong_method", "Chat examples are for training.method supervised, preference pairs for dpo.")
PAIR_PART = _fixed("pair_part", "A preference pair has input, preferred_output and non_preferred_output.")
PAIR_INPUT_END = _error("pair_input_end", "The input of a pair ends before the answer, with a user or tool message.")
PAIR_IDENTICAL = _error("pair_identical", "Two equal answers show no preference.")
PROVENANCE = _fixed("provenance", "provenance says for which split `ftexp augment` made a row.")
CHECKS = (
    *(NOT_AN_OBJECT, NO_MESSAGES, MESSAGES_TYPE, MESSAGES_EMPTY, MESSAGE_TYPE, ROLE, NO_CONTENT, CONTENT_TYPE, CONTENT_PARTS),
    *(
        CONTENT_EMPTY,
        SURROGATE,
        UNKNOWN_KEY,
        UNSUPPORTED_KEY,
        DEPRECATED_KEY,
        MISPLACED_KEY,
        NULL_KEY,
        NAME_TYPE,
        NAME,
        WEIGHT,
        WEIGHTS_ZERO,
    ),
    *(LAST_WEIGHT_ZERO, FIRST_ROLE, LAST_ROLE, NO_USER, LATE_SYSTEM, SAME_ROLE, PARALLEL_TYPE, PARALLEL_ALONE, WRONG_METHOD),
    *(PAIR_PART, PAIR_INPUT_END, PAIR_IDENTICAL, PROVENANCE),
    *tool_calls.CHECKS,
)

OPENING_ROLES = ("system", "developer")
KEYS = {
    "system": ("role", "content", "name"),
    "developer": ("role", "content", "name"),
    "user": ("role", "content", "name"),
    "assistant": ("role", "content", "name", "weight", "tool_calls"),
    "tool": ("role", "content", "tool_call_id"),
}
ROLES = tuple(KEYS)
_ROLES = "system, developer, user, assistant or tool"
_MESSAGE_KEYS = ("role", "content", "name", "weight", "tool_calls", "tool_call_id")
_LINE_KEYS = ("messages", "tools", "parallel_tool_calls")
_BESIDES = ("provenance",)  # what a whole line may have, and no input
_SPLITS = ("train", "validation", "test")
_ANSWERS = ("preferred_output", "non_preferred_output")
_PAIR_KEYS = ("input", *_ANSWERS)
NULLABLE = ("name", "weight", "tool_calls", "tool_call_id", "function_call", "functions", "refusal", "audio", *_LINE_KEYS[1:])
_NAME = re.compile(r"[^\s<|\\/>]{1,64}")  # what OpenAI's chat completions take (its error message, read 2026-11)
_HALF = re.compile("[\ud800-\udfff]")
_ALIKE = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant", "ai": "assistant", "function": "tool"}


def findings_of(value: Any, where: str, method: Method | None = "supervised", first: int = 1) -> list[Finding]:
    """Every structural fault of one line, in the order of its parts. Empty: it is a chat example, or under `dpo` a preference pair.

    Without a method it may be either. `first` is the number of the first message, as its file counts them.
    """
    return [check.found(where, message) for check, message in _faults(value, method, first)]


def _faults(value: Any, method: Method | None, first: int) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield NOT_AN_OBJECT, f"found {kind(value)}; expected an object with the key messages"
        return
    yield from _provenance_faults(value)
    is_pair = "messages" not in value and any(key in value for key in _PAIR_KEYS)
    if is_pair and method == "supervised":
        yield WRONG_METHOD, "is a preference pair, but training.method is supervised; expected messages, or set training.method=dpo"
    elif "messages" in value and method == "dpo":
        yield (
            WRONG_METHOD,
            f"is a chat example, but training.method is dpo; expected {', '.join(_PAIR_KEYS)}, or set training.method=supervised",
        )
    elif is_pair or method == "dpo":
        yield from _halves(value)
        yield from _pair_faults(value)
    else:
        yield from _halves(value)
        yield from _chat_faults(value, first)


def _provenance_faults(value: dict[str, Any]) -> Iterator[Fault]:
    if "provenance" not in value:
        return
    given = value["provenance"]
    if not isinstance(given, dict):
        yield PROVENANCE, f"provenance is {kind(given)}; expected an object, as `ftexp augment` writes it"
    elif given.get("split") not in _SPLITS:
        yield PROVENANCE, f"provenance has {quoted(given.get('split'))} as split; expected {', '.join(_SPLITS[:2])} or {_SPLITS[2]}"


def _chat_faults(value: dict[str, Any], first: int) -> Iterator[Fault]:
    messages = value.get("messages")
    if "messages" in value and messages is None:
        yield MESSAGES_TYPE, "messages is null; expected a list"
        return
    if messages is None:
        yield NO_MESSAGES, "has no messages; expected a list of messages under the key messages" + _looks_like(value)
        return
    yield from _line_key_faults(value, (*_LINE_KEYS, *_BESIDES), "the line")
    if not isinstance(messages, list):
        yield MESSAGES_TYPE, f"messages is {kind(messages)}; expected a list"
        return
    if not messages:
        yield MESSAGES_EMPTY, "messages is empty; expected at least one user and one assistant message"
        return
    for number, message in enumerate(messages, start=first):
        yield from _message_faults(message, f"message {number}")
    yield from _order_faults(messages, first)
    roles = _roles(messages)
    if roles[-1] in ROLES and roles[-1] != "assistant":
        yield LAST_ROLE, f"ends with a message of {roles[-1]}; expected assistant, since that is what is learned"
    yield from _weight_faults(messages, first)
    yield from tool_calls.pairing_faults(messages, first, value.get("tools"))


def _pair_faults(value: dict[str, Any]) -> Iterator[Fault]:
    yield from _unknown_keys(value, (*_PAIR_KEYS, *_BESIDES), "the line")
    for key in _PAIR_KEYS:
        if value.get(key) is None:
            yield PAIR_PART, f"has no {key}; expected a preference pair with {', '.join(_PAIR_KEYS)}"
    if value.get("input") is not None:
        yield from _input_faults(value["input"])
    for key in _ANSWERS:
        if value.get(key) is not None:
            yield from _answer_faults(value[key], key, value.get("input"))
    one, other = (value.get(key) for key in _ANSWERS)
    if isinstance(one, list) and isinstance(other, list) and one and _without_nulls(one) == _without_nulls(other):
        yield PAIR_IDENTICAL, "preferred_output and non_preferred_output are the same; expected two answers, one better than the other"


def _input_faults(given: Any) -> Iterator[Fault]:
    if not isinstance(given, dict):
        yield PAIR_PART, f"input is {kind(given)}; expected an object with the key messages"
        return
    yield from _line_key_faults(given, _LINE_KEYS, "input")
    messages = given.get("messages")
    if not isinstance(messages, list) or not messages:
        found = "empty" if messages == [] else kind(messages) if "messages" in given else "missing"
        yield PAIR_PART, f"the messages of input are {found}; expected a list with at least one user message"
        return
    for number, message in enumerate(messages, start=1):
        yield from _message_faults(message, f"message {number} of input", ("weight",))
    yield from _order_faults(messages, 1)
    if _roles(messages)[-1] in ("system", "developer", "assistant"):
        yield PAIR_INPUT_END, f"input ends with a message of {_roles(messages)[-1]}; expected user or tool, since the outputs answer it"
    yield from tool_calls.pairing_faults(messages, 1, given.get("tools"))


def _answer_faults(answers: Any, key: str, given: Any) -> Iterator[Fault]:
    if not isinstance(answers, list) or len(answers) != 1:
        found = f"{len(answers)} messages" if isinstance(answers, list) else kind(answers)
        yield PAIR_PART, f"{key} is {found}; expected a list of one assistant message"
        return
    yield from _message_faults(answers[0], f"the message of {key}", ("weight",))
    role = _roles(answers)[0]
    if role in ROLES and role != "assistant":
        yield LAST_ROLE, f"{key} has a message of {role}; expected assistant"
    yield from tool_calls.pairing_faults(answers, 1, given.get("tools") if isinstance(given, dict) else None, f"the message of {key}")


def _message_faults(message: Any, at: str, never: Sequence[str] = ()) -> Iterator[Fault]:
    """`never`: keys that no message has where this one stands."""
    if not isinstance(message, dict):
        yield MESSAGE_TYPE, f"{at} is {kind(message)}; expected an object with role and content"
        return
    role = message.get("role")
    known = role if isinstance(role, str) and role in KEYS else None
    if known is None:
        yield ROLE, f"{at} {'has role ' + quoted(role) if 'role' in message else 'has no role'}; expected {_ROLES}{_near_role(role)}"
    yield from _key_faults(message, at, known, never)
    yield from _content_faults(message, at, known)
    yield from _value_faults(message, at, known)


def _near_role(role: Any) -> str:
    if not isinstance(role, str):
        return ""
    near = _ALIKE.get(role.strip().lower()) or next(iter(get_close_matches(role.strip().lower(), ROLES, n=1)), None)
    return f"; did you mean {near}?" if near else ""


def _key_faults(message: dict[str, Any], at: str, role: str | None, never: Sequence[str]) -> Iterator[Fault]:
    for key, value in message.items():
        if value is None and key in NULLABLE:
            yield NULL_KEY, f"{at} has null as {key}; leave the key out"
        elif key == "function_call":
            yield DEPRECATED_KEY, f"{at} has function_call, which is deprecated; write it as tool_calls"
        elif key in ("refusal", "audio"):
            yield UNSUPPORTED_KEY, f"{at} has the key {key!r}, which isn't supported; it would be left out of training"
        elif key not in _MESSAGE_KEYS:
            yield UNKNOWN_KEY, f"{at} has the unknown key {quoted(key)}{_near(key, _MESSAGE_KEYS)}"
        elif key in never or (role and key not in KEYS[role]):
            place = "in a preference pair" if key in never else f"of a message of {role}"
            yield MISPLACED_KEY, f"{at} has the key {key!r}, which is no part {place}; leave it out"


def _content_faults(message: dict[str, Any], at: str, role: str | None) -> Iterator[Fault]:
    content = message.get("content")
    calls = role == "assistant" and bool(message.get("tool_calls"))
    if content is None or content == "":
        if calls or (role == "tool" and content == ""):
            return
        if "content" not in message:
            yield NO_CONTENT, f"{at} has no content"
        elif content is None:
            yield CONTENT_TYPE, f"{at} has null as content; expected text" + (", or tool_calls besides" if role == "assistant" else "")
        else:
            yield CONTENT_EMPTY, f"{at} has empty content"
    elif isinstance(content, list):
        yield CONTENT_PARTS, f"{at} has a list as content; expected text: join the texts of its parts"
    elif not isinstance(content, str):
        yield CONTENT_TYPE, f"{at} has {kind(content)} as content; expected text"
    elif not content.strip() and role != "tool":
        yield CONTENT_EMPTY, f"{at} has empty content"


def _value_faults(message: dict[str, Any], at: str, role: str | None) -> Iterator[Fault]:
    name, weight = message.get("name"), message.get("weight")
    if name is not None and not isinstance(name, str):
        yield NAME_TYPE, f"{at} has {kind(name)} as name; expected text"
    elif name is not None and not _NAME.fullmatch(name):
        yield NAME, f"{at} has {quoted(name)} as name; expected 1 to 64 characters without spaces, <, >, |, / and \\"
    if weight is not None and (type(weight) is not int or weight not in (0, 1)):
        yield WEIGHT, f"{at} has weight {quoted(weight)}; expected 0 or 1"
    if role == "assistant" and message.get("tool_calls") is not None:
        yield from tool_calls.call_faults(message["tool_calls"], at)
    if role == "tool":
        yield from tool_calls.answer_faults(message, at)


def _weight_faults(messages: list[Any], first: int) -> Iterator[Fault]:
    weights = [m.get("weight") for m in messages if isinstance(m, dict) and m.get("role") == "assistant"]
    zero = [type(weight) is int and weight == 0 for weight in weights]
    if zero and all(zero):
        yield WEIGHTS_ZERO, "every assistant message has weight 0, so nothing is learned; expected one with weight 1"
    elif zero and zero[-1]:
        yield LAST_WEIGHT_ZERO, f"message {len(messages) - 1 + first} has weight 0 and is the last answer, which evaluation compares with"


def _order_faults(messages: list[Any], first: int) -> Iterator[Fault]:
    roles = _roles(messages)
    if roles[0] in ("assistant", "tool"):
        yield FIRST_ROLE, f"starts with a message of {roles[0]}; expected system, developer or user"
    if "user" not in roles and all(role in ROLES for role in roles):  # else the broken one may be the user
        yield NO_USER, "has no user message"
    for number, (before, role) in enumerate(pairwise(roles), start=first + 1):
        if role in OPENING_ROLES:
            yield LATE_SYSTEM, f"message {number} is a {role} message; expected it first"
        elif role == before and role in ("user", "assistant"):
            yield SAME_ROLE, f"message {number} is a second message of {role} in a row; is one missing between them?"


def _line_key_faults(value: dict[str, Any], known: tuple[str, ...], at: str) -> Iterator[Fault]:
    yield from _unknown_keys(value, known, at)
    parallel, tools = value.get("parallel_tool_calls"), value.get("tools")
    if tools is not None:
        yield from tool_calls.tools_faults(tools)
    if parallel is not None and not isinstance(parallel, bool):
        yield PARALLEL_TYPE, f"parallel_tool_calls is {kind(parallel)}; expected true or false"
    elif parallel is not None and not tools:
        yield PARALLEL_ALONE, "has parallel_tool_calls, but no tools; leave it out"


def _unknown_keys(value: dict[str, Any], known: tuple[str, ...], at: str) -> Iterator[Fault]:
    for key, inner in value.items():
        if inner is None and key in NULLABLE:
            yield NULL_KEY, f"{at} has null as {key}; leave the key out"
        elif key in ("functions", "function_call"):
            yield DEPRECATED_KEY, f"{at} has {key}, which is deprecated; write it as tools and tool_calls"
        elif key not in known:
            yield UNKNOWN_KEY, f"{at} has the unknown key {quoted(key)}{_near(key, known)}"


def _near(key: str, known: Sequence[str]) -> str:
    return nearest(key, known) or f"; expected only {', '.join(known)}"


def _looks_like(value: dict[str, Any]) -> str:
    """What people have instead, and how it is read."""
    if "conversations" in value:
        return "; this looks like ShareGPT: dataset=sharegpt reads it"
    if "instruction" in value:
        return "; this looks like Alpaca: dataset=alpaca reads it"
    if "prompt" in value and "completion" in value:
        return "; prompt and completion are the old format: write them as a user and an assistant message"
    near = get_close_matches("messages", value, n=1)
    return f"; did you mean it by {quoted(near[0])}?" if near else ""


def _halves(value: Any, path: str = "") -> Iterator[Fault]:
    """Halves of surrogate pairs, in any text or key."""
    if isinstance(value, str):
        if _HALF.search(value):
            yield SURROGATE, f"{path or 'the line'} has half of a surrogate pair (\\ud800 to \\udfff), which is no text"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _halves(key, f"a key of {path or 'the line'}")
            yield from _halves(inner, f"{path} {key}".strip())
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _halves(inner, f"{path.removesuffix('s')} {number}")


def _roles(messages: list[Any]) -> list[Any]:
    return [m.get("role") if isinstance(m, dict) else None for m in messages]


def _without_nulls(messages: Any) -> Any:
    return [{k: v for k, v in m.items() if v is not None} if isinstance(m, dict) else m for m in messages]
