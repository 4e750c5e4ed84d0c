from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from mlflow import MlflowClient
from tiny import Finished, ftexp

EASY = "eval.gates.overlap={line: Says anything, metric: chat/chrf, at_least: 0.0, by: point}"
HARD = "eval.gates.overlap={line: Perfect, metric: chat/chrf, at_least: 1.0, by: point}"
OPEN = "eval.gates.better={line: Better, metric: chat/token_f1, against: base, better_by: 0.0}"


def store() -> MlflowClient:
    return MlflowClient(f"sqlite:///{Path('mlflow.db').resolve()}")


def steps() -> int:
    with sqlite3.connect(".ftexp/journal.db") as journal:
        return int(journal.execute("SELECT COUNT(*) FROM steps").fetchone()[0])


@pytest.mark.parametrize(("gate", "code", "verdict"), [(EASY, 0, "pass"), (HARD, 1, "fail"), (OPEN, 3, "inconclusive")])
def test_the_verdict_is_the_exit_code_and_stands_in_mlflow(gate: str, code: int, verdict: str, copy_of_finished: Finished) -> None:
    said = ftexp("evaluate", "last", gate)
    assert said.code == code, said.err
    again = ftexp("gate", said.run)
    assert again.code == code
    (run,) = store().search_runs(["1"], f"tags.`ftexp.run` = '{said.run}'")
    assert run.data.tags["verdict"] == verdict
    assert run.data.metrics[f"gate/{gate.split('=')[0].split('.')[-1]}"] == {"pass": 1.0, "fail": 0.0, "inconclusive": 0.5}[verdict]


def test_another_threshold_is_judged_from_the_scores_on_record(copy_of_finished: Finished) -> None:
    run = ftexp("evaluate", "last", EASY).run
    before = steps()
    said = ftexp("gate", run, "eval.gates.overlap.at_least=0.99", "--json")
    assert said.code == 1 and steps() == before
    (gate,) = json.loads(said.out)["gates"]
    assert gate["result"] == "fail" and gate["threshold"] == 0.99


def test_a_changed_gate_generates_nothing(copy_of_finished: Finished) -> None:
    ftexp("evaluate", "last", EASY)
    before = steps()
    assert ftexp("evaluate", "last", HARD).code == 1
    assert steps() == before + 1, "only the gates are judged anew"


def test_a_run_without_gates_says_how_to_judge_it(finished: Finished) -> None:
    said = ftexp("gate", "last")
    assert said.code == 2 and "has no gates" in said.err and "ftexp evaluate" in said.err


def test_a_gate_of_a_metric_that_is_not_measured_is_a_fault_of_the_config(finished: Finished) -> None:
    said = ftexp("evaluate", "last", "eval.gates.x={line: What, metric: chat/chrff, at_least: 1.0}")
    assert said.code == 2 and "chat/chrff" in said.err and "chat/chrf" in said.err


def test_a_passing_model_is_registered_with_its_alias(copy_of_finished: Finished) -> None:
    run = copy_of_finished.project.run(EASY).run
    said = ftexp("register", run, "--name", "places", "--alias", "champion")
    assert said.code == 0, said.err
    version = store().get_model_version_by_alias("places", "champion")
    assert version.tags == {"ftexp.run": run, "ftexp.verdict": "pass"}
    assert ftexp("register", run, "--name", "places", "--alias", "candidate").code == 0
    client = store()
    (only,) = client.search_model_versions("name = 'places'")
    assert sorted(client.get_model_version("places", only.version).aliases) == ["candidate", "champion"]


def test_a_failing_model_is_registered_only_by_force_which_is_recorded(copy_of_finished: Finished) -> None:
    run = copy_of_finished.project.run(HARD).run
    refused = ftexp("register", run, "--name", "places")
    assert refused.code == 1 and "overlap" in refused.err and "--force" in refused.err
    assert ftexp("register", run, "--name", "places", "--force", "a test").code == 0
    (version,) = store().search_model_versions("name = 'places'")
    assert version.tags["ftexp.forced"] == "a test" and "overlap" in version.tags["ftexp.verdict"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--name", "a/b"], "--name: found 'a/b'"),
        (["--name", "a", "--alias", "latest"], "--alias: found 'latest'"),
        (["--name", "a", "--force", " "], "--force: found no reason"),
        (["--name", "a"], "it has no gates"),
    ],
)
def test_what_cannot_be_registered_is_said(words: list[str], message: str, finished: Finished) -> None:
    said = ftexp("register", "last", *words)
    assert said.code in (1, 2) and message in said.err
