from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny import FOUR_RUNS, Project, Said, in_project, new_project


@dataclass(frozen=True)
class Swept:
    """A project with one finished sweep of four runs, launched one after another."""

    project: Project
    said: Said

    @property
    def sweep(self) -> str:
        from ftexp.state import State

        return State(self.project.path).journal.sweeps()[0].id


@pytest.fixture(scope="session")
def the_swept(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, mlflow_database: Path) -> Swept:
    with new_project(tmp_path_factory.mktemp("swept") / "project", tiny_model, mlflow_database) as project:
        said = project.run(*FOUR_RUNS)
    assert said.code == 0, said.err
    return Swept(project, said)


@pytest.fixture
def swept(the_swept: Swept) -> Iterator[Swept]:
    with in_project(the_swept.project.path):
        yield the_swept


@pytest.fixture
def copy_of_swept(the_swept: Swept, tmp_path: Path) -> Iterator[Swept]:
    path = tmp_path / "project"
    shutil.copytree(the_swept.project.path, path)
    with in_project(path):
        yield Swept(Project(path, the_swept.project.model), the_swept.said)
