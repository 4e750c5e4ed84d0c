from __future__ import annotations

import socket

import pytest
from tiny import ftexp

from ftexp.commands.ui import addresses_of
from ftexp.errors import TrackingError
from ftexp.state import State
from ftexp.tracking.views import VIEW


def test_addresses_open_on_curves_instead_of_an_empty_page(finished) -> None:
    (run,) = State(finished.project.path).journal.runs()
    found = addresses_of(run, "http://127.0.0.1:5000")
    assert list(found) == ["curves", "this run", "answers"]
    assert all(a.startswith(f"http://127.0.0.1:5000/#/experiments/{run.mlflow_experiment}/runs") for a in found.values())
    assert "workflowType=machine_learning&compareRunsMode=CHART" in found["curves"]
    assert f"viewStateShareKey={VIEW}" in found["curves"]
    assert f"/runs/{run.mlflow_run}" in found["this run"]
    assert "compareRunsMode=ARTIFACT" in found["answers"]


def test_the_view_that_the_curves_open_in_is_kept_with_the_experiment(finished) -> None:
    from mlflow import MlflowClient

    experiment = MlflowClient(f"sqlite:///{finished.project.path / 'mlflow.db'}").get_experiment_by_name("chats")
    assert experiment and "validation/loss" in experiment.tags[f"mlflow.sharedViewState.{VIEW}"]


def test_a_run_that_mlflow_does_not_know_yet_has_no_address(tmp_path) -> None:
    journal = State(tmp_path).journal
    journal.open_run("r", "name", "experiment", "{}", "{}")
    with pytest.raises(TrackingError, match="run r: isn't in MLflow yet; complete it with: ftexp sync"):
        addresses_of(journal.runs()[0], "http://127.0.0.1:5000")


def test_a_port_in_use_is_refused_with_another(finished) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = ftexp("ui", "--port", port)
    assert said.code == 2
    assert said.err == f"ftexp: --port: {port} can't be used (Address already in use); name another, as in: ftexp ui --port {port + 1}\n"


@pytest.mark.parametrize("port", ["0", "-1", "65536"])
def test_a_port_that_is_none_is_refused(port: str, finished) -> None:
    said = ftexp("ui", f"--port={port}")
    assert (said.code, said.err) == (2, f"ftexp: --port: found {port}, expected a number from 1 to 65535\n")


def test_an_unknown_run_is_refused(finished) -> None:
    said = ftexp("ui", "nobody")
    assert said.code == 2
    assert said.err.startswith("ftexp: run 'nobody': not on record in ")


def test_without_any_run_it_says_so(bare_project) -> None:
    said = ftexp("ui")
    assert said.code == 2
    assert said.err.startswith("ftexp: run 'last': not on record in ")
    assert not (bare_project.path / ".ftexp").exists()


def test_a_missing_database_can_be_written_from_the_journal(copy_of_finished) -> None:
    (copy_of_finished.project.path / "mlflow.db").unlink()
    said = ftexp("ui")
    assert said.code == 5
    assert said.err.endswith("mlflow.db: no MLflow database here; write it from the journal with: ftexp sync\n")
    assert ftexp("sync").out == f"{copy_of_finished.said.run} e1-lr1.0-s0-chats-tiny-llama: complete\n"
    assert (copy_of_finished.project.path / "mlflow.db").exists()


def test_the_addresses_of_a_server_are_told_without_starting_one(copy_of_finished) -> None:
    project = copy_of_finished.project
    state = State(project.path)
    tracking = '{"kind":"server","uri":"http://mlflow.example:8080/","log_text":false}'
    state.journal.open_run("served", "served", "chats", "{}", tracking)
    state.journal.link_mlflow_run("served", "7", "abc")
    said = ftexp("ui", "served")
    assert said.code == 0
    assert [line.split()[-1].split("?")[0] for line in said.out.splitlines()] == [
        "http://mlflow.example:8080/#/experiments/7/runs",
        "http://mlflow.example:8080/#/experiments/7/runs/abc",
        "http://mlflow.example:8080/#/experiments/7/runs",
    ]
