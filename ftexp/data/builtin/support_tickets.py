"""Customer support messages in English, each with the ticket that a support desk opens for it. The texts are CC0.

A scenario appears three times, once for each priority, so only the cue beside it tells the priority. Splits share no scenario,
opener, cue, item, order phrase or order id: the test asks whether the meaning was learned, not the wording.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, TypeAdapter

from ftexp.data.messages import Example, Message, Splits

Category = Literal["delivery", "billing", "refund", "account", "product"]
Priority = Literal["low", "normal", "high"]
Part = Literal["train", "validation", "test"]

CATEGORIES: tuple[Category, ...] = get_args(Category)
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
SEED = 135
SYSTEM = (
    "Answer with a JSON ticket: category (delivery, billing, refund, account, product), priority (low, normal, high), order_id (or null)."
)


class Phrases(BaseModel, frozen=True):
    """What the messages of one split are made of."""

    items: tuple[str, ...]
    openers: tuple[str, ...]
    scenarios: dict[Category, tuple[str, ...]]
    cues: dict[Priority, tuple[str, ...]]
    danger_cues: tuple[str, ...]  # high priority, but they make sense only for a product
    order_phrases: tuple[str, ...]
    no_order_phrases: tuple[str, ...]  # an empty one says nothing about the order


@dataclass(frozen=True, slots=True)
class Ticket:
    category: Category
    priority: Priority
    order_id: str | None

    def to_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def splits() -> Splits:
    """240 training, 48 validation and 120 test examples, the same ones each time."""
    rng = random.Random(SEED)
    order_ids = _order_ids(rng)
    phrases = read_phrases()
    return Splits(
        train=_examples("train", phrases["train"], order_ids, rng),
        validation=_examples("validation", phrases["validation"], order_ids, rng),
        test=_examples("test", phrases["test"], order_ids, rng),
    )


def read_phrases() -> dict[Part, Phrases]:
    return TypeAdapter(dict[Part, Phrases]).validate_json(Path(__file__).with_suffix(".json").read_bytes())


def _examples(part: Part, phrases: Phrases, order_ids: Iterator[str], rng: random.Random) -> tuple[Example, ...]:
    conversations = [
        (Message("system", SYSTEM), Message("user", _message(ticket, scenario, phrases, rng)), Message("assistant", ticket.to_json()))
        for ticket, scenario in _tickets(phrases, order_ids)
    ]
    rng.shuffle(conversations)
    return tuple(Example(messages, f"support_tickets {part} {number}") for number, messages in enumerate(conversations, start=1))


def _tickets(phrases: Phrases, order_ids: Iterator[str]) -> Iterator[tuple[Ticket, str]]:
    """Each scenario with each priority. Every fourth ticket has no order id; four and three priorities share no factor, so
    that says nothing about the priority."""
    number = 0
    for category in CATEGORIES:
        for scenario in phrases.scenarios[category]:
            for priority in PRIORITIES:
                yield Ticket(category, priority, next(order_ids) if number % 4 else None), scenario
                number += 1


def _message(ticket: Ticket, scenario: str, phrases: Phrases, rng: random.Random) -> str:
    """An opener and the scenario, then the order and the priority's cue in either order."""
    cues = phrases.cues[ticket.priority]
    if (ticket.category, ticket.priority) == ("product", "high"):
        cues += phrases.danger_cues
    order_phrases = phrases.order_phrases if ticket.order_id else phrases.no_order_phrases
    endings = [rng.choice(order_phrases), rng.choice(cues)]
    rng.shuffle(endings)
    sentences = [rng.choice(phrases.openers), scenario, *endings]
    return " ".join(filter(None, sentences)).format(item=rng.choice(phrases.items), order_id=ticket.order_id)


def _order_ids(rng: random.Random) -> Iterator[str]:
    """Ids like A-48213, none of them twice."""
    seen = set[str]()
    while True:
        order_id = f"{rng.choice('ABCDEFGHJKLMNPRSTUVWXYZ')}-{rng.randrange(10_000, 100_000)}"
        if order_id not in seen:
            seen.add(order_id)
            yield order_id
