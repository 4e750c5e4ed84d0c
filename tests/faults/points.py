"""Points of a run: before and after each thing it does that lasts. At one of them the process can be made to die.

They have names, such as `before journal COMMIT`. Those before something are counted from 1 in the order they are reached:
after one thing is before the next. To add a kind (a request to a provider, say) wrap what does it in `install`.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path
from typing import Any, Literal

MLFLOW_CALLS = (
    "create_experiment",
    "create_run",
    "log_batch",
    "log_text",
    "log_artifacts",
    "log_inputs",
    "create_logged_model",
    "finalize_logged_model",
    "log_outputs",
    "set_terminated",
)


@dataclass(frozen=True)
class Fate:
    """What happens to a process at the point `number`, or at the first whose name begins with `name`; nothing where it reaches none such.

    killed: SIGKILL, then and there, or as sudden an end `seconds` later. disk full: from then on nothing can be written.
    """

    what: Literal["killed", "disk full"] = "killed"
    number: int = 0
    name: str = ""
    seconds: float = 0.0

    @property
    def is_spared(self) -> bool:
        return not (self.number or self.name)


class Points:
    """`log` gets the name of the point that `fate` struck at."""

    def __init__(self, fate: Fate, log: Path) -> None:
        self.fate, self.log = fate, log
        self.reached = 0
        self.struck = False
        self._lock = threading.RLock()

    def reach(self, name: str, error: Exception) -> None:
        """Raises `error` where the disk is full by now."""
        with self._lock:
            self.reached += name.startswith("before")
            if not self.struck and not self.fate.is_spared and self._is_it(name):
                self.struck = True
                self.log.write_text(name, encoding="utf-8")
                if self.fate.what == "killed":
                    die(self.fate.seconds)
            if self.struck and self.fate.what == "disk full" and name.startswith("before"):
                raise error

    def _is_it(self, name: str) -> bool:
        if self.fate.name:
            return name.startswith(self.fate.name)
        return name.startswith("before") and self.reached == self.fate.number

    def wrap(self, owner: Any, name: str, label: Callable[..., str], error: Exception) -> None:
        """Makes a call of `owner.name` two points, or none where its label is empty."""
        done = getattr(owner, name)

        def call(*arguments: Any, **named: Any) -> Any:
            what = label(*arguments, **named)
            if what:
                self.reach(f"before {what}", error)
            result = done(*arguments, **named)
            if what:
                self.reach(f"after {what}", error)
            return result

        setattr(owner, name, call)

    def wrap_async(self, owner: Any, name: str, label: Callable[..., str], error: Exception) -> None:
        """As `wrap`, of what is awaited."""
        done = getattr(owner, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            what = label(*arguments, **named)
            self.reach(f"before {what}", error)
            result = await done(*arguments, **named)
            self.reach(f"after {what}", error)
            return result

        setattr(owner, name, call)


def die(seconds: float) -> None:
    """By a signal that no handler sees: SIGKILL at once, or for later SIGALRM, whose default is as sudden."""
    if seconds:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
    else:
        os.kill(os.getpid(), signal.SIGKILL)


NO_SPACE = OSError(ENOSPC, os.strerror(ENOSPC))
NO_SPACE_FOR_TORCH = RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534")  # as torch 2.13 says it
NO_SPACE_FOR_SQLITE = sqlite3.OperationalError("database or disk is full")


def install(points: Points) -> None:
    """In a process of its own: what is wrapped stays wrapped."""
    import torch
    from mlflow import MlflowClient

    from ftexp.backends.hosted.connection import AsyncGuarded, Guarded
    from ftexp.backends.local.backend import LocalBackend

    _count_journal(points)
    points.wrap(os, "replace", lambda _, target: _of_ours("rename", target), NO_SPACE)
    points.wrap(torch, "save", always("torch.save"), NO_SPACE_FOR_TORCH)
    for name in MLFLOW_CALLS:
        points.wrap(MlflowClient, name, always(f"mlflow {name}"), NO_SPACE)
    if points.fate.what == "killed":  # a full disk doesn't stop what follows
        points.wrap(shutil, "rmtree", lambda path, **_: _of_ours("rmtree", path) if Path(path).exists() else "", NO_SPACE)
        for name in ("train", "answers", "losses"):
            points.wrap(LocalBackend, name, always(f"backend {name}"), NO_SPACE)
        points.wrap(Guarded, "handle_request", _requested, NO_SPACE)
        points.wrap_async(AsyncGuarded, "handle_async_request", _requested, NO_SPACE)


def _requested(_: Any, request: Any) -> str:
    """A request to a service, without the ids in its path."""
    return f"request {request.method} {re.sub(r'/(file|ftjob|ft)[-:][^/]*', '/ID', request.url.path)}"


def _of_ours(what: str, path: str | Path) -> str:
    """Only of the state directory: what MLflow does to its own files belongs to its calls."""
    parts = Path(path).parts
    return f"{what} {'/'.join(part[:16] for part in parts[-2:])}" if ".ftexp" in parts else ""


def always(label: str) -> Callable[..., str]:
    return lambda *_, **__: label


def _count_journal(points: Points) -> None:
    """What lasts in the journal is a COMMIT, or a statement that stands alone."""

    class Counted(sqlite3.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            writes = re.match(r"(COMMIT)$|(INSERT(?: OR \w+)? INTO \w+|UPDATE \w+)", statement)
            if writes is None or (writes[2] and self.in_transaction):
                return super().execute(statement, *values)
            points.reach(f"before journal {writes[0]}", NO_SPACE_FOR_SQLITE)
            done = super().execute(statement, *values)
            points.reach(f"after journal {writes[0]}", NO_SPACE_FOR_SQLITE)
            return done

    connect = sqlite3.connect

    def counting(path: Any, *arguments: Any, **named: Any) -> sqlite3.Connection:
        if str(path).endswith("journal.db"):
            named["factory"] = Counted
        return connect(path, *arguments, **named)

    sqlite3.connect = counting  # type: ignore[assignment]
