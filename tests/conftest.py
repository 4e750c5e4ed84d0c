from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny import Finished, Project, in_project, new_project, write_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny-llama")


@pytest.fixture(scope="session")
def mlflow_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow store: to create one takes seconds, to copy one nothing."""
    from ftexp.state import State
    from ftexp.tracking.config import LocalTracking
    from ftexp.tracking.mlflow_store import MlflowStore

    root = tmp_path_factory.mktemp("mlflow")
    with in_project(root):
        MlflowStore(LocalTracking(kind="local", database="mlflow.db", artifacts="mlartifacts"), State(root))._client  # noqa: B018
    return root / "mlflow.db"


@pytest.fixture
def project(tmp_path: Path, tiny_model: Path, mlflow_database: Path) -> Iterator[Project]:
    with new_project(tmp_path / "project", tiny_model, mlflow_database) as project:
        yield project


@pytest.fixture
def bare_project(tmp_path: Path, tiny_model: Path) -> Iterator[Project]:
    """For what ends before MLflow is told anything."""
    with new_project(tmp_path / "project", tiny_model, None) as project:
        yield project


@pytest.fixture(scope="session")
def the_finished(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, mlflow_database: Path) -> Finished:
    with new_project(tmp_path_factory.mktemp("finished") / "project", tiny_model, mlflow_database) as project:
        said = project.run("goal=Answer questions about places.")
    assert said.code == 0, said.err
    return Finished(project, said)


@pytest.fixture
def finished(the_finished: Finished) -> Iterator[Finished]:
    with in_project(the_finished.project.path):
        yield the_finished


@pytest.fixture
def copy_of_finished(the_finished: Finished, tmp_path: Path) -> Iterator[Finished]:
    path = tmp_path / "project"
    shutil.copytree(the_finished.project.path, path)
    with in_project(path):
        yield Finished(Project(path, the_finished.project.model), the_finished.said)
