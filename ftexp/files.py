"""Files that are whole or absent, whatever happens while they are written."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Writes beside, flushes to disk, then renames; the old content stays until the new one is complete."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Makes a rename inside `directory` last through a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """64 hexadecimal digits over the bytes of a file, or over names and contents of a directory's files."""
    if path.is_dir():
        parts = "".join(f"{p.relative_to(path)} {sha256_of(p)}\n" for p in sorted(path.rglob("*")) if p.is_file())
        return hashlib.sha256(parts.encode("utf-8")).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
