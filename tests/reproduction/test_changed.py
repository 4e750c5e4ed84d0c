from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ftexp.compose import compose
from ftexp.config import RunConfig
from ftexp.provenance import Inputs
from ftexp.reproduction.changed import changed_inputs, flattened


@pytest.fixture(scope="module")
def config() -> RunConfig:
    return compose([], Path()).config


@pytest.fixture(scope="module")
def now(config: RunConfig) -> Inputs:
    return Inputs(
        config=flattened(config),
        splits={"train": "a" * 64, "validation": "b" * 64, "test": "c" * 64},
        revision="r1",
        packages={"torch": "2.9.0", "pytest": "8.3", "nvidia-cublas-cu12": "12.1"},
        commit="d" * 40,
        dirty=True,
        patch="e" * 64,
        code="f" * 64,
        machine={"system": "Linux-6.1.0-x86_64-with-glibc2.36", "processor": "EPYC", "threads": "2"},
    )


def changed(then: Inputs, config: RunConfig, now: Inputs) -> list[tuple[str, str]]:
    return [(d.kind, d.key) for d in changed_inputs(then, config, now)]


def test_what_is_the_same_has_not_changed(config: RunConfig, now: Inputs) -> None:
    assert changed(now, config, now) == []


@pytest.mark.parametrize(("change", "told"), [
    ({"revision": "r2"}, ("model", "revision")),
    ({"code": "0" * 64}, ("code", "ftexp's source")),
    ({"packages": {"torch": "2.8.0", "pytest": "8.3", "nvidia-cublas-cu12": "12.1"}}, ("packages", "torch")),
    ({"packages": {"torch": "2.9.0", "nvidia-cublas-cu12": "12.2"}}, ("packages", "nvidia-cublas-cu12")),
    ({"machine": {"system": "Linux-6.1.0-x86_64-with-glibc2.31", "processor": "EPYC", "threads": "2"}}, ("machine", "system")),
    ({"splits": {"train": "0" * 64, "validation": "b" * 64, "test": "c" * 64}}, ("data", "train")),
])  # fmt: skip
def test_one_change_is_named_alone(change: dict[str, Any], told: tuple[str, str], config: RunConfig, now: Inputs) -> None:
    assert changed(replace(now, **change), config, now) == [told]


@pytest.mark.parametrize("change", [
    {"commit": "0" * 40, "dirty": False, "patch": None},
    {"commit": None, "dirty": None},
    {"packages": {"torch": "2.9.0", "pytest": "7.0", "nvidia-cublas-cu12": "12.1"}},
    {"machine": {"system": "Linux-5.4.0-x86_64-with-glibc2.36", "processor": "EPYC", "threads": "2"}},
], ids=["commit beside known source", "no checkout", "package that computes nothing", "kernel"])  # fmt: skip
def test_what_changes_no_number_is_not_told(change: dict[str, Any], config: RunConfig, now: Inputs) -> None:
    assert changed(replace(now, **change), config, now) == []


@pytest.mark.parametrize(
    "key", ["dataset.license", "eval.headline", "goal", "model.name", "model.provider.path", "name", "replicate", "tracking.kind"]
)
def test_a_key_of_the_config_that_changes_no_number_is_not_told(key: str, config: RunConfig, now: Inputs) -> None:
    assert changed(replace(now, config={**now.config, key: "other"}), config, now) == []


def test_a_key_that_came_later_counts_as_its_default(config: RunConfig, now: Inputs) -> None:
    then = replace(now, config={key: value for key, value in now.config.items() if key != "eval.few_shot"} | {"eval.gone": "1"})
    assert changed(then, config, now) == []
    assert changed(then, config, replace(now, config={**now.config, "eval.few_shot": "7"})) == [("config", "eval.few_shot")]


def test_a_key_that_is_new_here_is_told(config: RunConfig, now: Inputs) -> None:
    added = replace(now, config={**now.config, "eval.suites.chat.metrics.same.kind": "exact_match"})
    assert changed(now, config, added) == [("config", "eval.suites.chat.metrics.same.kind")]


def test_without_ftexps_source_on_record_the_commit_tells(config: RunConfig, now: Inputs) -> None:
    then = replace(now, code=None)
    assert changed(then, config, now) == []
    assert changed(replace(then, commit="0" * 40), config, now) == [("code", "commit")]
    assert changed(replace(then, commit="0" * 40), config, replace(now, commit=None, dirty=False)) == [], "not known outside a checkout"


def test_instruction_sets_are_told_once_both_know_theirs(config: RunConfig, now: Inputs) -> None:
    here = replace(now, machine={**now.machine, "instructions": "avx2 fma"})
    assert changed(now, config, here) == [], "an older record doesn't have them"
    then = replace(now, machine={**now.machine, "instructions": "avx2 avx512_bf16 fma"})
    assert changed(then, config, here) == [("machine", "instructions")]
