from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ftexp.errors import StateError
from ftexp.state import State


def no_one_waits() -> None:
    raise AssertionError("the lock was free")


def test_nothing_is_written_until_something_is_kept(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert not state.exists
    assert list(tmp_path.iterdir()) == []
    state.journal.measured("work", 1)
    assert state.exists


def test_git_is_told_to_leave_the_state_directory_alone(tmp_path: Path) -> None:
    State(tmp_path).folder("training", "key")
    assert (tmp_path / ".ftexp" / ".gitignore").read_text(encoding="utf-8") == "*\n"
    assert (tmp_path / ".ftexp").stat().st_mode & 0o077 == 0


def test_a_kept_folder_is_named_by_its_content_and_found_from_the_project(tmp_path: Path) -> None:
    state = State(tmp_path)
    for text in ("first", "second"):
        folder = state.folder("training", "key")
        (folder / "file").write_text(text, encoding="utf-8")
        assert state.keep(folder, "adapters", "abc") == ".ftexp/adapters/abc"
    assert (tmp_path / ".ftexp" / "adapters" / "abc" / "file").read_text(encoding="utf-8") == "first"


def test_a_folder_is_kept_whole_after_an_attempt_that_was_cut_off(tmp_path: Path) -> None:
    state = State(tmp_path)
    folder = state.folder("training", "key") / "best-4"
    folder.mkdir()
    (folder / "file").write_text("whole", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(InterruptedError):
        patch.setattr("ftexp.state.sync_tree", raise_interrupted)
        state.keep(folder, "adapters", "abc")
    assert not (tmp_path / ".ftexp" / "adapters" / "abc").exists()
    state.keep(folder, "adapters", "abc")
    assert (tmp_path / ".ftexp" / "adapters" / "abc" / "file").read_text(encoding="utf-8") == "whole"
    assert folder.exists(), "what a start after this one may go on from"


def raise_interrupted(directory: Path) -> None:
    raise InterruptedError


def test_a_discarded_folder_is_gone_and_one_that_is_gone_is_no_matter(tmp_path: Path) -> None:
    folder = State(tmp_path).folder("training", "key")
    for _ in range(2):
        State(tmp_path).discard("training", "key")
    assert not folder.exists()


def test_a_lock_is_held_by_one_process_at_a_time_and_ends_with_it(tmp_path: Path) -> None:
    hold = f"""
from ftexp.state import State
from pathlib import Path
with State(Path({str(tmp_path)!r})).lock("key", waiting=lambda: None):
    print("held", flush=True)
    input()
"""
    other = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout and other.stdout.readline() == b"held\n"
    waited = []

    def waiting() -> None:
        waited.append(True)
        other.kill()

    with State(tmp_path).lock("key", waiting):
        assert waited == [True]
    other.communicate()
    with State(tmp_path).lock("key", no_one_waits):
        pass


def test_a_place_that_can_not_hold_a_state_directory_is_one_state_error(tmp_path: Path) -> None:
    (tmp_path / ".ftexp").write_text("a file is in the way", encoding="utf-8")
    with pytest.raises(StateError, match=r"\.ftexp: can't be created \(File exists\); run ftexp in a directory that you may write to"):
        State(tmp_path).folder("training", "key")


def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("ftexp.state.write_atomically", full)
    with pytest.raises(StateError, match=r"\.ftexp: the disk is full; free some space, then the same command goes on"):
        State(tmp_path).folder("training", "key")


def test_a_project_directory_without_write_permission_is_one_state_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("whoever runs this may write anywhere")
        with pytest.raises(StateError, match="can't be created"):
            State(tmp_path).folder("training", "key")
    finally:
        tmp_path.chmod(0o700)
