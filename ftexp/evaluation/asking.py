"""From the eval group and the splits to what is asked: the items of every suite, and each subject's prompts. Reads item files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, assert_never

from ftexp.data.messages import Message, Splits
from ftexp.errors import ConfigError
from ftexp.evaluation.items import TEST, VALIDATION, Item, Prompts, Questions, SubjectName, items_of, prompts_by_subject
from ftexp.evaluation.suites import Evaluation, FileItems, GeneratedItems, ShippedItems, Suite, TestItems
from ftexp.validation.alike import normalised
from ftexp.validation.findings import Finding
from ftexp.validation.items import trained_on

Kind = Literal["answers", "loss", "reply_loss"]
_STEPS: dict[Kind, str] = {"answers": "answers", "loss": "losses", "reply_loss": "reply_losses"}
OTHERS: tuple[SubjectName, ...] = ("base", "tuned")  # who answers what isn't the dataset's


@dataclass(frozen=True)
class Ask:
    """One thing that one subject does with some questions: answer them, or be measured on the references or on its replies."""

    kind: Kind
    questions: Questions
    subject: SubjectName

    @property
    def part(self) -> str:
        """Which part of an evaluation it is: the subject, with the name of questions other than the test split's."""
        match self.questions.name:
            case "test":
                return self.subject
            case "validation":
                return VALIDATION
            case name:
                return f"{name} {self.subject}"

    @property
    def name(self) -> str:
        return f"{self.kind}: {self.part}".replace("reply_loss", "reply loss")

    @property
    def step(self) -> str:
        """Its name as a step of a run."""
        return f"{_STEPS[self.kind]}_{self.part}".replace(" ", "_")


def questions_of(evaluation: Evaluation, splits: Splits) -> tuple[Questions, ...]:
    """The test split's first. Raises DataError for a file of items that can't be read, ConfigError where no item is left or
    another version of a suite is shipped."""
    test = Questions(
        TEST, items_of(splits.test), prompts_by_subject(items_of(splits.test), splits.own, evaluation.few_shot), evaluation.generation
    )
    asked = {name: suite for name, suite in evaluation.suites.items() if not suite.is_plain}
    if not asked:
        return (test,)
    trained = {_asked(e.prompt) for e in (*splits.train, *splits.validation)}
    return (test, *(_own(name, suite, evaluation, splits, trained) for name, suite in asked.items()))


def asks(evaluation: Evaluation, questions: Sequence[Questions]) -> Iterator[Ask]:
    """All that an evaluation does, but for what ranks runs."""
    for q in questions:
        yield from (Ask("answers", q, subject) for subject in q.prompts)
        if evaluation.needs_losses(q.name):
            yield from (Ask("loss", q, subject) for subject in q.prompts)
        if evaluation.needs_reply_losses(q.name):
            yield from (Ask("reply_loss", q, subject) for subject in q.prompts)


def ranking_ask(evaluation: Evaluation, items: Sequence[Item]) -> Ask:
    """What runs are ranked by: what the tuned model does with the validation examples."""
    q = Questions(VALIDATION, tuple(items), {"tuned": tuple(i.prompt for i in items)}, evaluation.generation)
    return Ask("loss" if evaluation.headline_is_loss else "answers", q, "tuned")


def findings_of(questions: Sequence[Questions]) -> tuple[Finding, ...]:
    """A warning for each suite with items that were trained on."""
    return trained_on({q.name: [i.origin for i in q.left_out] for q in questions})


def _own(name: str, suite: Suite, evaluation: Evaluation, splits: Splits, trained: Collection[str]) -> Questions:
    found = _items(suite, splits)
    known = set() if isinstance(suite.items, TestItems) else trained  # the dataset's own splits are judged when they are read
    items = tuple(i for i in found if _asked(i.prompt) not in known)
    if not items:
        raise ConfigError(f"eval.suites.{name}.items: found {len(found)} items, all of them in the training data; expected others")
    prompts = prompts_by_subject(items, splits.own, evaluation.few_shot)
    subjects = suite.subjects or (tuple(prompts) if isinstance(suite.items, TestItems) else OTHERS)
    chosen: Prompts = {s: prompts[s] for s in prompts if s in subjects}
    left_out = tuple(i for i in found if _asked(i.prompt) in known)
    return Questions(name, items, chosen, suite.generation or evaluation.generation, left_out)


def _items(suite: Suite, splits: Splits) -> tuple[Item, ...]:
    match suite.items:
        case TestItems(count=count):
            return items_of(splits.test[:count])
        case GeneratedItems(suite=name, count=count, seed=seed):
            from ftexp.evaluation.generated.making import make

            try:
                return make(name, count, seed)
            except ValueError as error:
                raise ConfigError(f"eval.suites: a suite of generated items: {error}") from error
        case ShippedItems(suite=shipped, language=language, version=version):
            from ftexp.evaluation.shipped.reading import read_shipped

            return read_shipped(shipped, language, version)
        case FileItems(path=path):
            from ftexp.evaluation.item_files import read_items

            return read_items(Path(path))
        case other:
            assert_never(other)


def _asked(prompt: Sequence[Message]) -> str:
    """What the user said, however it is typed."""
    return "\n".join(normalised(m.content) for m in prompt if m.role == "user")
