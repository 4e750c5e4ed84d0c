"""One example as a few numbers, so that millions fit in memory. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring
from typing import NamedTuple

from ftexp.data.messages import Example, Message, said_of
from ftexp.validation.alike import hash_of, normalised, normalised_again, without_numbers
from ftexp.values import digest

PREFIX_CHARACTERS = 40
_END, _PART = "\x1e", "\x1f"  # between messages, and between role and content


class Facts(NamedTuple):
    """Hashes are of 64 bits. `..._typed` is of the normalised text, `..._numbers` of it with every number the same.

    `rank` orders examples for the split. `tokens` is 0 where nobody counts.
    """

    whole: int
    whole_typed: int
    whole_numbers: int
    prompt: int
    prompt_typed: int
    prompt_numbers: int
    inputs: int  # the user messages, normalised
    reply: int  # normalised
    prefix: int  # how the first user message begins, normalised
    rank: int
    tokens: int
    turns: int  # user messages


def facts_of(example: Example, seed: int = 0, count: Callable[[Example], int] | None = None) -> Facts:
    """`seed` is that of the split; `count` gives an example's tokens."""
    before, reply = example.messages[:-1], example.messages[-1]
    asked = _END.join([_exact(m) for m in before])
    plain = [normalised_again(m.content) if m.role in ("system", "developer") else normalised(m.content) for m in before]
    typed = _END.join([m.role + _PART + text for m, text in zip(before, plain, strict=True)])
    users = [text for m, text in zip(before, plain, strict=True) if m.role == "user"]
    answer = normalised(_answer(reply))
    rest = example.tools + (_exact(example.rejected) if example.rejected else "")
    numbers, prompt, prompt_typed = without_numbers(typed), hash_of(asked), hash_of(typed)
    return Facts(
        whole=hash_of(asked + _END + _exact(reply) + rest),
        whole_typed=hash_of(typed + _END + answer + rest),
        whole_numbers=hash_of(numbers + _END + without_numbers(answer)),
        prompt=prompt,
        prompt_typed=prompt_typed,
        prompt_numbers=hash_of(numbers),
        inputs=hash_of(_END.join(users)),
        reply=hash_of(answer),
        prefix=hash_of(users[0][:PREFIX_CHARACTERS]) if users else 0,
        rank=rank_of(before, seed),
        tokens=count(example) if count else 0,
        turns=len(users),
    )


def rank_of(prompt: tuple[Message, ...], seed: int) -> int:
    """The first 64 bits of `digest(seed, said_of(prompt))`, which orders prompts for the split. Plain ones take a fourth of the time."""
    if not all(map(is_plain, prompt)):
        return int(digest(seed, said_of(prompt))[:16], 16)
    said = ",".join([f'["{m.role}",{_quoted(m)}]' for m in prompt])
    return int.from_bytes(sha256(f"[{seed},[{said}]]".encode()).digest()[:8], "big")


def is_plain(message: Message) -> bool:
    """Role and content, and nothing else."""
    return message.name is None and message.weight is None and not message.tool_calls and message.tool_call_id is None


def _quoted(message: Message) -> str:
    return _quoted_again(message.content) if message.role == "system" else encode_basestring(message.content)


_quoted_again = lru_cache(maxsize=256)(encode_basestring)


def _exact(message: Message) -> str:
    if is_plain(message):
        return f"{message.role}{_PART}{message.content}"
    return json.dumps(message.said, ensure_ascii=False)


def _answer(reply: Message) -> str:
    """What is learned: the text, and behind it the calls."""
    return "".join([reply.content, *(_PART + c.name + _PART + c.arguments for c in reply.tool_calls)])
