"""`ftexp ui [RUN_OR_SWEEP]`: MLflow's own server on loopback, and addresses that open on curves instead of an empty page."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from ftexp.errors import ConfigError, ExitCode, FtexpError, RunNotFoundError, TrackingError
from ftexp.journal import RunRow
from ftexp.records import find_run
from ftexp.state import State
from ftexp.sweep.results import SweepResults, results_of
from ftexp.tracking.config import LocalTracking, ServerTracking, parse_tracking
from ftexp.tracking.mlflow_store import check_database
from ftexp.tracking.views import addresses, sweep_addresses

HOST = "127.0.0.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", default="last", help="a run, by id or name, or the id of a sweep (default: the last run)")
    parser.add_argument("--port", type=int, default=5000, help="default: 5000")
    parser.add_argument("--open", action="store_true", help="open the first address in a browser")


def main(arguments: argparse.Namespace) -> int:
    state = State(Path.cwd())
    shown = _shown(arguments.run, state)
    tracking = parse_tracking(shown.tracking)
    if isinstance(tracking, ServerTracking):
        return _told(shown.addresses(tracking.uri.rstrip("/")), arguments.open)
    database = state.root / tracking.database
    if not database.exists():
        raise TrackingError(f"{database}: no MLflow database here; write it from the journal with: ftexp sync")
    check_database(database)
    _refuse_taken(arguments.port)
    command = _command(state, tracking, arguments.port)
    # A session of its own, so that MLflow's worker processes end with it: ending the parent alone leaves them behind.
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=_environment(), start_new_session=True)
    try:
        _wait_until_up(server, arguments.port)
        _told(shown.addresses(f"http://{HOST}:{arguments.port}"), arguments.open)
        print("Ctrl-C ends it", flush=True)
        return ExitCode.OK if server.wait() == 0 else ExitCode.FAILED
    except KeyboardInterrupt:
        return ExitCode.OK
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _told(found: dict[str, str], open_first: bool) -> int:
    for title, address in found.items():
        print(f"{title:<10} {address}")
    if open_first:
        webbrowser.open(next(iter(found.values())))
    return ExitCode.OK


@dataclass(frozen=True)
class Shown:
    """What the addresses are of; `addresses` takes the server's own."""

    tracking: str
    addresses: Callable[[str], dict[str, str]]


def _shown(reference: str, state: State) -> Shown:
    """A sweep where one has that id, else a run."""
    fitting = [s for s in state.journal.sweeps() if s.id.startswith(reference)] if state.exists else []
    if len(fitting) != 1:
        run = find_run(reference, state, ("run", "evaluation"))
        return Shown(run.tracking, partial(addresses_of, run))
    results = results_of(fitting[0], state)
    begun = next(iter(results.runs.values()), None)
    if begun is None:
        raise RunNotFoundError(f"sweep {results.row.id}: none of its runs has begun; start them with: ftexp {' '.join(results.words)}")
    return Shown(begun.tracking, partial(addresses_of_sweep, results, state.journal.run(results.row.id)))


def addresses_of_sweep(results: SweepResults, summary: RunRow | None, root: str) -> dict[str, str]:
    """Raises TrackingError for a sweep that MLflow doesn't know yet."""
    told = [r for r in results.runs.values() if r.mlflow_run is not None]
    if not told:
        raise TrackingError(f"sweep {results.row.id}: isn't in MLflow yet; complete it with: ftexp sync")
    finished = [str(r.mlflow_run) for r in told if r.state == "finished"]
    return sweep_addresses(root, str(told[0].mlflow_experiment), results.row.id, finished, summary.mlflow_run if summary else None)


def addresses_of(run: RunRow, root: str) -> dict[str, str]:
    """Raises TrackingError for a run that MLflow doesn't know yet."""
    if run.mlflow_run is None:
        raise TrackingError(f"run {run.id}: isn't in MLflow yet; complete it with: ftexp sync")
    assert run.mlflow_experiment is not None, "linked together with the run"
    return addresses(root, run.mlflow_experiment, run.mlflow_run)


def _refuse_taken(port: int) -> None:
    if not 1 <= port <= 65535:
        raise ConfigError(f"--port: found {port}, expected a number from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigError(
                f"--port: {port} can't be used ({error.strerror}); name another, as in: ftexp ui --port {port % 65535 + 1}"
            ) from error


def _command(state: State, tracking: LocalTracking, port: int) -> list[str]:
    store = [
        "--backend-store-uri",
        f"sqlite:///{state.root / tracking.database}",
        "--default-artifact-root",
        (state.root / tracking.artifacts).as_uri(),
    ]
    return [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1", *store]


def _environment() -> dict[str, str]:
    return os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}


def _wait_until_up(server: subprocess.Popen[bytes], port: int, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.poll() is not None:
            reason = (server.stderr.read() if server.stderr else b"").decode("utf-8", errors="replace").strip().splitlines()
            raise FtexpError(f"MLflow's server ended at once ({reason[-1] if reason else 'no reason given'})")
        try:
            with urlopen(f"http://{HOST}:{port}/health", timeout=1):
                return
        except (URLError, TimeoutError, OSError):
            time.sleep(0.2)
    raise FtexpError(f"MLflow's server doesn't answer on port {port} after {seconds:.0f} s")
