"""Files that are whole or absent, whatever happens while they are written."""

from __future__ import annotations

import glob
import hashlib
import os
import socket
import threading
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Writes beside, flushes to disk, then renames; the old content stays until the new one is complete."""
    beside = path.with_name(f"{_prefix(path)}{os.getpid()}-{threading.get_ident()}")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync(path.parent)
    _clear_cut_off(path)


def _clear_cut_off(path: Path) -> None:
    """Removes what processes of this machine were writing beside `path` when they were killed."""
    for left in path.parent.glob(f"{glob.escape(_prefix(path))}*"):
        pid = left.name.removeprefix(_prefix(path)).partition("-")[0]
        if pid.isdecimal() and not _is_alive(int(pid)):
            left.unlink(missing_ok=True)


def _prefix(path: Path) -> str:
    """Of the files that are written beside `path`, before the ids of process and thread; a process of another machine is none of ours."""
    return f".{path.name}.{socket.gethostname()}."


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def sync(path: Path) -> None:
    """Makes what was written to a file, or renamed in a directory, last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(directory: Path) -> None:
    """Makes everything in `directory` last through a power cut."""
    for path in (*directory.rglob("*"), directory):
        sync(path)


def sha256_of(path: Path) -> str:
    """64 hexadecimal digits over the bytes of a file, or over names and contents of a directory's files."""
    if path.is_dir():
        parts = "".join(f"{p.relative_to(path)} {sha256_of(p)}\n" for p in sorted(path.rglob("*")) if p.is_file())
        return hashlib.sha256(parts.encode("utf-8")).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
