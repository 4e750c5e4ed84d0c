"""The record: steps and their results, runs, and what MLflow is still to be told. SQLite, one file a project directory.

A step is written down before it starts (intent) and when it has ended (result); a run is a named set of step results;
an event is one thing that MLflow is to show of a run. MLflow itself is only a projection of this.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ftexp.errors import StateError

RunState = Literal["running", "finished", "failed", "interrupted"]

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE steps (
  key TEXT PRIMARY KEY, name TEXT NOT NULL, started_at REAL NOT NULL, ended_at REAL, result TEXT);
CREATE TABLE runs (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, experiment TEXT NOT NULL, state TEXT NOT NULL, config TEXT NOT NULL,
  started_at REAL NOT NULL, ended_at REAL, error TEXT, record TEXT, tracking TEXT NOT NULL,
  mlflow_experiment TEXT, mlflow_run TEXT, mlflow_model TEXT, told INTEGER NOT NULL DEFAULT 0);
CREATE TABLE run_steps (
  run TEXT NOT NULL REFERENCES runs(id), name TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (run, name));
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL REFERENCES runs(id), ident TEXT NOT NULL, at REAL NOT NULL,
  body TEXT NOT NULL, UNIQUE (run, ident));
CREATE TABLE throughput (
  what TEXT PRIMARY KEY, tokens_per_second REAL NOT NULL, measured_at REAL NOT NULL);
"""


@dataclass(frozen=True)
class RunRow:
    """One run on record. Times are seconds since 1970; `record` is the JSON of its results once it has finished."""

    id: str
    name: str
    experiment: str
    state: RunState
    config: str
    started_at: float
    ended_at: float | None
    error: str | None
    record: str | None
    tracking: str
    mlflow_experiment: str | None
    mlflow_run: str | None
    mlflow_model: str | None
    told: int


@dataclass(frozen=True)
class EventRow:
    id: int
    at: float
    body: str


class Journal:
    """Opens the file, creating it where there is none. Raises StateError where it can't be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # One connection for the run and the thread that tells MLflow; sqlite3 itself serialises them.
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA foreign_keys=ON")
            self._create()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, reason: object) -> StateError:
        return StateError(
            f"{self.path}: the journal can't be used ({reason}); expected ftexp's own SQLite file in a writable directory. "
            "If it is broken, move it away: runs are then trained again"
        )

    def _execute(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """The rows, all of them, so that a broken file is found out here."""
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _create(self) -> None:
        with self._transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                if self._db.execute("SELECT name FROM sqlite_master").fetchone():
                    raise self._unusable("a database, but not ftexp's")
                for statement in _SCHEMA.strip().split(";\n"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={_SCHEMA_VERSION}")
            elif version != _SCHEMA_VERSION:
                raise StateError(f"{self.path}: written by another version of ftexp (format {version}, this one reads {_SCHEMA_VERSION})")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()

    # Steps

    def result(self, key: str) -> str | None:
        rows = self._execute("SELECT result FROM steps WHERE key=?", (key,))
        return rows[0][0] if rows else None

    def intend(self, key: str, name: str) -> None:
        self._execute(
            "INSERT INTO steps (key, name, started_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET started_at=excluded.started_at",
            (key, name, time.time()),
        )

    def conclude(self, key: str, result: str) -> None:
        self._execute("UPDATE steps SET result=?, ended_at=? WHERE key=?", (result, time.time(), key))

    # Runs

    def open_run(self, run: str, name: str, experiment: str, config: str, tracking: str) -> None:
        """Begins a run, or takes up one that failed or was interrupted. A finished one stays finished."""
        self._execute(
            "INSERT INTO runs (id, name, experiment, state, config, started_at, tracking) VALUES (?, ?, ?, 'running', ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET state='running', error=NULL, ended_at=NULL WHERE state != 'finished'",
            (run, name, experiment, config, time.time(), tracking),
        )

    def end_run(self, run: str, state: RunState, record: str | None = None, error: str | None = None) -> None:
        self._execute(
            "UPDATE runs SET state=?, record=?, error=?, ended_at=? WHERE id=? AND state != 'finished'",
            (state, record, error, time.time(), run),
        )

    def add_step(self, run: str, name: str, key: str) -> None:
        self._execute("INSERT OR REPLACE INTO run_steps (run, name, key) VALUES (?, ?, ?)", (run, name, key))

    def step_of(self, run: str, name: str) -> str | None:
        """The result of a run's step, as JSON."""
        rows = self._execute("SELECT result FROM run_steps JOIN steps USING (key) WHERE run=? AND run_steps.name=?", (run, name))
        return rows[0][0] if rows else None

    def runs(self) -> list[RunRow]:
        """All runs, the newest last."""
        columns = ", ".join(RunRow.__dataclass_fields__)
        return [RunRow(*row) for row in self._execute(f"SELECT {columns} FROM runs ORDER BY started_at")]

    def run(self, run: str) -> RunRow | None:
        return next((r for r in self.runs() if r.id == run), None)

    # What MLflow is to show

    def emit(self, run: str, ident: str, body: str) -> None:
        """Adds an event unless the run already has one of this `ident`: telling twice is telling once."""
        self._execute("INSERT OR IGNORE INTO events (run, ident, at, body) VALUES (?, ?, ?, ?)", (run, ident, time.time(), body))

    def emitted(self, run: str) -> int:
        return int(self._execute("SELECT COUNT(*) FROM events WHERE run=?", (run,))[0][0])

    def untold(self, run: str, limit: int = 1000) -> list[EventRow]:
        query = "SELECT id, at, body FROM events WHERE run=? AND id > (SELECT told FROM runs WHERE id=?) ORDER BY id LIMIT ?"
        return [EventRow(*row) for row in self._execute(query, (run, run, limit))]

    def has_untold(self, run: str) -> bool:
        return bool(self.untold(run, limit=1))

    def mark_told(self, run: str, event: int) -> None:
        self._execute("UPDATE runs SET told=? WHERE id=?", (event, run))

    def forget_mlflow(self, run: str) -> None:
        """Everything is to be told again, to a store that knows nothing of the run."""
        self._execute("UPDATE runs SET told=0, mlflow_experiment=NULL, mlflow_run=NULL, mlflow_model=NULL WHERE id=?", (run,))

    def link_mlflow_run(self, run: str, mlflow_experiment: str, mlflow_run: str) -> None:
        self._execute("UPDATE runs SET mlflow_experiment=?, mlflow_run=? WHERE id=?", (mlflow_experiment, mlflow_run, run))

    def link_mlflow_model(self, run: str, mlflow_model: str) -> None:
        self._execute("UPDATE runs SET mlflow_model=? WHERE id=?", (mlflow_model, run))

    # What was measured on this machine

    def throughput(self, what: str) -> float | None:
        rows = self._execute("SELECT tokens_per_second FROM throughput WHERE what=?", (what,))
        return rows[0][0] if rows else None

    def measured(self, what: str, tokens_per_second: float) -> None:
        values: tuple[Any, ...] = (what, tokens_per_second, time.time())
        self._execute("INSERT OR REPLACE INTO throughput VALUES (?, ?, ?)", values)
