"""`ftexp register RUN --name NAME`: a model that passed its gates goes into MLflow's model registry."""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

from ftexp.errors import ConfigError, ExitCode, FtexpError
from ftexp.records import find_run, record_of
from ftexp.report.verdict import verdict_line
from ftexp.run import Evaluated
from ftexp.state import State
from ftexp.tracking.config import parse_tracking
from ftexp.tracking.events import Registered
from ftexp.tracking.mlflow_store import MlflowStore
from ftexp.tracking.telling import catch_up

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]*")  # what MLflow takes, and what needs no quoting in its queries
_ALIAS = re.compile(r"(?!latest$|v\d+$)[a-z][a-z0-9_-]*")


class GatesNotPassedError(FtexpError):
    exit_code = ExitCode.GATE_FAILED


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="an id or name that `ftexp list` shows, or last")
    parser.add_argument("--name", required=True, help="of the registered model; made where there is none")
    parser.add_argument("--alias", help="a name for this version, as in champion; it moves here from another version")
    parser.add_argument("--force", metavar="REASON", help="although its gates don't all pass; the reason is recorded")


def main(arguments: argparse.Namespace) -> int:
    _refuse_unfit(arguments.name, arguments.alias, arguments.force)
    state = State(Path.cwd())
    row = find_run(arguments.run, state)
    verdict = _verdict(record_of(row))
    if verdict != "pass" and not arguments.force:
        raise GatesNotPassedError(
            f'run {row.id}: not registered: {verdict}. To register it all the same: --force "REASON", which is recorded'
        )
    reason = arguments.force if verdict != "pass" else ""
    event = Registered(name=arguments.name, alias=arguments.alias, verdict=verdict, reason=reason, at=time.time())
    state.journal.emit(row.id, [(event.ident, event.model_dump_json())])
    if error := catch_up(MlflowStore(parse_tracking(row.tracking), state), row.id):
        raise FtexpError(f"{error}. What is missing in MLflow is in the journal; complete it with: ftexp sync")
    alias = f", alias {arguments.alias}" if arguments.alias else ""
    print(f"registered run {row.id} as {arguments.name}{alias}" + (f"; forced: {reason}" if reason else ""))
    return ExitCode.OK


def _verdict(record: Evaluated) -> str:
    if record.gates is None:
        return "it has no gates"
    return "pass" if record.gates.verdict == "pass" else verdict_line(record.gates)


def _refuse_unfit(name: str, alias: str | None, reason: str | None) -> None:
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(f"--name: found {name!r}, expected letters, digits, spaces, _ and -")
    if alias is not None and not _ALIAS.fullmatch(alias):
        faults.append(f"--alias: found {alias!r}, expected small letters, digits, _ and -, and neither latest nor a version like v1")
    if reason is not None and not reason.strip():
        faults.append("--force: found no reason, expected a sentence that is kept with the model")
    if faults:
        raise ConfigError(*faults)
