"""The state directory `.ftexp/` of a project directory: the journal, what steps leave behind, and locks."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from ftexp.disk import disk_faults_told
from ftexp.errors import StateError
from ftexp.files import sync, sync_tree, write_atomically
from ftexp.journal import Journal


class State:
    """`root` is the project directory. Nothing is written until something is to be kept."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.directory = self.root / ".ftexp"
        self._turns: dict[str, threading.Lock] = {}

    @property
    def exists(self) -> bool:
        return (self.directory / "journal.db").exists()

    @cached_property
    def journal(self) -> Journal:
        self._create()
        return Journal(self.directory / "journal.db")

    def folder(self, kind: str, name: str) -> Path:
        """A directory for what a step or a run leaves behind, created where needed."""
        path = self.directory / kind / name
        self._create()
        path.mkdir(parents=True, exist_ok=True)
        return path

    def relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def keep(self, folder: Path, kind: str, name: str) -> str:
        """Copies `folder` to where files are named by their content, whole or not at all; its path from the project directory."""
        target = self.folder(kind, "") / name
        if not target.exists():
            copy = folder.with_name(f".{folder.name}.copy")
            shutil.rmtree(copy, ignore_errors=True)  # of an attempt that was cut off
            shutil.copytree(folder, copy)
            sync_tree(copy)
            try:
                copy.replace(target)
            except OSError:
                if not target.exists():  # or another process kept the same content just now
                    raise
            sync(target.parent)
        return self.relative(target)

    def keep_text(self, kind: str, name: str, content: str) -> Path:
        """A file named by its content, written once."""
        path = self.folder(kind, "") / name
        if not path.exists():
            write_atomically(path, content.encode("utf-8"))
        return path

    def discard(self, kind: str, name: str) -> None:
        """Removes a folder or file that no record needs any more; one that is gone is no matter."""
        path = self.directory / kind / name
        if path.is_file():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def lock(self, name: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Held by one thread of one process at a time; `waiting` is called once when another process has it. Ends with its process."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder("locks", "") / f"{name}.lock")
        with self._turns.setdefault(name, threading.Lock()):  # threads take turns here: for a file's lock they would ask again and again
            try:
                lock.acquire(timeout=0.05)
            except Timeout:
                waiting()
                lock.acquire()
            try:
                yield
            finally:
                lock.release()

    def is_locked(self, name: str) -> bool:
        """Whether a process holds this lock at the moment."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder("locks", "") / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False

    def _create(self) -> None:
        try:
            with disk_faults_told(self.directory):
                self.directory.mkdir(mode=0o700, exist_ok=True)
                if not (self.directory / ".gitignore").exists():
                    write_atomically(self.directory / ".gitignore", b"*\n")
        except OSError as error:
            raise StateError(
                f"{self.directory}: can't be created ({error.strerror}); run ftexp in a directory that you may write to"
            ) from error
        if not os.access(self.directory, os.W_OK):
            raise StateError(f"{self.directory}: can't be written; run ftexp in a directory that you may write to")
