from __future__ import annotations

import hashlib
import os
import resource
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ftexp.files import sha256_of, write_atomically


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "訂單.json"
    target.write_bytes(b"old")
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_the_old_content_stays_when_writing_fails(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    target.write_bytes(b"old")
    unlimited, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))  # stands for a full disk
    try:
        with pytest.raises(OSError, match="too large"):
            write_atomically(target, b"new" * 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, hard))
    assert target.read_bytes() == b"old"


def test_what_could_not_be_written_to_its_end_is_not_left_behind(tmp_path: Path) -> None:
    unlimited, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            write_atomically(tmp_path / "file", b"new" * 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, hard))
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_was_writing_is_cleared_and_what_others_write_stays(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here = socket.gethostname()
    left, alive, elsewhere = (
        tmp_path / f".file.{who}" for who in (f"{here}.{ended.pid}", f"{here}.{os.getppid()}", f"{here}2.{ended.pid}")
    )
    for path in (left, alive, elsewhere):
        path.touch()
    write_atomically(tmp_path / "file", b"new")
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "file", alive, elsewhere])


def test_a_missing_directory_is_told_by_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "nowhere" / "file", b"")


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"content").hexdigest()


def test_the_hash_of_a_directory_tells_names_and_contents_apart(tmp_path: Path) -> None:
    trees = [{"a": "1", "b/c": "2"}, {"a": "2", "b/c": "1"}, {"a": "1", "b/d": "2"}, {"a": "1"}, {"a": "1", "b": "2"}, {}]
    for number, tree in enumerate(trees):
        for name, content in tree.items():
            path = tmp_path / str(number) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        (tmp_path / str(number)).mkdir(exist_ok=True)
    assert len({sha256_of(tmp_path / str(number)) for number in range(len(trees))}) == len(trees)


def test_the_hash_of_a_directory_does_not_depend_on_where_it_is_or_when_it_was_written(tmp_path: Path) -> None:
    for root, names in (("one", "abc"), ("two", "cba")):
        (tmp_path / root).mkdir()
        for name in names:
            (tmp_path / root / name).write_text(name, encoding="utf-8")
    assert sha256_of(tmp_path / "one") == sha256_of(tmp_path / "two")


def test_threads_of_one_process_may_write_one_file_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: write_atomically(tmp_path / "file", b"x" * 1000 * (n % 8)), range(80)))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
