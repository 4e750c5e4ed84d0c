"""The record: steps and their results, runs, and what MLflow is still to be told. SQLite, one file a project directory.

A step is written down before it starts (intent) and when it has ended (result); a run is a named set of step results; a
sweep is a set of runs; an event is one thing that MLflow is to show of a run. MLflow itself is only a projection of this.
No key that is in use gets in, whatever texts hold it.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ftexp.budget import Unit
from ftexp.cost import Rate
from ftexp.disk import disk_fault
from ftexp.errors import StateError
from ftexp.withheld import row_without_keys

RunState = Literal["running", "finished", "failed", "interrupted", "waiting"]  # the last: for a service's job, which goes on by itself

ROUNDING = 1e-9  # sums of shares of a limit may come out a trace above it

# The statements that lead from each format to the next; a new journal takes all of them.
_FORMATS = (
    """
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
""",
    """
ALTER TABLE steps ADD COLUMN inputs TEXT;
ALTER TABLE steps ADD COLUMN version INTEGER;
CREATE INDEX steps_by_inputs ON steps (inputs);
ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'run';
ALTER TABLE runs ADD COLUMN driver TEXT;
CREATE TABLE sweeps (
  id TEXT PRIMARY KEY, words TEXT NOT NULL, launcher TEXT NOT NULL, at_once INTEGER NOT NULL, of TEXT REFERENCES sweeps(id),
  started_at REAL NOT NULL);
CREATE TABLE sweep_runs (
  sweep TEXT NOT NULL REFERENCES sweeps(id), cell INTEGER NOT NULL, run TEXT NOT NULL, point TEXT NOT NULL,
  PRIMARY KEY (sweep, cell));
""",
    """
ALTER TABLE throughput ADD COLUMN slowest REAL;
ALTER TABLE throughput ADD COLUMN fastest REAL;
UPDATE throughput SET slowest = tokens_per_second, fastest = tokens_per_second;
CREATE TABLE reservations (
  budget TEXT NOT NULL, unit TEXT NOT NULL, key TEXT NOT NULL, owner TEXT NOT NULL, reserved REAL NOT NULL,
  spent REAL NOT NULL DEFAULT 0, at REAL NOT NULL, PRIMARY KEY (budget, unit, key, owner));
""",
    """
ALTER TABLE runs ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN again TEXT NOT NULL DEFAULT '';
""",
)

# What is set aside and what is spent of a budget. A key that several runs have set something aside for counts once.
_TAKEN = """
SELECT (SELECT COALESCE(SUM(most), 0) FROM
         (SELECT MAX(reserved) AS most FROM reservations WHERE budget=? AND unit=? GROUP BY key)),
       (SELECT COALESCE(SUM(spent), 0) FROM reservations WHERE budget=? AND unit=?)
"""

_LISTED = "(SELECT value FROM json_each(?))"  # any number of values in one parameter


@dataclass(frozen=True)
class RunRow:
    """One run on record. Times are seconds since 1970; `record` is the JSON of its results once it has finished.

    `label` and `again` set it apart from runs of the same config, see `Prepared`.
    """

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
    kind: Literal["run", "summary", "evaluation", "augmentation"]
    driver: str | None
    label: str = ""
    again: str = ""


@dataclass(frozen=True)
class SweepRow:
    """One sweep on record. `words` is the JSON of the command that asked for it, `of` the sweep that it confirms, if it does."""

    id: str
    words: str
    launcher: str
    at_once: int
    of: str | None
    started_at: float


@dataclass(frozen=True)
class CellRow:
    """One cell of a sweep. `point` is the JSON of where it stands on the axes; `run` may not have begun yet."""

    cell: int
    run: str
    point: str


@dataclass(frozen=True)
class Taken:
    """Of a budget, in its unit."""

    reserved: float
    spent: float


@dataclass(frozen=True)
class EventRow:
    id: int
    at: float
    body: str


PATIENCE = 30.0  # seconds that a statement waits for another process


class _OverLimitError(Exception):
    pass


class Journal:
    """Opens the file, creating it where there is none. Raises StateError where it can't be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # One connection for the run and the thread that tells MLflow; the lock keeps either out of the other's transaction.
            self._lock = threading.RLock()
            self._db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
            self._write_ahead()
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA foreign_keys=ON")
            self._create()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, reason: object) -> StateError:
        fault = disk_fault(reason)
        if fault:
            return StateError(f"{self.path}: {fault}, then the same command goes on")
        return StateError(
            f"{self.path}: the journal can't be used ({reason}); expected ftexp's own SQLite file in a writable directory. "
            "If it is broken, move it away: runs are then trained again"
        )

    def _execute(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """The rows, all of them, so that a broken file is found out here."""
        try:
            with self._lock:
                return self._db.execute(statement, row_without_keys(values)).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _write_ahead(self) -> None:
        """Readers then go on while another process writes. Of several that make the file at once, SQLite lets only one change the mode."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:  # this change doesn't wait by itself as other statements do
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def _create(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == len(_FORMATS):
            return  # without the write lock, which a process that was stopped in the middle may hold
        with self._transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0 and self._db.execute("SELECT name FROM sqlite_master").fetchone():
                raise self._unusable("a database, but not ftexp's")
            if version > len(_FORMATS):
                raise StateError(f"{self.path}: written by a newer version of ftexp (format {version}, this one reads {len(_FORMATS)})")
            for statements in _FORMATS[version:]:
                for statement in statements.strip().removesuffix(";").split(";\n"):
                    self._db.execute(statement)
            if version < len(_FORMATS):
                self._db.execute(f"PRAGMA user_version={len(_FORMATS)}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite itself rolls back where the disk is full
                    self._db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        self._db.close()

    # Steps

    def result(self, key: str) -> str | None:
        rows = self._execute("SELECT result FROM steps WHERE key=?", (key,))
        return rows[0][0] if rows else None

    def results(self, name: str) -> list[str]:
        """Of every step of this name, as JSON."""
        return [row[0] for row in self._execute("SELECT result FROM steps WHERE name=? AND result IS NOT NULL", (name,))]

    def intend(self, key: str, name: str, inputs: str, version: int) -> None:
        """`inputs` is the key without the version of the code that works the step out."""
        self._execute(
            "INSERT INTO steps (key, name, started_at, inputs, version) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (key) DO UPDATE SET started_at=excluded.started_at WHERE result IS NULL",
            (key, name, time.time(), inputs, version),
        )

    def withdraw(self, key: str) -> None:
        """A step that was begun came to nothing, for certain."""
        self._execute("DELETE FROM steps WHERE key=? AND result IS NULL", (key,))

    def intended_at(self, key: str) -> float | None:
        """When a step that has no result was begun, in seconds since 1970; None where it wasn't, or has one."""
        rows = self._execute("SELECT started_at FROM steps WHERE key=? AND result IS NULL", (key,))
        return float(rows[0][0]) if rows else None

    def other_version(self, inputs: str, version: int) -> int | None:
        """The newest other version of the code that has worked out a step of these inputs."""
        query = "SELECT MAX(version) FROM steps WHERE inputs=? AND version!=? AND result IS NOT NULL"
        found: int | None = self._execute(query, (inputs, version))[0][0]
        return found

    def conclude(self, key: str, result: str) -> None:
        self._execute("UPDATE steps SET result=?, ended_at=? WHERE key=?", (result, time.time(), key))

    # Runs

    def open_run(
        self,
        run: str,
        name: str,
        experiment: str,
        config: str,
        tracking: str,
        driver: str | None = None,
        kind: str = "run",
        label: str = "",
        again: str = "",
    ) -> None:
        """Begins a run, or takes up one that failed, was interrupted or waits. A finished one stays finished."""
        self._execute(
            "INSERT INTO runs (id, name, experiment, state, config, started_at, tracking, driver, kind, label, again) "
            "VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) "
            "DO UPDATE SET state='running', error=NULL, ended_at=NULL, driver=excluded.driver WHERE state != 'finished'",
            (run, name, experiment, config, time.time(), tracking, driver, kind, label, again),
        )

    def end_run(self, run: str, state: RunState, record: str | None = None, error: str | None = None) -> None:
        self._execute(
            "UPDATE runs SET state=?, record=?, error=?, ended_at=? WHERE id=? AND state != 'finished'",
            (state, record, error, time.time(), run),
        )

    def add_step(self, run: str, name: str, key: str) -> None:
        self._execute("INSERT OR REPLACE INTO run_steps (run, name, key) VALUES (?, ?, ?)", (run, name, key))

    def key_of(self, run: str, name: str) -> str:
        """The key of a run's step; empty where the run has none of that name."""
        rows = self._execute("SELECT key FROM run_steps WHERE run=? AND name=?", (run, name))
        return str(rows[0][0]) if rows else ""

    def step_of(self, run: str, name: str) -> str | None:
        """The result of a run's step, as JSON."""
        rows = self._execute("SELECT result FROM run_steps JOIN steps USING (key) WHERE run=? AND run_steps.name=?", (run, name))
        return rows[0][0] if rows else None

    def steps_of(self, run: str) -> dict[str, str]:
        """The keys of a run's steps, by name."""
        return dict(self._execute("SELECT name, key FROM run_steps WHERE run=?", (run,)))

    def runs(self, where: str = "1", values: tuple[Any, ...] = ()) -> list[RunRow]:
        """Runs, the newest last; all of them, or those that an SQL condition holds for."""
        columns = ", ".join(RunRow.__dataclass_fields__)
        return [RunRow(*row) for row in self._execute(f"SELECT {columns} FROM runs WHERE {where} ORDER BY started_at", values)]

    def run(self, run: str) -> RunRow | None:
        return next(iter(self.runs("id=?", (run,))), None)

    def runs_of(self, ids: Sequence[str]) -> list[RunRow]:
        """The runs of these ids in their order; those that aren't on record are left out."""
        found = {row.id: row for row in self.runs(f"id IN {_LISTED}", (json.dumps(ids),))}
        return [found[run] for run in ids if run in found]

    def holds(self, where: str, values: tuple[Any, ...] = ()) -> bool:
        """Whether an SQL condition holds for any run."""
        return bool(self._execute(f"SELECT EXISTS (SELECT 1 FROM runs WHERE {where})", values)[0][0])

    # Sweeps

    def open_sweep(self, sweep: SweepRow, cells: Sequence[CellRow]) -> None:
        """Writes a sweep and its cells down, once."""
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO sweeps VALUES (?, ?, ?, ?, ?, ?)", row_without_keys(tuple(vars(sweep).values())))
            rows = [row_without_keys((sweep.id, c.cell, c.run, c.point)) for c in cells]
            self._db.executemany("INSERT OR IGNORE INTO sweep_runs VALUES (?, ?, ?, ?)", rows)

    def sweeps(self) -> list[SweepRow]:
        """All sweeps, the newest last."""
        columns = ", ".join(SweepRow.__dataclass_fields__)
        return [SweepRow(*row) for row in self._execute(f"SELECT {columns} FROM sweeps ORDER BY started_at")]

    def sweep_of(self, run: str) -> tuple[str, int] | None:
        """The newest sweep that a run is a cell of, and which."""
        query = "SELECT sweep, cell FROM sweep_runs JOIN sweeps ON id=sweep WHERE run=? ORDER BY started_at DESC LIMIT 1"
        found = self._execute(query, (run,))
        return (found[0][0], found[0][1]) if found else None

    def cells(self, sweep: str) -> list[CellRow]:
        return [CellRow(*row) for row in self._execute("SELECT cell, run, point FROM sweep_runs WHERE sweep=? ORDER BY cell", (sweep,))]

    # What MLflow is to show

    def emit(self, run: str, events: Sequence[tuple[str, str]]) -> None:
        """Adds events (ident, body), all or none, but none that the run has one of that ident of: telling twice is telling once."""
        at = time.time()
        try:
            with self._transaction():
                rows = [row_without_keys((run, ident, at, body)) for ident, body in events]
                self._db.executemany("INSERT OR IGNORE INTO events (run, ident, at, body) VALUES (?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def bodies(self, runs: Sequence[str], beginning: str) -> dict[str, list[str]]:
        """Of each run the events whose ident begins so, the oldest first; runs without any are absent."""
        query = f"SELECT run, body FROM events WHERE run IN {_LISTED} AND ident >= ? AND ident < ? ORDER BY id"
        found: dict[str, list[str]] = {}
        for run, body in self._execute(query, (json.dumps(runs), beginning, beginning + chr(0x10FFFF))):
            found.setdefault(run, []).append(body)
        return found

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

    def throughput(self, what: str) -> Rate | None:
        rows = self._execute("SELECT slowest, tokens_per_second, fastest FROM throughput WHERE what=?", (what,))
        return Rate(slowest=rows[0][0], latest=rows[0][1], fastest=rows[0][2]) if rows else None

    def measured(self, what: str, tokens_per_second: float) -> None:
        rate = tokens_per_second
        self._execute(
            "INSERT INTO throughput (what, tokens_per_second, measured_at, slowest, fastest) VALUES (?, ?, ?, ?, ?) ON CONFLICT (what) "
            "DO UPDATE SET tokens_per_second=excluded.tokens_per_second, measured_at=excluded.measured_at, "
            "slowest=MIN(slowest, excluded.slowest), fastest=MAX(fastest, excluded.fastest)",
            (what, rate, time.time(), rate, rate),
        )

    # What is set aside of a budget

    def reserve(self, budget: str, unit: Unit, owner: str, amounts: Mapping[str, float], limit: float) -> bool:
        """Sets an amount aside for each key, in place of what this owner had set aside for it; nothing where all would pass `limit`.

        What several owners set aside for one key counts once, by the largest.
        """
        rows = [(budget, unit, key, owner, amount, time.time()) for key, amount in amounts.items()]
        try:
            with self._transaction():
                self._db.executemany(
                    "INSERT INTO reservations (budget, unit, key, owner, reserved, at) VALUES (?, ?, ?, ?, ?, ?) "
                    "ON CONFLICT (budget, unit, key, owner) DO UPDATE SET reserved=excluded.reserved, at=excluded.at",
                    rows,
                )
                taken = Taken(*self._db.execute(_TAKEN, (budget, unit, budget, unit)).fetchone())
                if taken.reserved + taken.spent > limit + ROUNDING:
                    raise _OverLimitError
        except _OverLimitError:
            return False
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        return True

    def settle(self, budget: str, unit: Unit, owner: str, key: str, spent: float) -> None:
        """`spent` is gone for good, besides what the key has taken before; what was left of the reservation is free again."""
        self._execute(
            "INSERT INTO reservations (budget, unit, key, owner, reserved, spent, at) VALUES (?, ?, ?, ?, 0, ?, ?) "
            "ON CONFLICT (budget, unit, key, owner) DO UPDATE SET reserved=0, spent=spent+excluded.spent",
            (budget, unit, key, owner, spent, time.time()),
        )

    def release(self, budget: str, owner: str, but: Collection[str] = ()) -> None:
        """Nothing is set aside for this owner any more, `but` for some keys."""
        kept = json.dumps(sorted(but))
        self._execute(f"UPDATE reservations SET reserved=0 WHERE budget=? AND owner=? AND key NOT IN {_LISTED}", (budget, owner, kept))

    def taken(self, budget: str, unit: Unit) -> Taken:
        return Taken(*self._execute(_TAKEN, (budget, unit, budget, unit))[0])
