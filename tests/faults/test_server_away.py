"""A tracking server that is away at the start, in the middle or at the end: the run completes, and `sync` makes MLflow the same."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from record import differences, shown_by
from tiny import Project, ftexp, new_project

from ftexp import launch
from ftexp.backends.local.backend import LocalBackend
from ftexp.commands.ui import HOST, _environment, _wait_until_up

pytestmark = pytest.mark.faults


class Server:
    """MLflow's own, on loopback; what it holds stays when it is away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        store = ["--backend-store-uri", f"sqlite:///{self.folder / 'mlflow.db'}", "--artifacts-destination", str(self.folder / "artifacts")]
        command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(self.port), "--workers", "1", *store]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment(), start_new_session=True
        )
        _wait_until_up(self.process, self.port, seconds=300)

    def stop(self) -> None:
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def a_server(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> dict[str, Any]:
    here = tmp_path_factory.mktemp("undisturbed")
    with a_server(here / "server") as server, new_project(here / "project", tiny_model, None) as project:
        server.start()
        said = run(project, server)
        assert (said.code, "is behind" in said.out) == (0, False), said.out + said.err
        return shown(server)


def run(project: Project, server: Server) -> Any:
    return project.run("tracking=server", f"tracking.uri={server.uri}", "tracking.log_text=true")


def shown(server: Server) -> dict[str, Any]:
    """Without the address, which is another one for each server, and the run's id, which depends on it."""
    found = shown_by(server.uri)
    for one in found["runs"]:
        one["params"].pop("tracking.uri")
        one["tags"].pop("ftexp.run")
        one["artifacts"] = {path: None if path.startswith(("config/", "environment/")) else sha for path, sha in one["artifacts"].items()}
    return found


def away_at_start(server: Server, patch: pytest.MonkeyPatch) -> None:
    """It is not started."""


def away_in_the_middle(server: Server, patch: pytest.MonkeyPatch) -> None:
    server.start()
    patch.setattr(LocalBackend, "answers", stopping(server, LocalBackend.answers))


def away_at_the_end(server: Server, patch: pytest.MonkeyPatch) -> None:
    server.start()
    patch.setattr(launch, "closing_events", stopping(server, launch.closing_events))


def stopping(server: Server, work: Callable[..., Any]) -> Callable[..., Any]:
    def stop_and_work(*arguments: Any) -> Any:
        server.stop()
        return work(*arguments)

    return stop_and_work


@pytest.mark.parametrize("away", [away_at_start, away_in_the_middle, away_at_the_end])
def test_a_server_that_was_away_shows_what_it_would_have(
    away: Callable[[Server, pytest.MonkeyPatch], None], undisturbed: dict[str, Any], tmp_path: Path, tiny_model: Path
) -> None:
    with a_server(tmp_path / "server") as server, new_project(tmp_path / "project", tiny_model, None) as project:
        with pytest.MonkeyPatch.context() as patch:
            away(server, patch)
            said = run(project, server)
        assert (said.code, "mlflow    is behind: " in said.out) == (0, True), said.out + said.err
        server.start()
        synced = ftexp("sync")
        assert (synced.code, synced.out.endswith(": complete\n")) == (0, True), synced.out
        assert list(differences(undisturbed, shown(server))) == []
