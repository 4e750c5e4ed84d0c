"""Answers of base models and of fine-tunes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from provider.training import Lesson, nearest, spoken, text_of, tokens


def completion(asked: dict[str, Any], lessons: Sequence[Lesson] | None, said_too: str) -> dict[str, Any]:
    """A fine-tune answers from its `lessons`; a base model, which has none, in general terms."""
    prompt = spoken(asked["messages"])
    text = (nearest(lessons, prompt) if lessons else f"There is much to say about this: {prompt[:60]}") + said_too
    limit = asked.get("max_completion_tokens") or asked.get("max_tokens")
    cut = bool(limit) and tokens(text) > limit
    text = text[: limit * 4] if cut and limit else text
    sent = sum(4 + tokens(text_of(message.get("content"))) for message in asked["messages"])
    return {
        "id": f"chatcmpl-{hashlib.sha256(repr((asked, text)).encode()).hexdigest()[:24]}",
        "object": "chat.completion",
        "created": 1790000000,
        "model": asked["model"],
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None},
                "logprobs": None,
                "finish_reason": "length" if cut else "stop",
            }
        ],
        "usage": {"prompt_tokens": sent, "completion_tokens": tokens(text), "total_tokens": sent + tokens(text)},
    }
