"""Customer service dialogues in Traditional Chinese as used in Taiwan, some of one turn, some where the assistant first asks
for the order number. Every scenario is written by hand and belongs to one split. The texts are CC0."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from ftexp.data.messages import Example, Message, Splits

Part = Literal["train", "validation", "test"]

SEED = 886
SYSTEM = "你是一個專業的客服助手，回答簡潔有禮。"


class Scenario(BaseModel, frozen=True):
    """Several ways to ask one thing. With an `order_request` the answer comes only after the customer gave the order number."""

    asks: tuple[str, ...]
    order_request: str | None = None
    answer: str


class Phrases(BaseModel, frozen=True):
    items: tuple[str, ...]
    order_replies: tuple[str, ...]
    closings: tuple[str, ...]
    scenarios: dict[Part, tuple[Scenario, ...]]


def splits() -> Splits:
    """120 training, 24 validation and 40 test examples, the same ones each time."""
    rng = random.Random(SEED)
    orders = _orders(rng)
    phrases = read_phrases()
    return Splits(
        train=_examples("train", phrases, orders, rng),
        validation=_examples("validation", phrases, orders, rng),
        test=_examples("test", phrases, orders, rng),
    )


def read_phrases() -> Phrases:
    return Phrases.model_validate_json(Path(__file__).with_suffix(".json").read_bytes())


def _examples(part: Part, phrases: Phrases, orders: Iterator[str], rng: random.Random) -> tuple[Example, ...]:
    conversations = [
        _conversation(scenario, ask, phrases, next(orders), rng) for scenario in phrases.scenarios[part] for ask in scenario.asks
    ]
    rng.shuffle(conversations)
    return tuple(Example(messages, f"customer_service_zh {part} {number}") for number, messages in enumerate(conversations, start=1))


def _conversation(scenario: Scenario, ask: str, phrases: Phrases, order: str, rng: random.Random) -> tuple[Message, ...]:
    opening = Message("system", SYSTEM), Message("user", ask.format(item=rng.choice(phrases.items)))
    answer = Message("assistant", scenario.answer.format(order=order) + rng.choice(phrases.closings))
    if scenario.order_request is None:
        return *opening, answer
    reply = Message("user", rng.choice(phrases.order_replies).format(order=order))
    return *opening, Message("assistant", scenario.order_request), reply, answer


def _orders(rng: random.Random) -> Iterator[str]:
    """Order numbers like ABC123, none of them twice."""
    seen = set[str]()
    while True:
        order = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(3)) + str(rng.randrange(100, 1000))
        if order not in seen:
            seen.add(order)
            yield order
