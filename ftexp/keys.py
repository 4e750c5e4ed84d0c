"""Each step's identity: the hash of exactly what its result depends on. Pure.

Raise a version when the code of a step changes what comes out: its old results are then left aside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ftexp.backends.local.machine import Machine
from ftexp.config import RunConfig
from ftexp.data.messages import said_of
from ftexp.evaluation.items import Item, Prompts, SubjectName
from ftexp.presets import Resolved
from ftexp.values import digest

TRAIN, ANSWERS, LOSSES, SCORE, COMPARE, SELECT = 1, 1, 1, 1, 1, 1


@dataclass(frozen=True)
class Key:
    """`value` names a result; `inputs` is the same whatever the `version` of the code that works it out."""

    value: str
    inputs: str
    version: int


@dataclass(frozen=True)
class Keys:
    """Each key chains on those before it. `answers` and `losses` are by subject, `losses` empty where no metric asks.

    `validation` is what the tuned model does with the validation examples, `select` the score of that; None where not asked for.
    """

    train: Key
    answers: dict[SubjectName, Key]
    losses: dict[SubjectName, Key]
    score: Key
    compare: Key
    validation: Key | None
    select: Key | None

    @property
    def result(self) -> str:
        """Names everything that a run comes to."""
        return self.compare.value if self.select is None else digest(self.compare.value, self.select.value)


def keys_of(
    config: RunConfig,
    hyperparameters: Resolved,
    revision: str,
    machine: Machine,
    split_digests: Mapping[str, str],
    items: Sequence[Item],
    prompts: Prompts,
    validation_items: Sequence[Item],
    again: str = "",
) -> Keys:
    """`revision` names the base model's bytes, `split_digests` the content of each split.

    `again` sets a run that is made again apart from the one on record, and so from its results.
    """
    repeat = (config.replicate, again) if again else config.replicate
    train = _train_key(config, hyperparameters, revision, machine, split_digests, repeat)
    evaluation = config.evaluation
    base = digest(revision, repeat)
    here = (machine.device, machine.threads)  # float32 in evaluation, whatever the training dtype
    asked = {name: (train.value if name == "tuned" else base, here, [said_of(p) for p in prompts[name]]) for name in prompts}
    references = [i.reference for i in items]
    answers = {name: _key("answers", ANSWERS, *asked[name], evaluation.generation) for name in prompts}
    losses = {name: _key("losses", LOSSES, *asked[name], references) for name in prompts} if evaluation.needs_losses() else {}
    score = _key("score", SCORE, evaluation.suites, references, _values(answers), _values(losses))
    compare = _key("compare", COMPARE, score.value, evaluation.confidence)
    if not evaluation.measure_validation:
        return Keys(train, answers, losses, score, compare, None, None)
    asked_there = (train.value, here, [said_of(i.prompt) for i in validation_items])
    references_there = [i.reference for i in validation_items]
    if evaluation.headline_is_loss:
        validation = _key("losses", LOSSES, *asked_there, references_there)
    else:
        validation = _key("answers", ANSWERS, *asked_there, evaluation.generation)
    select = _key("select", SELECT, evaluation.headline_metric, references_there, validation.value)
    return Keys(train, answers, losses, score, compare, validation, select)


def _key(name: str, version: int, *inputs: Any) -> Key:
    return Key(digest(name, version, *inputs), digest(name, *inputs), version)


def _values(keys: Mapping[SubjectName, Key]) -> dict[SubjectName, str]:
    return {name: key.value for name, key in keys.items()}


def _train_key(
    config: RunConfig, hyperparameters: Resolved, revision: str, machine: Machine, split_digests: Mapping[str, str], repeat: object
) -> Key:
    """The test split is no part of training, nor is the name of the preset that gave the values."""
    provider = config.model.provider
    assert provider.kind == "local", "other providers have no train key yet"
    values = hyperparameters.model_copy(update={"preset": None})
    data = (split_digests["train"], split_digests["validation"])
    how = (config.training.method, values, provider.lora, provider.validate_every, config.seed, repeat)
    later = config.training.model_dump(exclude={"method"}, exclude_defaults=True)  # keys that came later: their defaults change no key
    return _key("train", TRAIN, data, revision, machine, (*how, later) if later else how)
