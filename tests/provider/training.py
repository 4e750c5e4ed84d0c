"""What a training file teaches, and the figures of training on it. Pure: the same file and settings give the same figures."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

LEAST_EXAMPLES = 10
_WORD = re.compile(r"\w+")


class DataError(Exception):
    """A file that can't be trained on."""


@dataclass(frozen=True)
class Lesson:
    prompt: str
    reply: str

    @cached_property
    def words(self) -> frozenset[str]:
        return words(self.prompt)


@dataclass(frozen=True)
class Settings:
    epochs: int
    batch: int
    rate: float
    beta: float | None = None

    def steps(self, examples: int) -> int:
        return math.ceil(examples / self.batch) * self.epochs


def words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def tokens(text: str) -> int:
    return (len(text.encode("utf-8", "replace")) + 3) // 4


def draw(*parts: object) -> float:
    """A number from 0, below 1."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:6], "big") / 2**48


def lessons(content: bytes, method: str) -> list[Lesson]:
    lines = [line for line in content.decode("utf-8", "replace").splitlines() if line.strip()]
    found = [_lesson(line, number, method) for number, line in enumerate(lines, start=1)]
    if len(found) < LEAST_EXAMPLES:
        raise DataError(f"Training file has {len(found)} example(s), but must have at least {LEAST_EXAMPLES} examples")
    return found


def _lesson(line: str, number: int, method: str) -> Lesson:
    try:
        example = json.loads(line)
        if method == "dpo":
            said, prompt = example["preferred_output"][-1], example["input"]["messages"]
            example["non_preferred_output"][-1]["content"]
        else:
            said, prompt = example["messages"][-1], example["messages"][:-1]
        return Lesson(spoken(prompt), str(said.get("content") or ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise DataError(f"Invalid file format. Line {number} isn't an example of {method}") from None


def spoken(messages: Sequence[Mapping[str, Any]]) -> str:
    """What the last user said, where there is one."""
    users = [message for message in messages if message.get("role") == "user"]
    return text_of(users[-1].get("content")) if users else ""


def text_of(content: object) -> str:
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def settings(asked: Mapping[str, Any], examples: int) -> Settings:
    """`auto` as OpenAI does it, as far as one can tell."""
    epochs, batch, rate, beta = (asked.get(n) for n in ("n_epochs", "batch_size", "learning_rate_multiplier", "beta"))
    automatic = min(25, 100 // max(1, examples)) if 3 * examples < 100 else 3
    return Settings(
        epochs if isinstance(epochs, int) else automatic,
        batch if isinstance(batch, int) else max(1, examples // 500),
        float(rate) if isinstance(rate, int | float) else 2.0,
        float(beta) if isinstance(beta, int | float) else None,
    )


def trained_tokens(content: bytes, epochs: int) -> int:
    """Of what is said, not of the file's punctuation; 3 more a message and an example, as OpenAI's cookbook counts (read 2026-11-22)."""
    lines = [line for line in content.decode("utf-8", "replace").splitlines() if line.strip()]
    return epochs * sum(3 + _said_tokens(json.loads(line)) for line in lines)


def _said_tokens(value: object) -> int:
    match value:
        case dict():
            return 3 * ("role" in value) + sum(_said_tokens(inner) for inner in value.values())
        case list():
            return sum(_said_tokens(inner) for inner in value)
        case str():
            return tokens(value)
    return 0


def figures(seed: int, settings: Settings, step: int, steps: int, validated: bool) -> dict[str, float]:
    """Falls towards a floor, the faster the higher the rate."""
    noise = (draw(seed, settings.rate, step) - 0.5) * 0.1
    loss = 0.4 + 2.0 * math.exp(-3.0 * min(2.0, settings.rate) ** 0.5 * step / steps) + noise
    found = {"train_loss": round(loss, 5), "train_mean_token_accuracy": round(math.exp(-loss / 2), 5)}
    if validated:
        found |= {"valid_loss": round(loss + 0.1, 5), "valid_mean_token_accuracy": round(math.exp(-loss / 2 - 0.05), 5)}
    return found


def nearest(lessons: Sequence[Lesson], prompt: str) -> str:
    """The reply to the prompt that has most words in common with this one."""
    asked = words(prompt)
    best = max(lessons, key=lambda lesson: (lesson.prompt == prompt, len(asked & lesson.words) / (len(asked | lesson.words) or 1)))
    return best.reply
