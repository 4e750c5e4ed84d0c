from __future__ import annotations

from pathlib import Path

import pytest

from ftexp.errors import ConfigError, RunNotFoundError, TrackingError
from ftexp.reproduction.finding import Found, find
from ftexp.reproduction.recorded import from_mlflow
from ftexp.state import State


def test_the_journal_and_mlflow_tell_the_same_of_a_run(found: Found, finished) -> None:
    root = finished.project.path
    (shown,) = find(finished.said.run, State(root), f"sqlite:///{root / 'mlflow.db'}").runs
    (kept,) = found.runs
    assert (shown.id, shown.name, shown.config) == (kept.id, kept.name, kept.config)
    assert shown.outcome == kept.outcome
    assert shown.inputs == kept.inputs


def test_a_run_of_mlflow_is_found_by_mlflows_id_as_well(found: Found, finished) -> None:
    root = finished.project.path
    mlflow_run = State(root).journal.runs()[0].mlflow_run
    assert find(mlflow_run, State(root), None).runs[0].id == found.runs[0].id


def test_what_mlflow_does_not_have_is_one_message_and_creates_nothing(finished, tmp_path: Path) -> None:
    state = State(finished.project.path)
    with pytest.raises(RunNotFoundError, match="run 'nobody': not in the MLflow store"):
        find("nobody", state, f"sqlite:///{finished.project.path / 'mlflow.db'}")
    with pytest.raises(TrackingError, match="no such file"):
        find("nobody", state, f"sqlite:///{tmp_path / 'mlflow.db'}")
    with pytest.raises(ConfigError, match=r"--tracking: found 'mlflow\.db', expected sqlite:////PATH/mlflow\.db"):
        find("nobody", state, "mlflow.db")
    assert not (tmp_path / "mlflow.db").exists()


def test_a_run_without_its_config_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"run r: has no artifact config/resolved\.yaml"):
        from_mlflow("r", {}, {}, {}, {})
