"""Is a line a chat example? Pure: a decoded JSON value and where it stands give findings."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from ftexp.validation.findings import Finding

ROLES = ("system", "user", "assistant")
LATER = ("tools", "tool_calls", "weight", "name", "parallel_tool_calls", "function_call", "functions", "refusal", "audio")
PREFERENCE = {"input", "preferred_output", "non_preferred_output"}


def findings_of(value: Any, where: str) -> list[Finding]:
    """Every structural fault of one line, in the order of its messages. Empty: the line is a chat example."""
    return [Finding(check, "error", where, message) for check, message in _faults(value)]


def _faults(value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield "not_an_object", f"found {_kind(value)}; expected an object with the key messages"
        return
    if "messages" not in value and PREFERENCE & value.keys():
        yield "no_messages", "is a preference pair, which isn't there yet; expected a list of messages under the key messages"
        return
    yield from _unknown_keys(value, ("messages",), "the line")
    messages = value.get("messages")
    if messages is None:
        yield "no_messages", "has no messages; expected a list of messages under the key messages"
    elif not isinstance(messages, list):
        yield "messages_type", f"messages is {_kind(messages)}; expected a list"
    elif not messages:
        yield "messages_empty", "messages is empty; expected at least one user and one assistant message"
    else:
        for number, message in enumerate(messages, start=1):
            yield from _message_faults(message, number)
        yield from _order_faults(messages)


def _message_faults(message: Any, number: int) -> Iterator[tuple[str, str]]:
    at = f"message {number}"
    if not isinstance(message, dict):
        yield "message_type", f"{at} is {_kind(message)}; expected an object with role and content"
        return
    yield from _unknown_keys(message, ("role", "content"), at)
    role = message.get("role")
    if role not in ROLES:
        found = f"has role {role!r}" if "role" in message else "has no role"
        later = "; tool and developer messages aren't there yet" if role in ("tool", "developer", "function") else ""
        yield "role", f"{at} {found}; expected system, user or assistant{later}"
    yield from _content_faults(message, at)


def _content_faults(message: dict[str, Any], at: str) -> Iterator[tuple[str, str]]:
    content = message.get("content")
    if "content" not in message:
        yield "no_content", f"{at} has no content"
    elif not isinstance(content, str):
        yield "content_type", f"{at} has {_kind(content)} as content; expected text"
    elif not content.strip():
        yield "content_empty", f"{at} has empty content"
    elif any("\ud800" <= c <= "\udfff" for c in content):
        yield "content_surrogate", f"{at} has half of a surrogate pair (\\ud800 to \\udfff), which is no text"


def _order_faults(messages: list[Any]) -> Iterator[tuple[str, str]]:
    roles = [m.get("role") if isinstance(m, dict) else None for m in messages]
    if roles[0] in ROLES and roles[0] not in ("system", "user"):
        yield "first_role", f"starts with a message of {roles[0]}; expected system or user"
    if roles[-1] in ROLES and roles[-1] != "assistant":
        yield "last_role", f"ends with a message of {roles[-1]}; expected assistant, since that is what is learned"
    if "user" not in roles:
        yield "no_user", "has no user message"
    for number, role in enumerate(roles[1:], start=2):
        if role == "system":
            yield "late_system", f"message {number} is a system message; expected it first"


def _unknown_keys(value: dict[str, Any], known: tuple[str, ...], at: str) -> Iterator[tuple[str, str]]:
    for key in value:
        if key in LATER:
            yield "unsupported_key", f"{at} has the key {key!r}, which isn't supported yet; it would be left out of training"
        elif key not in known:
            near = get_close_matches(key, known, n=1)
            yield (
                "unknown_key",
                f"{at} has the unknown key {key!r}; " + (f"did you mean {near[0]}?" if near else f"expected only {', '.join(known)}"),
            )


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "an object"
