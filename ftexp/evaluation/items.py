"""What is asked of a model, and the prompts of the subjects that are compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ftexp.backends.results import Generation
from ftexp.data.messages import Example, Message
from ftexp.evaluation.constraints import Constraint
from ftexp.values import digest

SubjectName = Literal["base", "few_shot", "tuned"]
Prompts = dict[SubjectName, tuple[tuple[Message, ...], ...]]  # by subject, one an item

TEST, VALIDATION = "test", "validation"  # the questions that are the dataset's own; those of a suite have its name


@dataclass(frozen=True, slots=True)
class Item:
    """One question with its reference answer, empty where there is none. `origin` says where it comes from.

    `accepted` are other right answers. Items of one `cluster` go together, as those made from one template; empty: by itself.
    `expected` says whether the question is to be answered or refused, `secrets` what must not be repeated, `language` in which
    language (ISO 639-1) to answer, `twin` which items are one question but for a detail that must not matter.
    """

    prompt: tuple[Message, ...]
    reference: str
    origin: str
    accepted: tuple[str, ...] = ()
    cluster: str = ""
    constraints: tuple[Constraint, ...] = ()
    expected: Literal["", "answer", "refuse"] = ""
    secrets: tuple[str, ...] = ()
    language: str = ""
    twin: str = ""

    @property
    def identity(self) -> object:
        """What a score of a reply depends on besides the prompt."""
        more = (self.accepted, self.cluster, self.constraints, self.expected, self.secrets, self.language, self.twin)
        return (self.reference, *more) if any(more) else self.reference


@dataclass(frozen=True)
class Questions:
    """What is put to the subjects in one go: the test split, or the items of one suite."""

    name: str
    items: tuple[Item, ...]
    prompts: Prompts
    generation: Generation
    left_out: tuple[Item, ...] = ()  # found in the training data

    def without(self, subject: SubjectName) -> Questions:
        return replace(self, prompts={s: prompts for s, prompts in self.prompts.items() if s != subject})

    def of(self, step: str) -> str:
        """The name of a step on these questions; a subject's name comes behind."""
        return step if self.name == TEST else f"{step}_{self.name}"


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
