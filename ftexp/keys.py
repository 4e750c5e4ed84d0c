"""Each step's identity: the hash of exactly what its result depends on. Pure.

Raise a version when the code of a step changes what comes out: its old results are then left aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from ftexp.backends.base import OpenModel
from ftexp.config import RunConfig
from ftexp.data.messages import said_of
from ftexp.evaluation.asking import Ask, Kind, asks, ranking_ask
from ftexp.evaluation.items import Item, Questions, SubjectName
from ftexp.presets import Resolved
from ftexp.values import digest

TRAIN, ANSWERS, LOSSES, SCORE, COMPARE, FLIPS, GATES, SELECT, PAIRS = 1, 1, 1, 2, 2, 1, 1, 1, 1


@dataclass(frozen=True)
class Key:
    """`value` names a result; `inputs` is the same whatever the `version` of the code that works it out."""

    value: str
    inputs: str
    version: int


@dataclass(frozen=True)
class Keys:
    """Each key chains on those before it. `asked` has one for each thing that a subject does, by the name of its step.

    `gates` is None where there are none. `validation` is what the tuned model does with the validation examples, `select` the score
    of that; None where not asked for. `pairs` is what the tuned model makes of the test split's preference pairs.
    """

    train: Key
    asked: dict[str, Key]
    score: Key
    compare: Key
    flips: Key
    gates: Key | None
    validation: Key | None
    select: Key | None
    pairs: Key | None = None

    def of(self, kind: Kind, questions: Questions) -> dict[SubjectName, Key]:
        """By subject; empty where no metric asks for it."""
        wanted = {s: Ask(kind, questions, s).step for s in questions.prompts}
        return {subject: self.asked[step] for subject, step in wanted.items() if step in self.asked}

    @property
    def result(self) -> str:
        """Names everything that a run comes to."""
        more = [key.value for key in (self.gates, self.select) if key]
        return digest(self.compare.value, *more) if more else self.compare.value


def keys_of(
    config: RunConfig,
    hyperparameters: Resolved,
    model: OpenModel,
    split_digests: Mapping[str, str],
    questions: Sequence[Questions],
    validation_items: Sequence[Item],
    again: str = "",
    tuned: str = "",
    start: str = "",
) -> Keys:
    """`split_digests` names the content of each split; the first `questions` are the test split's.

    `again` sets a run that is made again apart from the one on record, and so from its results. `tuned` names an adapter
    that is evaluated instead of one trained now, by the key of its training or by its content. `start` is the sha256 of the adapter that
    training begins with.
    """
    repeat = (config.replicate, again) if again else config.replicate
    train = Key(tuned, tuned, TRAIN) if tuned else _train_key(config, hyperparameters, model, split_digests, repeat, start)
    evaluation = config.evaluation
    models = Models(digest(model.revision, repeat), train.value, model.place)
    asked: dict[str, Key] = {}
    for ask in asks(evaluation, questions):
        asked[ask.step] = _ask_key(ask, models, asked)
    score = _key("score", SCORE, evaluation.suites, *_judged(asked, questions))
    compare = _key("compare", COMPARE, score.value, evaluation.confidence)
    gates = _key("gates", GATES, compare.value, evaluation.gates, sorted(config.suitability.facts)) if evaluation.gates else None
    flips = _key("flips", FLIPS, score.value, evaluation.headline)
    has_pairs = config.training.method == "dpo" and model.machine is not None
    pairs = _key("pairs", PAIRS, train.value, model.place, split_digests["test"]) if has_pairs else None
    if not evaluation.measure_validation:
        return Keys(train, asked, score, compare, flips, gates, None, None, pairs)
    validation = _ask_key(ranking_ask(evaluation, validation_items), models, asked)
    select = _key("select", SELECT, evaluation.headline_metric, [i.reference for i in validation_items], validation.value)
    return Keys(train, asked, score, compare, flips, gates, validation, select, pairs)


@dataclass(frozen=True)
class Models:
    """What names the base and the tuned model, and the machine: float32 in evaluation, whatever the training dtype."""

    base: str
    tuned: str
    here: tuple[str, int]


def _ask_key(ask: Ask, models: Models, earlier: Mapping[str, Key]) -> Key:
    q, subject = ask.questions, ask.subject
    asked = (models.tuned if subject == "tuned" else models.base, models.here, [said_of(p) for p in q.prompts[subject]])
    match ask.kind:
        case "answers":
            return _key("answers", ANSWERS, *asked, q.generation)
        case "loss":
            return _key("losses", LOSSES, *asked, [i.reference for i in q.items])
        case "reply_loss":
            said = earlier[Ask("answers", q, subject).step]
            return _key("reply_losses", LOSSES, models.base, models.here, [said_of(i.prompt) for i in q.items], said.value)
    assert_never(ask.kind)


def _judged(asked: Mapping[str, Key], questions: Sequence[Questions]) -> Iterator[object]:
    """What scores depend on besides the metrics; of the test split's answers and losses as it has always been."""
    for q in questions:
        yield [item.identity for item in q.items]
        for kind in ("answers", "loss"):
            yield {subject: asked[step].value for subject in q.prompts if (step := Ask(kind, q, subject).step) in asked}
    more = {name: key.value for name, key in asked.items() if name.startswith("reply_loss")}
    if more:
        yield more


def _key(name: str, version: int, *inputs: Any) -> Key:
    return Key(digest(name, version, *inputs), digest(name, *inputs), version)


def _train_key(
    config: RunConfig, hyperparameters: Resolved, model: OpenModel, split_digests: Mapping[str, str], repeat: object, start: str
) -> Key:
    """The test split is no part of training, nor is the name of the preset that gave the values. `start` is the content of an adapter."""
    values = hyperparameters.model_copy(update={"preset": None})
    data = (split_digests["train"], split_digests["validation"])
    how = (config.training.method, values, *model.settings, config.seed, repeat)
    unsaid = {"method", "start_from"} | (set() if config.training.method == "dpo" else {"beta"})
    later = config.training.model_dump(exclude=unsaid, exclude_defaults=True)  # keys that came later: their defaults change no key
    later |= {"start": start} if start else {}
    return _key("train", TRAIN, data, model.revision, model.machine, (*how, later) if later else how)
