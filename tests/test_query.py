from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftexp.errors import ConfigError
from ftexp.journal import Journal
from ftexp.query import parse_condition, runs_where
from ftexp.tracking.events import Input, Params


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Runs a, b and c with 1, 3 and auto epochs; auto came to 5. a and b have finished, with scores of 0.25 and 0.75."""
    journal = Journal(tmp_path / "journal.db")
    for run, epochs in (("a", 1), ("b", 3), ("c", "auto")):
        config = {"hyperparameters": {"n_epochs": epochs}, "dataset": {"name": None}, "goal": None if run == "a" else "say '3'"}
        journal.open_run(run, f"name of {run}", "experiment", json.dumps(config), "{}")
        told = Params(values={"resolved/n_epochs": "5" if run == "c" else str(epochs)})
        split = Input(name=f"chats_{run}", split="train", sha256="", examples=1, source="")
        journal.emit(run, [(event.ident, event.model_dump_json()) for event in (told, split)])
    for run, score in (("a", 0.25), ("b", 0.75)):
        means = {"tickets/exact": {"tuned": {"value": score, "low": score - 0.1, "high": score + 0.1, "n": 4}}}
        differences = {"tickets/exact": {"base": {"value": score, "low": None, "high": None, "n": 4}}}
        journal.end_run(run, "finished", record=json.dumps({"comparison": {"means": means, "differences": differences}}))
    return journal


FITTING = {
    "hyperparameters.n_epochs=3": "b",
    "hyperparameters.n_epochs>=3": "bc",
    "hyperparameters.n_epochs != 3": "ac",
    "hyperparameters.n_epochs<3": "a",
    "hyperparameters.n_epochs>3": "c",
    "hyperparameters.n_epochs<=3": "ab",
    "dataset.name=chats_b": "b",
    "score/tuned/tickets/exact>0.5": "b",
    "score/tuned/tickets/exact!=0.5": "ab",
    "score/tuned/tickets/exact=0.25": "a",
    "score/tuned/tickets/exact/ci_low<0.2": "a",
    "score/tuned/tickets/exact/n=4": "ab",
    "score/delta_base/tickets/exact>=0.75": "b",
    "state=finished": "ab",
    "experiment=experiment": "abc",
    "experiment!=experiment": "",
    "name=name of c": "c",
    "goal=say '3'": "bc",
    "goal!=say '3'": "a",
    "goal=null": "a",
    "goal!=null": "bc",
    "goal>0": "",
    "goal=x' OR 1=1 --": "",
    'goal="; DROP TABLE runs': "",
}


@pytest.mark.parametrize(("condition", "runs"), FITTING.items())
def test_a_condition_picks_the_runs_that_it_fits(condition: str, runs: str, journal: Journal) -> None:
    assert "".join(row.id for row in runs_where([condition], journal)) == runs


def test_every_condition_has_to_fit(journal: Journal) -> None:
    assert [r.id for r in runs_where(["state=finished", "hyperparameters.n_epochs>=3"], journal)] == ["b"]


def test_a_sweeps_summary_is_no_run_to_pick(journal: Journal) -> None:
    journal.open_run("s", "summary", "experiment", "{}", "{}", kind="summary")
    assert [r.id for r in runs_where(["experiment=experiment"], journal)] == ["a", "b", "c"]


REFUSED = {
    "hyperparameters.epochs=3": "the key 'hyperparameters.epochs', which no run on record has; did you mean hyperparameters.n_epochs?",
    "n_epochs=3": "found the key 'n_epochs', which no run on record has; did you mean hyperparameters.n_epochs?",
    "score/tunde/tickets/exact>0": "which no run on record has; did you mean score/tuned/tickets/exact?",
    "score/tickets/exact>0": "which no run on record has; did you mean",
    "sate=finished": "found the key 'sate', which no run on record has; did you mean state?",
    "hyperparameters=3": "found 'hyperparameters', a group of keys; expected one of hyperparameters.n_epochs",
    "xyzzy=3": "expected state, experiment, name, a key of the config or score/SUBJECT/SUITE/METRIC",
    "hyperparameters.n_epochs>=many": "found 'many' after >=, expected a number",
    "hyperparameters.n_epochs>nan": "found 'nan' after >, expected a number",
    "hyperparameters.n_epochs": "found no condition, expected KEY, one of = != >= <= > <, and a value",
    "": "found no condition",
    '$"."=3': "found a quotation mark in the key",
}


@pytest.mark.parametrize(("condition", "told"), REFUSED.items())
def test_a_condition_that_cannot_be_meant_is_refused(condition: str, told: str, journal: Journal) -> None:
    with pytest.raises(ConfigError) as caught:
        runs_where([condition], journal)
    (fault,) = caught.value.faults
    assert fault.startswith(f"--where {condition!r}: ") and told in fault


def test_all_that_is_wrong_is_told_at_once(journal: Journal) -> None:
    with pytest.raises(ConfigError) as caught:
        runs_where(["sate=finished", "x"], journal)
    assert len(caught.value.faults) == 2


def test_without_any_run_no_key_is_unknown(tmp_path: Path) -> None:
    assert runs_where(["sate=finished"], Journal(tmp_path / "journal.db")) == []


@pytest.mark.parametrize(("text", "parts"), [("a.b >= 3", ("a.b", ">=", "3")), ("a==b", ("a", "=", "=b")), ("a=x y", ("a", "=", "x y"))])
def test_a_condition_is_a_key_an_operator_and_a_value(text: str, parts: tuple[str, str, str]) -> None:
    found = parse_condition(text)
    assert (found.key, found.operator, found.value) == parts
