"""Supervised first, then preference on pairs of the same data, from the command to what is on record."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny import Project, Said, ftexp, in_project, new_project, pairs

from ftexp.boundaries import path_faults
from ftexp.compose import compose
from ftexp.data import jsonl
from ftexp.journal import RunRow
from ftexp.provenance import recorded
from ftexp.run import Record
from ftexp.state import State
from ftexp.tracking.events import Figures, parse

PREFERENCE = ("dataset.path=pairs.jsonl", "training.method=dpo", "hyperparameters.n_epochs=2", "eval.few_shot=0")


@dataclass(frozen=True)
class Chain:
    """A project with a supervised run and one that went on from it by preference."""

    project: Project
    supervised: Said
    preference: Said

    @property
    def words(self) -> list[str]:
        return [*self.project.overrides, *PREFERENCE, f"training.start_from={self.supervised.run}"]


@pytest.fixture(scope="module")
def the_chain(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, mlflow_database: Path) -> Chain:
    with new_project(tmp_path_factory.mktemp("chain") / "project", tiny_model, mlflow_database) as project:
        jsonl.write(project.path / "pairs.jsonl", pairs())
        supervised = project.run("eval.few_shot=0")
        chain = Chain(project, supervised, supervised)
        preference = ftexp("run", *chain.words)
    assert (supervised.code, preference.code) == (0, 0), preference.err
    return Chain(project, supervised, preference)


@pytest.fixture
def chain(the_chain: Chain) -> Iterator[Chain]:
    """The one, in which nothing is changed."""
    with in_project(the_chain.project.path):
        yield the_chain


@pytest.fixture
def own_chain(the_chain: Chain, tmp_path: Path) -> Iterator[Chain]:
    shutil.copytree(the_chain.project.path, tmp_path / "project")
    with in_project(tmp_path / "project"):
        yield Chain(Project(tmp_path / "project", the_chain.project.model), the_chain.supervised, the_chain.preference)


def row_of(said: Said) -> RunRow:
    row = State(Path.cwd()).journal.run(said.run)
    assert row and row.record
    return row


def record_of(said: Said) -> Record:
    return Record.model_validate_json(row_of(said).record or "")


def test_held_out_pairs_are_ranked_better_and_it_is_told(chain: Chain) -> None:
    record = record_of(chain.preference)
    assert record.pairs and record.pairs.accuracy.value > 0.8 and record.pairs.margin.value > 0.1
    assert "of 9 test pairs are ranked right (0.5 before), with a mean reward margin of" in chain.preference.out
    report = ftexp("report", chain.preference.run, "--markdown")
    assert "test pairs are ranked right" in report.out and "method: dpo, beta 0.1" in report.out


def test_rewards_are_curves_and_the_test_pairs_figures(chain: Chain) -> None:
    bodies = State(Path.cwd()).journal.bodies([chain.preference.run], "figures/")[chain.preference.run]
    told = [event for body in bodies if isinstance(event := parse(body), Figures)]
    names = {name for figures in told for name in figures.values}
    assert {f"{side}/reward_{what}" for side in ("train", "validation", "test") for what in ("margin", "accuracy")} <= names


def test_base_and_tuned_are_compared_as_always_on_the_preferred_answers(chain: Chain) -> None:
    supervised, preference = record_of(chain.supervised), record_of(chain.preference)
    assert supervised.comparison.means["chat/loss"]["base"] == preference.comparison.means["chat/loss"]["base"]
    assert [d.condition for d in preference.diagnoses] != ["memorised"]


def test_what_it_began_with_is_on_record_and_in_its_name(chain: Chain) -> None:
    begun = record_of(chain.supervised).training.adapter
    row = row_of(chain.preference)
    assert begun and recorded([row.id], State(Path.cwd()).journal)[row.id].start == begun.sha256
    assert f"from{begun.sha256[:6]}" in row.name


def test_the_same_command_answers_from_the_record(chain: Chain) -> None:
    again = ftexp("run", *chain.words)
    assert again.run == chain.preference.run and "training ..." not in again.err


def test_it_is_reproduced_from_the_same_start(own_chain: Chain) -> None:
    made = ftexp("reproduce", own_chain.preference.run, "--verify")
    assert made.code == 0 and "identical" in made.out


def test_an_adapters_directory_is_as_good_as_its_run(chain: Chain) -> None:
    adapter = record_of(chain.supervised).training.adapter
    assert adapter
    by_directory = ftexp("run", *chain.words[:-1], f"training.start_from={adapter.path}")
    assert by_directory.run == chain.preference.run


REFUSED = [
    ("nothere", "run 'nothere': not on record"),
    ("last", "found last, which is another run after this one"),
    ("chats.jsonl", "not on record"),
    ("cache", "cache has no adapter_model.safetensors"),
]


@pytest.mark.parametrize(("start", "message"), REFUSED)
def test_a_start_that_is_none_is_refused(start: str, message: str, own_chain: Chain) -> None:
    Path("cache").mkdir(exist_ok=True)
    run = ftexp("run", *own_chain.words[:-1], f"training.start_from={start}")
    assert run.code == 2 and message in run.err and "training.start_from: " in run.err
    assert "expected the id of a finished run in this project, or the directory of an adapter" in run.err


def test_a_start_of_another_shape_is_refused_with_what_fits(chain: Chain) -> None:
    run = ftexp("run", *chain.words, "model.provider.lora.rank=8", "model.provider.lora.layers=1")
    assert run.code == 2
    assert "its rank is 16, but model.provider.lora.rank is 8; set model.provider.lora.rank=16" in run.err
    assert "its layers is all, but model.provider.lora.layers is 1" in run.err


def test_an_adapter_that_is_no_plain_lora_is_refused(own_chain: Chain) -> None:
    adapter = record_of(own_chain.supervised).training.adapter
    assert adapter
    shutil.copytree(adapter.path, "copy")
    told = json.loads(Path("copy/adapter_config.json").read_text(encoding="utf-8"))
    Path("copy/adapter_config.json").write_text(json.dumps(told | {"use_dora": True}), encoding="utf-8")
    run = ftexp("run", *own_chain.words[:-1], "training.start_from=copy")
    assert run.code == 2 and "its use_dora is True; expected a plain LoRA adapter" in run.err


def test_a_start_that_is_gone_is_told_and_the_tuned_model_can_still_be_asked(own_chain: Chain) -> None:
    adapter = record_of(own_chain.supervised).training.adapter
    assert adapter
    shutil.rmtree(adapter.path)
    made = ftexp("reproduce", own_chain.preference.run)
    assert made.code == 2 and f"gone or changed since run {own_chain.supervised.run} made it" in made.err
    assert ftexp("evaluate", own_chain.preference.run, "eval.generation.max_new_tokens=2").code == 0


def test_what_the_start_was_trained_on_can_not_judge_what_follows(own_chain: Chain) -> None:
    jsonl.write(Path("pairs.jsonl"), pairs()[20:])
    jsonl.write(Path("test.jsonl"), pairs()[:12])
    run = ftexp("run", *own_chain.words, "dataset.test=test.jsonl")
    assert run.code == 4
    assert f"is what training.start_from {own_chain.supervised.run} was trained on, as " in run.err
    softer = ftexp("plan", *own_chain.words, "dataset.test=test.jsonl", "checks.severity.start_trained_on=warning")
    assert softer.code == 0


def test_a_start_out_of_the_project_is_for_the_command_line_to_say(chain: Chain) -> None:
    config = compose([*chain.words[:-1], "training.start_from=../elsewhere"], chain.project.path).config
    assert any(
        fault.startswith("training.start_from: found ../elsewhere, which lies outside") for fault in path_faults(config, chain.project.path)
    )
    assert not any("start_from" in fault for fault in path_faults(config, chain.project.path, ["training.start_from"]))
