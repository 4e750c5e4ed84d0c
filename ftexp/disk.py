"""A disk that is full or can't be written, in the same words whatever library ran into it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, EFBIG, ENOSPC, EROFS
from pathlib import Path

from ftexp.errors import FtexpError, StateError

_FAULTS = {
    ENOSPC: "the disk is full; free some space",
    EDQUOT: "your disk quota is used up; free some space",
    EFBIG: "files may not grow this large here; raise the limit (ulimit -f)",
    EROFS: "the file system is read-only; make it writable",
}
# Libraries written in other languages give text alone: safetensors the system's, SQLite its own, torch (2.13) where in its source it was.
_TEXTS = {os.strerror(number): fault for number, fault in _FAULTS.items()} | {
    "disk is full": _FAULTS[ENOSPC],
    "readonly database": "it may not be written; make it writable",
    "inline_container.cc": "a checkpoint can't be written; see whether the disk is full",
}


def disk_fault(error: object) -> str | None:
    """What is wrong with the disk and what to do; None where `error` is about something else."""
    if isinstance(error, OSError):
        return _FAULTS.get(error.errno or 0)
    return next((fault for text, fault in _TEXTS.items() if text in str(error)), None)


@contextmanager
def disk_faults_told(directory: Path) -> Iterator[None]:
    """Raises StateError where something in `directory` can't be written; what was written before is whole."""
    try:
        yield
    except FtexpError:
        raise
    except Exception as error:
        fault = disk_fault(error)
        if fault is None:
            raise
        raise StateError(f"{directory}: {fault}, then the same command goes on") from error
