"""One chat completion: what is sent, and what is read out of the answer, whatever a service made of it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from ftexp.backends.results import Reply
from ftexp.data.messages import Message

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # left where a service cut a text inside a character; no file can hold it


class MalformedError(Exception):
    """An answer that isn't a chat completion."""


def sent_messages(prompt: Sequence[Message]) -> list[Any]:
    """As the service wants them: without weights, which are for training."""
    return [_sent(message) for message in prompt]


def reply_of(body: bytes, seconds: float) -> Reply:
    """A refusal is what the model said; without a count of tokens the counts are 0. Raises MalformedError.

    Of an answer that was cut at the limit the part that came is scored, as on this machine; where none came, the limit went into
    thinking that isn't shown, and nothing is scored.
    """
    whole = _decoded(body)
    choice = _choice(whole)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise MalformedError("the answer has no message")
    tokens_in, tokens_out = (_tokens(whole.get("usage"), name) for name in ("prompt_tokens", "completion_tokens"))
    text = _LONE_SURROGATE.sub("\ufffd", _text(message))
    error = _unscored(choice.get("finish_reason"), text)
    return Reply(text="" if error else text, tokens_in=tokens_in, tokens_out=tokens_out, seconds=seconds, error=error)


def _sent(message: Message) -> dict[str, Any]:
    calls = [{"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}} for c in message.tool_calls]
    more = {"name": message.name, "tool_calls": calls or None, "tool_call_id": message.tool_call_id}
    return {"role": message.role, "content": message.content} | {key: value for key, value in more.items() if value}


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise MalformedError("the answer isn't whole JSON") from None
    if not isinstance(found, dict):
        raise MalformedError("the answer isn't a JSON object")
    return found


def _choice(whole: dict[str, Any]) -> dict[str, Any]:
    choices = whole.get("choices")
    if not (isinstance(choices, list) and choices and isinstance(choices[0], dict)):
        raise MalformedError("the answer has no choices")
    return choices[0]


def _text(message: dict[str, Any]) -> str:
    content = message.get("content")
    if content is not None and not isinstance(content, str):
        raise MalformedError("the content of the answer isn't text")
    refusal = message.get("refusal")
    return content or (refusal if isinstance(refusal, str) else "")


def _unscored(finish_reason: object, text: str) -> str:
    if finish_reason == "content_filter":
        return "the service's content filter held the answer back"
    if finish_reason == "length" and not text:
        return "the limit of tokens was used up before any text came; a higher max_new_tokens leaves room for it"
    return ""


def _tokens(usage: object, name: str) -> int:
    found = usage.get(name) if isinstance(usage, dict) else None
    return found if type(found) is int and 0 <= found < 2**53 else 0
