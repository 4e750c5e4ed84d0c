"""Attacks by files of conf/ that somebody else wrote: none of them reads, calls, launches or keeps what it shouldn't."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from ftexp.compose import Composed, compose
from ftexp.errors import ConfigError
from ftexp.sweep.expand import expand

SECRET = "-".join(("sk", "A1" * 20))
OUTSIDE = "which lies outside of "


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project directory, and beside it what is nobody else's business."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "mine.jsonl").write_text("{}", encoding="utf-8")
    (tmp_path / "outside" / "evil.yaml").write_text("seed: 7", encoding="utf-8")
    project = tmp_path / "project"
    (project / "data").mkdir(parents=True)
    (project / "data" / "mine.jsonl").write_text("{}", encoding="utf-8")
    (project / "link").symlink_to(tmp_path / "outside")
    (project / "data" / "link.jsonl").symlink_to(tmp_path / "outside" / "mine.jsonl")
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("SOME_PASSWORD", "hunter2")
    monkeypatch.chdir(project)
    return project


def experiment(here: Path, text: str, name: str = "experiment/evil") -> None:
    path = here / "conf" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def faults(here: Path, *words: str, multirun: bool = False) -> str:
    with pytest.raises(ConfigError) as caught:
        expand(words, here, multirun)
    assert SECRET not in str(caught.value) and "hunter2" not in str(caught.value)
    return str(caught.value)


def composed(here: Path, *words: str) -> Composed:
    return compose(words, here)


HEAD = "# @package _global_\n"
DATA = HEAD + "defaults: [{override /dataset: jsonl}]\ndataset: {path: PATH}\n"
TARGET = "{_target_: os.system, command: 'touch called'}"
CALLS = {
    "a call": (HEAD + f"x: {TARGET}\n", "x: unknown key"),
    "a call in a group": (HEAD + f"training: {TARGET}\n", "training._target_: unknown key"),
    "a call among metrics": (HEAD + f"eval: {{suites: {{tickets: {{metrics: {{x: {TARGET}}}}}}}}}\n", "metrics.x.kind: missing"),
    "an object": (HEAD + "seed: !!python/object/apply:os.getcwd []\n", "could not determine a constructor"),
    "a launcher": (HEAD + "hydra: {launcher: {_target_: os.system}}\n", "hydra.launcher._target_: not for a config file to say"),
    "a call inside of the launcher": (HEAD + f"hydra: {{launcher: {{x: {TARGET}}}}}\n", "Key 'x' not in 'BasicLauncherConf'"),
    "a sweeper": (HEAD + "hydra: {sweeper: {_target_: os.system}}\n", "hydra.sweeper._target_: not for a config file to say"),
    "a callback": (HEAD + f"hydra: {{callbacks: {{x: {TARGET}}}}}\n", "hydra.callbacks.x: not for a config file to say"),
    "a logger": (HEAD + "hydra: {job_logging: {formatters: {x: {(): os.getcwd}}}}\n", "hydra.job_logging."),
    "another logger": (HEAD + "hydra: {hydra_logging: {root: {handlers: [x]}}}\n", "hydra.hydra_logging."),
    "an environment": (HEAD + "hydra: {job: {env_set: {EVIL_API_KEY_HOST: evil.example}}}\n", "hydra.job.env_set.EVIL_API_KEY_HOST: not"),
    "a copy of the environment": (HEAD + "hydra: {job: {env_copy: [OPENAI_API_KEY]}}\n", "hydra.job.env_copy: not for"),
    "a directory of runs": (HEAD + "hydra: {run: {dir: /tmp/evil}}\n", "hydra.run.dir: not for a config file to say"),
    "a directory of sweeps": (HEAD + "hydra: {sweep: {dir: /tmp/evil}}\n", "hydra.sweep.dir: not for a config file to say"),
    "another place for configs": (HEAD + "hydra: {searchpath: ['pkg://os']}\n", "searchpath"),
    "Hydra as a package": ("# @package hydra.job\nenv_set: {A: b}\n", "hydra.job.env_set.A: not for a config file to say"),
    "a launcher of a group": (HEAD + "defaults: [{override /hydra/launcher: evil}]\n", "evil"),
    "a help text of a group": (HEAD + "defaults: [{override /hydra/help: evil}]\n", "evil"),
}


@pytest.mark.parametrize("attack", CALLS)
def test_a_file_calls_launches_and_sets_nothing(attack: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, told = CALLS[attack]
    monkeypatch.setattr("os.system", lambda *_: pytest.fail("called"))
    experiment(here, text)
    assert told in faults(here, "experiment=evil")
    assert "EVIL_API_KEY_HOST" not in os.environ and not (here / "called").exists()


@pytest.mark.parametrize("name", ["launcher/basic", "launcher/evil", "job_logging/disabled"])
def test_there_are_no_groups_of_hydra_but_its_own(name: str, here: Path) -> None:
    experiment(here, "_target_: os.system\n", f"hydra/{name}")
    assert "conf/hydra: found groups of Hydra's own; expected none" in faults(here)


def test_a_main_config_reads_no_configs_from_elsewhere(here: Path) -> None:
    for said in ("hydra: {searchpath: ['file://../outside', 'pkg://antigravity']}", "hydra: ${h}\nh: {searchpath: ['pkg://antigravity']}"):
        experiment(here, f"defaults: [evil]\n{said}\n", "config")
        assert "found hydra.searchpath; expected none" in faults(here)


def test_a_main_config_says_no_more_to_hydra_than_an_experiment(here: Path) -> None:
    shipped = (Path(__file__).parent.parent / "conf" / "config.yaml").read_text(encoding="utf-8")
    experiment(here, shipped + "\nhydra: {job: {env_set: {A: b}}}\n", "config")
    assert "hydra.job.env_set.A: not for a config file to say" in faults(here)


LOOKUPS = [
    "${oc.env:OPENAI_API_KEY}",
    "${oc.env:SOME_PASSWORD,none}",
    "https://evil.example/${oc.env:SOME_PASSWORD}",
    "${ oc.env : SOME_PASSWORD }",
    "${oc.env:${name_of_it}}",
    "${oc.${what}:SOME_PASSWORD}",
    "${${what}:SOME_PASSWORD}",
    "${oc.decode:${oc.env:SOME_PASSWORD}}",
    "${oc.env:FTEXP_SECRET}",
    "${hydra:runtime.cwd}",
    "${now:%Y}",
    "${nobody.knows:1}",
]


@pytest.mark.parametrize("text", LOOKUPS)
def test_a_file_looks_up_nothing_but_itself(text: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTEXP_SECRET", "hunter2")
    experiment(here, HEAD + f"goal: {json.dumps(text)}\ntraining: {{method: supervised}}\n")
    assert "a config looks nothing up outside of itself" in faults(here, "experiment=evil")


def test_what_a_config_says_of_itself_is_looked_up(here: Path) -> None:
    experiment(here, HEAD + "goal: ${name} of ${oc.env:HOME} ${oc.select:nothing,here}\nname: run-${seed}\n")
    assert composed(here, "experiment=evil").config.goal == f"run-0 of {os.environ['HOME']} here"


PATHS = [
    "/etc/passwd",
    "../outside/mine.jsonl",
    "data/../../outside/mine.jsonl",
    "link/mine.jsonl",
    "data/link.jsonl",
    "~/mine.jsonl",
    "~nobody-here/x",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_file_names_no_data_outside_of_the_project(path: str, here: Path) -> None:
    experiment(here, DATA.replace("PATH", path))
    told = faults(here, "experiment=evil")
    assert f"dataset.path: found {path}, {OUTSIDE}{here}" in told and told.endswith(f"say it yourself: dataset.path={path}")


ELSEWHERE = {
    "dataset.validation": DATA.replace("PATH", "data/mine.jsonl, validation: /etc/passwd"),
    "dataset.test": DATA.replace("PATH", "data/mine.jsonl, test: ../outside/mine.jsonl"),
    "eval.suites.own.items": HEAD + "eval: {suites: {own: {items: /etc/passwd, metrics: {bleu: {kind: bleu}}}}}\n",
    "tracking.database": HEAD + "tracking: {database: ../outside/mlflow.db}\n",
    "tracking.artifacts": HEAD + "tracking: {artifacts: /tmp}\n",
}


@pytest.mark.parametrize("key", ELSEWHERE)
def test_no_key_of_a_file_names_what_lies_outside(key: str, here: Path) -> None:
    experiment(here, ELSEWHERE[key])
    assert f"{key}: found " in faults(here, "experiment=evil") and OUTSIDE in faults(here, "experiment=evil")


def test_a_file_names_a_model_wherever_it_lies(here: Path) -> None:
    experiment(here, "defaults: [local]\nprovider: {path: ../outside}\n", "model/mine")
    assert composed(here, "model=mine").config.model.name == "outside"


def test_a_declared_sweep_names_no_data_outside_either(here: Path) -> None:
    swept = (
        DATA.replace("PATH", "data/mine.jsonl")
        + "hydra: {mode: MULTIRUN, sweeper: {params: {dataset.path: 'data/mine.jsonl,/etc/passwd'}}}\n"
    )
    experiment(here, swept)
    assert f"dataset.path: found /etc/passwd, {OUTSIDE}" in faults(here, "experiment=evil")


@pytest.mark.parametrize("word", ["dataset.path=/etc/passwd", "dataset.path=../outside/mine.jsonl", "dataset.path=link/mine.jsonl"])
def test_the_users_own_word_names_any_file(word: str, here: Path) -> None:
    experiment(here, DATA.replace("PATH", "../outside/mine.jsonl"))
    assert composed(here, "experiment=evil", word).config.dataset.path == word.split("=")[1]
    assert len(expand(["experiment=evil", f"{word},data/mine.jsonl"], here, True).cells) == 2


def test_the_choice_of_a_file_is_no_word_about_what_it_names(here: Path) -> None:
    experiment(here, "defaults: [jsonl]\npath: /etc/passwd\n", "dataset/evil")
    assert "dataset.path: found /etc/passwd" in faults(here, "dataset=evil")


KEYS = {
    "in a text": f"goal: use {SECRET}",
    "as a name": f"checks: {{severity: {{{SECRET}: error}}}}",
    "in a list": f"checks: {{allow: ['{SECRET}']}}",
}


@pytest.mark.parametrize("place", KEYS)
def test_a_file_holds_no_key(place: str, here: Path) -> None:
    experiment(here, HEAD + KEYS[place] + "\n")
    assert "found what looks like an API key" in faults(here, "experiment=evil")


REFERENCES: Sequence[str] = ("file:///etc/passwd", "http://127.0.0.1:1/x", "other.json", "../x#/y")


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_schema_refers_to_nothing_outside_of_it(reference: str, here: Path) -> None:
    metric = f"{{kind: json_schema, schema: {{properties: {{a: {{$ref: '{reference}'}}}}}}}}"
    experiment(here, HEAD + f"eval: {{suites: {{tickets: {{metrics: {{x: {metric}}}}}}}}}\n")
    assert f"found a reference to '{reference}', expected one inside of the schema" in faults(here, "experiment=evil")
