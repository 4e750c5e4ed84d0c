"""Each step's identity: the hash of exactly what its result depends on. Pure.

Raise a version when the code of a step changes what comes out: its old results are then left aside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ftexp.backends.local.machine import Machine
from ftexp.config import RunConfig
from ftexp.data.messages import Message
from ftexp.evaluation.items import Item, Prompts, SubjectName
from ftexp.presets import Resolved
from ftexp.values import digest

TRAIN, ANSWERS, LOSSES, SCORE, COMPARE = 1, 1, 1, 1, 1


@dataclass(frozen=True)
class Keys:
    """Each key chains on those before it. `answers` and `losses` are by subject, `losses` empty where no metric asks."""

    train: str
    answers: dict[SubjectName, str]
    losses: dict[SubjectName, str]
    score: str
    compare: str


def keys_of(
    config: RunConfig,
    hyperparameters: Resolved,
    revision: str,
    machine: Machine,
    split_digests: Mapping[str, str],
    items: Sequence[Item],
    prompts: Prompts,
) -> Keys:
    """`revision` names the base model's bytes, `split_digests` the content of each split."""
    train = _train_key(config, hyperparameters, revision, machine, split_digests)
    evaluation = config.evaluation
    base = digest(revision, config.replicate)
    here = (machine.device, machine.threads)  # float32 in evaluation, whatever the training dtype
    subject = {name: train if name == "tuned" else base for name in prompts}
    answers = {
        name: digest("answers", ANSWERS, subject[name], here, [_text(p) for p in prompts[name]], evaluation.generation) for name in prompts
    }
    losses = {
        name: digest("losses", LOSSES, subject[name], here, [_text(p) for p in prompts[name]], [i.reference for i in items])
        for name in prompts
    }
    losses = losses if evaluation.needs_losses else {}
    score = digest("score", SCORE, evaluation.suites, [i.reference for i in items], answers, losses)
    return Keys(train, answers, losses, score, digest("compare", COMPARE, score, evaluation.confidence))


def _train_key(config: RunConfig, hyperparameters: Resolved, revision: str, machine: Machine, split_digests: Mapping[str, str]) -> str:
    """The test split is no part of training, nor is the name of the preset that gave the values."""
    provider = config.model.provider
    assert provider.kind == "local", "other providers have no train key yet"
    values = hyperparameters.model_copy(update={"preset": None})
    data = (split_digests["train"], split_digests["validation"])
    how = (config.training.method, values, provider.lora, provider.validate_every, config.seed, config.replicate)
    return digest("train", TRAIN, data, revision, machine, how)


def _text(messages: Sequence[Message]) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in messages]
