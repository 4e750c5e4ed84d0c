from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import Finished, ftexp, in_project

from ftexp.errors import ExitCode


def told(code: int = 0) -> dict[str, dict[str, str]]:
    """By what a sign is about; the last one counts."""
    said = ftexp("doctor", "--json")
    assert said.code == code, said.err
    return {sign["about"]: sign for sign in json.loads(said.out)}


def test_a_sound_project_is_told_line_by_line(finished: Finished) -> None:
    said = ftexp("doctor")
    assert said.code == 0 and "1 finished" in said.out and "problem" not in said.out
    assert all(f" {about} " in said.out for about in ("python", "packages", "training", "memory", "disk", "model", "conf"))


def test_a_model_that_is_missing_is_a_warning_with_the_command_that_gets_it(bare_project: object) -> None:
    sign = told()["model"]
    assert sign["standing"] == "warning" and "ftexp model fetch smollm2-135m" in sign["advice"]


def test_a_key_is_named_with_its_host_and_never_shown(bare_project: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABORATORY_API_KEY", "sk-laboratory-0123456789abcdef")
    monkeypatch.setenv("LABORATORY_API_KEY_HOST", "127.0.0.1")
    said = ftexp("doctor")
    assert "LABORATORY_API_KEY is set and goes to 127.0.0.1 alone" in said.out and "0123456789" not in said.out


def test_a_broken_journal_is_a_problem_and_is_left_as_it_is(copy_of_finished: Finished) -> None:
    journal = Path(".ftexp/journal.db")
    for beside in journal.parent.glob("journal.db-*"):
        beside.unlink()
    journal.write_bytes(b"no database " * 400)
    assert "is broken" in told(ExitCode.USAGE)["project"]["found"]
    assert journal.read_bytes() == b"no database " * 400


def test_a_config_of_ones_own_that_can_not_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "conf" / "dataset").mkdir(parents=True)
    (tmp_path / "conf" / "dataset" / "support_tickets.yaml").write_text("kind: [", encoding="utf-8")
    with in_project(tmp_path):
        assert told(ExitCode.USAGE)["conf"]["standing"] == "problem"


def test_it_writes_nothing_and_loads_nothing_heavy(tmp_path: Path) -> None:
    heavy = "import sys; from ftexp.cli import main; main(['doctor']); print({'torch', 'mlflow', 'openai', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", heavy], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()" and list(tmp_path.iterdir()) == []
