"""Which steps each key of the config reaches: what it doesn't reach is neither trained nor generated again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny import PLACES, Project, chats, pairs, write_chats

from ftexp.compose import compose
from ftexp.config import RunConfig
from ftexp.data import jsonl
from ftexp.once import Once
from ftexp.run import keys_for, prepare
from ftexp.state import State

NOTHING: set[str] = set()
ANSWERS = {"answers_base", "answers_tuned", "score", "compare"}
LOSSES = {"losses_base", "losses_tuned", "score", "compare"}
TRAINED = {"train", "answers_tuned", "losses_tuned", "score", "compare", "validation", "select"}
EVERYTHING = TRAINED | ANSWERS | LOSSES

# Another value for each key, and the steps whose result it makes another.
REACHES: dict[str, tuple[Any, set[str]]] = {
    "name": ("mine", NOTHING),
    "goal": ("Another goal.", NOTHING),
    "seed": (1, TRAINED),
    "replicate": (2, EVERYTHING),
    "dataset.name": ("mine", NOTHING),
    "dataset.path": ("copy.jsonl", NOTHING),  # of the same content
    "dataset.validation": ("other.jsonl", TRAINED),  # the test examples are parted off first
    "dataset.test": ("other.jsonl", EVERYTHING),
    "dataset.split.validation": (0.3, TRAINED),
    "dataset.split.test": (0.3, EVERYTHING),
    "dataset.split.seed": (1, EVERYTHING),
    "dataset.train_examples": (30, TRAINED),
    "dataset.validation_examples": (5, TRAINED),  # they choose the checkpoint
    "dataset.test_examples": (5, ANSWERS | LOSSES),
    "dataset.mix": ({"builtin": "general_en", "ratio": 0.5}, TRAINED),
    "dataset.task_type": ("style", NOTHING),
    "dataset.license": ("CC0-1.0", NOTHING),
    "dataset.source": ("here", NOTHING),
    "dataset.revision": ("2", NOTHING),
    "model.name": ("mine", NOTHING),
    "model.license": ("MIT", NOTHING),
    "model.source": ("here", NOTHING),
    "model.revision": ("2", NOTHING),  # of a directory its bytes count
    "model.provider.device": ("cuda", EVERYTHING),
    "model.provider.dtype": ("bfloat16", TRAINED),  # evaluation is in float32 whatever it is
    "model.provider.threads": (2, EVERYTHING),
    "model.provider.max_tokens": (512, NOTHING),
    "model.provider.validate_every": (2, TRAINED),
    "model.provider.lora.rank": (8, TRAINED),
    "model.provider.lora.alpha": (16.0, TRAINED),
    "model.provider.lora.dropout": (0.1, TRAINED),
    "model.provider.lora.layers": (1, TRAINED),
    "model.provider.lora.target_modules": (["q_proj"], TRAINED),
    "model.provider.lora.learning_rate": (0.01, TRAINED),
    "model.provider.lora.warmup_share": (0.1, TRAINED),
    "model.provider.lora.weight_decay": (0.1, TRAINED),
    "model.provider.lora.max_gradient_norm": (2.0, TRAINED),
    "hyperparameters.n_epochs": (2, TRAINED),
    "hyperparameters.batch_size": (4, TRAINED),
    "hyperparameters.learning_rate_multiplier": (0.5, TRAINED),
    "hyperparameters.below_examples": (7, NOTHING),
    "hyperparameters.candidates": ({}, NOTHING),  # the values stand, so nothing is picked
    "training.early_stopping": ({"patience": 3}, TRAINED),
    "training.best_metric": ("validation/token_accuracy", TRAINED),
    "training.beta": (0.2, NOTHING),  # of preference alone, see below
    "eval.name": ("mine", NOTHING),
    "eval.few_shot": (1, {"score", "compare"}),  # and what the new subject says
    "eval.generation.max_new_tokens": (5, ANSWERS),
    "eval.generation.batch_size": (4, ANSWERS),
    "eval.suites.chat.metrics.chrf": ({"kind": "exact_match"}, {"score", "compare"}),
    "eval.suites.chat.metrics.token_f1": ({"kind": "exact_match"}, {"score", "compare"}),
    "eval.headline": ("chat/chrf", {"validation", "select"}),
    "eval.confidence": (0.9, {"compare"}),
    "cost.retries": (0.1, NOTHING),
    "cost.monthly_requests": (1000, NOTHING),
    "cost.base_prompt_tokens": (2000, NOTHING),
    "eval.assumed_discordance": (0.1, NOTHING),
    "budget.usd": (1.0, NOTHING),
    "budget.minutes": (1.0, NOTHING),
    "suitability.requirements_stable": (True, NOTHING),
    "suitability.needs_live_information": (False, NOTHING),
    "suitability.wants_variety": (False, NOTHING),
    "suitability.usual": ({"n_epochs": [1, 9]}, NOTHING),
    "checks": ({"name": "mine"}, NOTHING),
    "model.provider.usd_per_hour": (1.0, NOTHING),
    "prices": ({"name": "p", "source": "s", "read_on": "2026-01-01", "models": {}}, NOTHING),
    "tracking": ({"kind": "server", "uri": "http://127.0.0.1:5000", "log_text": False}, NOTHING),
}
# The same for preference training.
REACHES_IN_PREFERENCE: dict[str, tuple[Any, set[str]]] = {
    "training.beta": (0.2, TRAINED | {"pairs"}),
    "training.best_metric": ("validation/reward_margin", TRAINED | {"pairs"}),
    "dataset.test_examples": (5, ANSWERS | LOSSES | {"pairs"}),
    "model.provider.threads": (2, EVERYTHING | {"pairs"}),
    "eval.confidence": (0.9, {"compare"}),
}
# Keys with one value that can be run on this machine, those that say what the others mean, and those with a test of their own.
NO_OTHER = {
    "dataset.kind",
    "model.provider.kind",
    "model.provider.path",
    "model.provider.package",
    "training.method",
    "training.start_from",
    "eval.suites.chat.items",
    "eval.suites.chat.metrics.loss",
    "eval.measure_validation",
}


# The same for a model of a service: what names it there, and what a job is created with.
REACHES_AT_A_SERVICE: dict[str, tuple[Any, set[str]]] = {
    "model": ("another", EVERYTHING),
    "base_url": ("https://other.example.com/v1", EVERYTHING),
    "api_key_env": ("OTHER_KEY", NOTHING),
    "billed": (False, NOTHING),
    "wait": (False, NOTHING),
    "token_limit": ("max_completion_tokens", NOTHING),
    "method_object": (False, NOTHING),
    "job_metadata": (False, NOTHING),
    "learning_rate": (0.00001, TRAINED),
    "best_checkpoint": (False, TRAINED),
    "more_hyperparameters": ({"lora": True}, TRAINED),
    "tuned_answers": ("once_deployed", NOTHING),
    "deployments": ({"base": "mine", "tuned": "mine-tuned"}, NOTHING),
    "uploads": ({"part_bytes": 1, "whole_bytes": 1, "expire_after_days": 1, "delete_afterwards": True}, NOTHING),
    "jobs_at_once": (1, NOTHING),
    "requests_in_flight": (1, NOTHING),
    "poll_seconds": (1.0, NOTHING),
    "listed_within_seconds": (1.0, NOTHING),
    "answers_within_minutes": (1.0, NOTHING),
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[dict[str, Any]]:
    here = tmp_path_factory.mktemp("keys")
    for name in ("chats.jsonl", "copy.jsonl"):
        write_chats(here / name)
    other = "".join(jsonl.lines_of(chats(12)))
    (here / "other.jsonl").write_text(re.sub("|".join(PLACES), r"\g<0>burg", other), encoding="utf-8")  # no example twice
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        words = [*Project(here, tiny_model).overrides, "eval.few_shot=0", "eval.measure_validation=true"]
        yield compose(words, here).config.model_dump(mode="json", by_alias=True)


@pytest.fixture(scope="module")
def hosted(config: dict[str, Any]) -> dict[str, Any]:
    """The same run at a service."""
    where = ["model.provider.base_url=https://api.example.com/v1", "model.provider.model=one", "model.provider.api_key_env=ONE_KEY"]
    words = ["dataset=jsonl", "dataset.path=chats.jsonl", "model=compatible", *where, "hyperparameters.learning_rate_multiplier=1"]
    words += ["eval=chat", "eval.headline=chat/chrf", "eval.few_shot=0", "eval.measure_validation=true"]
    return compose(words, Path.cwd()).config.model_dump(mode="json", by_alias=True)


ONCE = Once()


def keys(config: dict[str, Any]) -> dict[str, str]:
    p = prepare(RunConfig.model_validate_json(json.dumps(config)), State(Path.cwd()), ONCE)
    assert p.model.opened
    found = keys_for(p, p.model.opened)
    single = {"train": found.train, "score": found.score, "compare": found.compare, "validation": found.validation, "select": found.select}
    single |= {"pairs": found.pairs}
    return {name: key.value for name, key in (found.asked | single).items() if key and "few_shot" not in name}


def changed(config: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    other = json.loads(json.dumps(config))
    *path, last = key.split(".")
    inner = other
    for part in path:
        inner = inner[part]
    inner[last] = value
    return other


@pytest.mark.parametrize("key", REACHES)
def test_a_key_reaches_these_steps_and_no_others(key: str, config: dict[str, Any]) -> None:
    value, reached = REACHES[key]
    before, after = keys(config), keys(changed(config, key, value))
    assert {name for name in before if before[name] != after[name]} == reached


@pytest.mark.parametrize("key", REACHES_IN_PREFERENCE)
def test_a_key_of_preference_training_reaches_these_steps_and_no_others(key: str, config: dict[str, Any]) -> None:
    jsonl.write(Path("pairs.jsonl"), pairs())
    preference = changed(changed(config, "training.method", "dpo"), "dataset.path", "pairs.jsonl")
    value, reached = REACHES_IN_PREFERENCE[key]
    before, after = keys(preference), keys(changed(preference, key, value))
    assert {name for name in before if before[name] != after[name]} == reached


def test_what_training_begins_with_counts_by_its_content(config: dict[str, Any], tmp_path: Path) -> None:
    for folder, weights in (("one", b"a"), ("same", b"a"), ("other", b"b")):
        write_adapter(tmp_path / folder, weights, config["model"]["provider"]["lora"])
    plain, one, same, other = (
        keys(changed(config, "training.start_from", start and str(tmp_path / start))) for start in (None, "one", "same", "other")
    )
    assert one == same
    assert {name for name in plain if plain[name] != one[name]} == TRAINED == {name for name in one if one[name] != other[name]}


def write_adapter(folder: Path, weights: bytes, lora: dict[str, Any]) -> None:
    """As far as a key depends on it."""
    folder.mkdir()
    (folder / "adapter_model.safetensors").write_bytes(weights)
    shape = {"r": lora["rank"], "lora_alpha": lora["alpha"], "layers_to_transform": None, "target_modules": lora["target_modules"]}
    (folder / "adapter_config.json").write_text(json.dumps(shape), encoding="utf-8")


@pytest.mark.parametrize("key", REACHES_AT_A_SERVICE)
def test_a_key_of_a_service_reaches_these_steps_and_no_others(key: str, hosted: dict[str, Any]) -> None:
    value, reached = REACHES_AT_A_SERVICE[key]
    before, after = keys(hosted), keys(changed(hosted, f"model.provider.{key}", value))
    assert {name for name in before if before[name] != after[name]} == reached


def test_every_key_of_a_service_is_in_the_table(hosted: dict[str, Any]) -> None:
    assert {*hosted["model"]["provider"]} == {*REACHES_AT_A_SERVICE, "kind"}


def test_every_key_of_the_config_is_in_the_table(config: dict[str, Any]) -> None:
    def leaves(value: Any, key: str) -> Iterator[str]:
        if key in REACHES or key in NO_OTHER:
            yield key
        elif isinstance(value, dict):
            for name, inner in value.items():
                yield from leaves(inner, f"{key}.{name}".removeprefix("."))
        else:
            yield f"{key} is not in the table"

    assert set(leaves(config, "")) == {*REACHES, *NO_OTHER}


def test_a_run_that_is_made_again_shares_no_step(config: dict[str, Any]) -> None:
    from dataclasses import replace

    p = prepare(RunConfig.model_validate_json(json.dumps(config)), State(Path.cwd()), ONCE)
    assert p.model.local
    one, again = keys_for(p, p.model.local), keys_for(replace(p, again="again"), p.model.local)
    assert one.train.value != again.train.value
    assert not {k.value for k in one.asked.values()} & {k.value for k in again.asked.values()}


def test_another_version_of_the_code_is_another_key_with_the_same_inputs(config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    import ftexp.keys

    p = prepare(RunConfig.model_validate_json(json.dumps(config)), State(Path.cwd()), ONCE)
    assert p.model.local
    one = keys_for(p, p.model.local).train
    monkeypatch.setattr(ftexp.keys, "TRAIN", ftexp.keys.TRAIN + 1)
    two = keys_for(p, p.model.local).train
    assert (one.value != two.value, one.inputs == two.inputs, two.version - one.version) == (True, True, 1)
