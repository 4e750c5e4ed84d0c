from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ftexp
from ftexp.environment import environment, redacted

BODY = "A1" * 20  # keys are put together here, so that no file holds anything in their shape


@pytest.mark.parametrize(("start", "length"), [("sk-", 40), ("sk-proj-", 40), ("hf_", 34), ("ghp_", 36), ("AKIA", 16), ("AIza", 35)])
def test_a_key_is_redacted_by_its_shape(start: str, length: int) -> None:
    key = start + BODY[:length]
    assert redacted(f"+client = Client({key!r}) # 訂單") == "+client = Client('[redacted]') # 訂單"


@pytest.mark.parametrize(
    "line",
    [
        "+api_key: {}",
        "+API_KEY={}",
        "+OPENAI_API_KEY = '{}'",
        '+  "api-key": "{}",',
        "+token={}",
        "+client_secret: {}",
        '+Password = "{} with spaces"',
        "+'password': '{} with spaces'",
    ],
)
def test_a_value_is_redacted_by_its_name(line: str) -> None:
    told = redacted(line.format("hunter2"))
    assert "[redacted]" in told and "hunter2" not in told and "with spaces" not in told


@pytest.mark.parametrize("line", ["+max_tokens: 1024", "+tokens = count(text)", "+sk-learn", "+the secret of it", "-seed: 0\n+seed: 1"])
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert redacted(line) == line


def git(directory: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "conf.yaml").write_text("seed: 0\n", encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_a_clean_checkout_is_told_by_its_commit(checkout: Path) -> None:
    found = environment(checkout)
    assert found.commit is not None and len(found.commit) == 40
    assert (found.dirty, found.difference) == (False, "")


def test_a_changed_checkout_is_told_with_the_difference_and_without_secrets(checkout: Path) -> None:
    (checkout / "conf.yaml").write_text("seed: 1  # 訂單\napi_key: hunter2\n", encoding="utf-8")
    found = environment(checkout)
    assert found.dirty
    assert "-seed: 0\n+seed: 1  # 訂單\n+[redacted]" in found.difference and "hunter2" not in found.difference


def test_outside_a_checkout_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    found = environment(tmp_path)
    assert (found.commit, found.dirty, found.difference) == (None, False, "")


def test_without_git_there_is_no_commit(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert environment(checkout).commit is None


def test_the_versions_are_those_that_run(tmp_path: Path) -> None:
    found = environment(tmp_path)
    assert (found.ftexp, found.python) == (ftexp.__version__, sys.version.split()[0])
    assert any(p.startswith("pytest==") for p in found.packages) and list(found.packages) == sorted(found.packages)
