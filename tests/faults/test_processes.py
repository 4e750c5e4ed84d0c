"""Real processes: two of one command at once, and one that is asked to stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cases import WORDS, Laboratory
from record import differences, record_of
from tiny import Project

pytestmark = pytest.mark.faults


def start(laboratory: Laboratory, project: Path) -> subprocess.Popen[str]:
    words = ["run", *Project(project, laboratory.model).overrides, *WORDS]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "FTEXP_CACHE": str(project / "cache"), "COLUMNS": "240"}
    command = [sys.executable, "-m", "ftexp", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=project, env=environment, text=True, stdout=pipe, stderr=pipe, preexec_fn=as_at_a_terminal)


def as_at_a_terminal() -> None:
    """What a shell's background job ignores, and hands down, stops it again."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def wait_until_it_trains(project: Path, process: subprocess.Popen[str]) -> None:
    while not list((project / ".ftexp").glob("training/*/best-0")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)


def test_of_two_first_processes_with_one_command_one_works_and_the_other_reads(laboratory: Laboratory) -> None:
    project = laboratory.new_project(database=False)
    both = [start(laboratory, project) for _ in range(2)]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    read, worked = sorted(said, key=lambda out: "had done all of this" not in out[0])
    assert "another process is at this run, waiting for it" in read[1]
    assert "had done all of this" in read[0] and "had done all of this" not in worked[0]
    assert read[0].split("trained ")[0] == worked[0].split("trained ")[0], "the tables are the same"
    found = json.loads(json.dumps(record_of(project)))  # as the expected came from the fork server
    assert list(differences(laboratory.expected, found)) == []


def test_when_the_process_that_works_is_killed_the_one_that_waits_goes_on(laboratory: Laboratory) -> None:
    project = laboratory.new_project()
    first = start(laboratory, project)
    wait_until_it_trains(project, first)
    first.send_signal(signal.SIGSTOP)  # so that the other one has the time to come and wait
    second = start(laboratory, project)
    assert second.stderr
    while "waiting for it" not in (line := second.stderr.readline()):
        assert line
    first.kill()
    assert "had done all of this" not in second.communicate()[0]
    assert (first.wait(), second.returncode) == (-signal.SIGKILL, 0)
    first.communicate()
    assert list(differences(laboratory.expected, laboratory.undisturbed(project))) == [], "the same command reads the record"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop_says_how_to_go_on_and_comes_to_the_same(number: signal.Signals, laboratory: Laboratory) -> None:
    project = laboratory.new_project()
    asked = start(laboratory, project)
    wait_until_it_trains(project, asked)
    asked.send_signal(number)
    _, err = asked.communicate()
    assert asked.returncode == 130, err
    assert err.splitlines()[-1] == "ftexp: interrupted; the same command goes on from where it was"
    assert [folder for folder in (project / ".ftexp").glob("training/*/checkpoint-*") if (folder / "complete").exists()]
    assert list(differences(laboratory.expected, laboratory.undisturbed(project))) == []
