from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cases import ForkServer, Laboratory

TOLD: list[int] = []


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[int, str], None]:
    """Says at once how many cases there were, whatever becomes of them, and counts them."""

    def told(cases: int, what: str) -> None:
        TOLD.append(cases)
        with capsys.disabled():
            print(f"\n{cases} {what}")

    return told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TOLD:
        terminalreporter.write_line(f"{sum(TOLD)} cases of a point and a fault")


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
