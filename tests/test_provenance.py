from __future__ import annotations

import json
from dataclasses import replace

from ftexp.provenance import InputDifference, Inputs, differences, inputs_from, inputs_of, recorded
from ftexp.state import State
from ftexp.tracking.events import Figures, Input, Params, Tags, Text

PARAMS = {
    "seed": "0",
    "dataset.name": "null",
    "hyperparameters.n_epochs": "auto",
    "hyperparameters.below_examples": "200",
    "resolved/n_epochs": "3",
    "resolved/preset": "small_dataset",
    "machine/threads": "2",
}
ENVIRONMENT = {"ftexp": "0.1.0", "python": "3.11.7", "system": "Linux", "processor": "EPYC", "commit": "c" * 40, "dirty": True}
TEXTS = {
    "environment/environment.json": json.dumps(ENVIRONMENT),
    "environment/packages.txt": "torch==2.9.0\nmlflow==3.17.0\n",
    "environment/difference.patch": "+seed: 1\n",
}
SPLITS = {"train": "a" * 64, "test": "b" * 64}
INPUTS = inputs_from(PARAMS, {"ftexp.dataset": "chats", "ftexp.model_revision": "r1"}, TEXTS, SPLITS)


def test_what_was_left_open_is_told_as_it_came_out() -> None:
    assert INPUTS.config == {"seed": "0", "dataset.name": "chats", "hyperparameters.n_epochs": "3"}


def test_inputs_are_read_from_the_texts_of_a_record() -> None:
    assert INPUTS.packages == {"torch": "2.9.0", "mlflow": "3.17.0"}
    assert (INPUTS.commit, INPUTS.dirty, INPUTS.revision, INPUTS.splits) == ("c" * 40, True, "r1", SPLITS)
    assert INPUTS.machine == {"python": "3.11.7", "system": "Linux", "processor": "EPYC", "threads": "2"}
    assert INPUTS.patch and len(INPUTS.patch) == 64


def test_the_same_inputs_come_from_the_events_of_a_run() -> None:
    events = [
        Params(values=PARAMS),
        Tags(values={"ftexp.dataset": "chats"}),
        Tags(values={"ftexp.model_revision": "r1"}),
        *(Text(path=path, content=content) for path, content in TEXTS.items()),
        *(Input(name="chats", split=split, sha256=sha256, examples=1, source="s") for split, sha256 in SPLITS.items()),
        Figures(step=0, values={"train/loss": 1.0}),
    ]
    assert inputs_of(events) == INPUTS


def test_equal_inputs_differ_in_nothing() -> None:
    assert differences(INPUTS, INPUTS) == ()


def test_differences_come_kind_by_kind_with_both_values() -> None:
    other = replace(
        INPUTS,
        config=INPUTS.config | {"seed": "1"},
        splits=SPLITS | {"test": "d" * 64},
        revision="r2",
        packages={"torch": "2.9.1", "peft": "0.18"},
        commit=None,
        machine=INPUTS.machine | {"threads": "4"},
    )
    assert differences(INPUTS, other) == (
        InputDifference("config", "seed", "0", "1"),
        InputDifference("data", "test", "b" * 64, "d" * 64),
        InputDifference("model", "revision", "r1", "r2"),
        InputDifference("packages", "mlflow", "3.17.0", None),
        InputDifference("packages", "peft", None, "0.18"),
        InputDifference("packages", "torch", "2.9.0", "2.9.1"),
        InputDifference("code", "commit", "c" * 40, None),
        InputDifference("machine", "threads", "2", "4"),
    )


def test_uncommitted_changes_differ_by_what_they_are() -> None:
    changed = replace(INPUTS, patch="e" * 64)
    assert [d.key for d in differences(INPUTS, changed)] == ["their sha256"]
    assert differences(INPUTS, replace(INPUTS, patch=None)) == (), "a store that wasn't given the patch tells nothing of it"
    clean = replace(INPUTS, dirty=False, patch=None)
    assert differences(INPUTS, clean) == (InputDifference("code", "uncommitted changes", "yes", "no"),)


def test_a_kind_that_is_not_on_record_is_said_once() -> None:
    found = differences(INPUTS, replace(INPUTS, packages={}, machine={}))
    assert found == (
        InputDifference("packages", "packages", "2 on record", None),
        InputDifference("machine", "machine", "4 on record", None),
    )
    assert differences(Inputs(), Inputs()) == ()


def test_a_finished_run_has_all_its_inputs_on_record(finished) -> None:
    run = finished.said.run
    found = recorded([run], State(finished.project.path).journal)[run]
    assert (found.config["dataset.name"], found.config["hyperparameters.n_epochs"]) == ("chats", "1")
    assert found.config["model.name"] == "tiny-llama"
    assert set(found.splits) == {"train", "validation", "test"}
    assert "torch" in found.packages and found.revision
    assert {"python", "processor", "system", "device", "dtype", "threads"} == set(found.machine) - {"instructions"}
    assert found.dirty is not None


def test_a_run_that_is_not_on_record_has_no_inputs(finished) -> None:
    assert recorded(["nobody"], State(finished.project.path).journal) == {"nobody": Inputs()}
