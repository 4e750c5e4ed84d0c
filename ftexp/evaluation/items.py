"""What is asked of a model, and the prompts of the subjects that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ftexp.data.messages import Example, Message
from ftexp.values import digest

SubjectName = Literal["base", "few_shot", "tuned"]
Prompts = dict[SubjectName, tuple[tuple[Message, ...], ...]]  # by subject, one an item


@dataclass(frozen=True, slots=True)
class Item:
    """One question with its reference answer. `origin` says which example it is."""

    prompt: tuple[Message, ...]
    reference: str
    origin: str


def items_of(examples: tuple[Example, ...]) -> tuple[Item, ...]:
    return tuple(Item(e.prompt, e.reference, e.origin) for e in examples)


def shown_examples(train: tuple[Example, ...], k: int) -> tuple[Example, ...]:
    """`k` training examples for a few-shot prompt, the same ones whatever the order of the file.

    Picked by the hash of their text; where replies repeat (labels), no reply is shown twice before every other was.
    """
    by_hash = sorted(train, key=lambda e: digest(e.said))
    seen: dict[str, int] = {}
    ranked = []
    for example in by_hash:
        seen[example.reference] = seen.get(example.reference, 0) + 1
        ranked.append((seen[example.reference], example))
    return tuple(example for _, example in sorted(ranked, key=lambda pair: pair[0])[:k])


def with_examples(prompt: tuple[Message, ...], shown: tuple[Example, ...]) -> tuple[Message, ...]:
    """The prompt with `shown` as earlier turns, after its own system message; theirs are left out."""
    system = tuple(m for m in prompt[:1] if m.role == "system")
    turns = tuple(m for example in shown for m in example.messages if m.role != "system")
    return system + turns + prompt[len(system) :]


def prompts_by_subject(items: tuple[Item, ...], train: tuple[Example, ...], few_shot: int) -> Prompts:
    """What each subject is asked, item by item. Base and tuned get the same; the few-shot row is left out at 0 examples."""
    plain = tuple(item.prompt for item in items)
    if few_shot == 0:
        return {"base": plain, "tuned": plain}
    shown = shown_examples(train, few_shot)
    return {"base": plain, "few_shot": tuple(with_examples(p, shown) for p in plain), "tuned": plain}
