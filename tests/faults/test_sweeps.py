"""Sweeps of real processes: killed in the middle, and started four times at once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tiny import Project, new_project

from ftexp.state import State

pytestmark = pytest.mark.faults
BESIDE = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
WORDS = ("-m", "seed=0,1", "hyperparameters.n_epochs=1,2", "eval.few_shot=1", "tracking.database=fresh.db")


def started(project: Project, words: Sequence[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ftexp", "run", *project.overrides, *words]
    return subprocess.Popen(command, cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)


def computed(project: Project) -> Counter[str]:
    """None before the journal is there."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(project.path / ".ftexp" / "journal.db")) as db:
        return Counter(name for (name,) in db.execute("SELECT name FROM steps WHERE result IS NOT NULL"))
    return Counter()


def assert_each_once(project: Project) -> None:
    """Four runs, each trained once, with one base; in MLflow each once, and one summary."""
    counts = computed(project)
    assert {name: counts[name] for name in ("train", "answers_tuned", "answers_base", "answers_few_shot", "select")} == {
        **dict.fromkeys(("train", "answers_tuned", "select"), 4),
        **dict.fromkeys(("answers_base", "answers_few_shot"), 1),
    }
    runs = State(project.path).journal.runs()
    assert sorted((r.kind, r.state) for r in runs) == [*[("run", "finished")] * 4, ("summary", "finished")]
    with closing(sqlite3.connect(project.path / "fresh.db")) as db:
        told = Counter(value for (value,) in db.execute("SELECT value FROM tags WHERE key='ftexp.run'"))
    assert told == Counter(r.id for r in runs)


def test_four_sweeps_started_together_on_a_fresh_store_do_each_run_once(tmp_path: Path, tiny_model: Path) -> None:
    with new_project(tmp_path / "project", tiny_model, None) as project:
        sweeps = [started(project, WORDS) for _ in range(4)]
        said = [sweep.communicate(timeout=900)[0] for sweep in sweeps]
        assert [sweep.returncode for sweep in sweeps] == [0] * 4, "\n".join(said)
        assert_each_once(project)


def test_a_sweep_killed_twice_is_completed_by_the_same_command(tmp_path: Path, tiny_model: Path) -> None:
    with new_project(tmp_path / "project", tiny_model, None) as project:
        for trained in (1, 3):
            sweep = started(project, (*WORDS, *BESIDE))
            kill_when(sweep, project, trained)
        whole = started(project, (*WORDS, *BESIDE))
        said = whole.communicate(timeout=900)[0]
        assert whole.returncode == 0, said
        assert_each_once(project)


def kill_when(sweep: subprocess.Popen[str], project: Project, trained: int) -> None:
    """The command alone, not its workers: they have to notice by themselves, and nobody else may be at their runs."""
    while sweep.poll() is None and computed(project)["train"] < trained:
        time.sleep(0.05)
    assert sweep.poll() is None, "it was to be killed before its end"
    sweep.kill()
    sweep.communicate()  # until its workers have ended too, which hold the same pipe
    deadline = time.monotonic() + 60
    while alive(sweep.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(sweep.pid), "its workers went on"


def alive(session: int) -> bool:
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    return any(_state(p) != "Z" for p in Path("/proc").glob("[0-9]*") if _session(p) == session and p.name != str(session))


def _stat(process: Path) -> list[str]:
    try:
        return (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _session(process: Path) -> int | None:
    stat = _stat(process)
    return int(stat[3]) if stat else None


def _state(process: Path) -> str:
    stat = _stat(process)
    return stat[0] if stat else "Z"


def test_a_polite_kill_ends_a_sweep_and_its_workers(tmp_path: Path, tiny_model: Path) -> None:
    with new_project(tmp_path / "project", tiny_model, None) as project:
        sweep = started(project, (*WORDS, *BESIDE))
        while not (project.path / ".ftexp" / "training").is_dir():
            time.sleep(0.05)
        sweep.send_signal(signal.SIGTERM)
        said = sweep.communicate(timeout=120)[0]
        assert sweep.returncode == 130, said
        assert "interrupted; the same command goes on" in said
