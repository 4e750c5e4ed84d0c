from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cases import ForkServer, Laboratory


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, mlflow_database: Path) -> Iterator[Laboratory]:
    with ForkServer() as server:
        yield Laboratory.begin(tmp_path_factory.mktemp("faults"), server, tiny_model, mlflow_database)


@pytest.fixture(scope="session")
def laboratories(laboratory: Laboratory) -> Iterator[list[Laboratory]]:
    """One for each processor, since a run here uses one."""
    with ExitStack() as stack:
        others = [stack.enter_context(ForkServer()) for _ in range((os.cpu_count() or 1) - 1)]
        yield [laboratory, *(laboratory.with_server(server) for server in others)]
