from __future__ import annotations

import errno
import os
import resource
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ftexp.disk import disk_fault, disk_faults_told
from ftexp.errors import DataError, StateError


def write_safetensors(path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(10000)}, path)


def write_torch(path: Path) -> None:
    import torch

    torch.save({"a": torch.zeros(10000)}, path)


def write_bytes(path: Path) -> None:
    path.write_bytes(b"x" * 40000)


@pytest.mark.parametrize("write", [write_safetensors, write_torch, write_bytes])
def test_a_file_that_can_not_be_written_is_one_message_whatever_library_writes(write: Callable[[Path], None], tmp_path: Path) -> None:
    unlimited, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10000, hard))  # stands for a full disk
    try:
        with pytest.raises(StateError, match=r"can't be written|may not grow") as told, disk_faults_told(tmp_path):
            write(tmp_path / "file")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, hard))
    assert str(told.value).startswith(f"{tmp_path}: ")
    assert str(told.value).endswith(", then the same command goes on")


@pytest.mark.parametrize(
    ("number", "told"), [(errno.ENOSPC, "the disk is full"), (errno.EDQUOT, "quota is used up"), (errno.EROFS, "is read-only")]
)
def test_the_systems_numbers_and_its_texts_are_told_alike(number: int, told: str) -> None:
    for error in (OSError(number, os.strerror(number)), RuntimeError(f"I/O error: {os.strerror(number)} (os error {number})")):
        assert told in (disk_fault(error) or "")


def test_what_is_not_about_the_disk_passes_through(tmp_path: Path) -> None:
    for error in (PermissionError(errno.EACCES, "Permission denied"), ValueError("wrong"), DataError("disk is full of bad data")):
        with pytest.raises(type(error)) as raised, disk_faults_told(tmp_path):
            raise error
        assert raised.value is error


def test_a_full_database_is_told(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "db")
    db.execute("PRAGMA max_page_count=2")
    with pytest.raises(sqlite3.OperationalError) as raised:
        db.executescript("CREATE TABLE t (x); CREATE TABLE u (x);")
    db.close()
    assert "the disk is full" in (disk_fault(raised.value) or "")
