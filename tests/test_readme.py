"""The README's commands are run as they stand there; the model alone is a tiny one, so that it takes seconds."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tiny import Project, ftexp, write_chats

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL))
COMMANDS = [shlex.split(line, comments=True) for line in SHELL.splitlines() if line.strip()]
FTEXP = [words[1:] for words in COMMANDS if words[0] == ".venv/bin/ftexp"]
OWN_DATA = [words for words in FTEXP if "dataset=jsonl" in words]
OF_A_RUN = [words for words in FTEXP if "last" in words]


def test_every_command_is_one_that_is_tried_here() -> None:
    others = [words for words in COMMANDS if words[0] != ".venv/bin/ftexp"]
    assert [words[:2] for words in others] == [["make", "quickstart"], ["make", "test"]]
    assert len(OWN_DATA) == 3
    assert [words[0] for words in OF_A_RUN] == ["ui", "chat", "export"]
    assert len(OWN_DATA) + len(OF_A_RUN) == len(FTEXP)


def test_make_knows_the_targets_that_are_named() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z]+)`?", README)) <= targets


@pytest.mark.parametrize("words", OWN_DATA, ids=lambda words: words[0])
def test_own_examples_are_checked_planned_and_trained_on(words: list[str], project: Project) -> None:
    write_chats(project.path / "mine.jsonl")
    tiny = [override for override in project.overrides if not override.startswith("dataset")]
    said = ftexp(*words, *tiny)
    assert said.code == 0, said.err


@pytest.mark.parametrize("words", [w for w in OF_A_RUN if w[0] != "ui"], ids=lambda words: words[0])
def test_a_finished_run_can_be_talked_to_and_taken_along(words: list[str], copy_of_finished) -> None:
    said = ftexp(*words)
    assert said.code == 0, said.err


def test_mistakes_are_told_word_for_word(bare_project: Project) -> None:
    command, told = re.findall(r"```\n\$ ftexp (.*?)\n(.*?)```", README, flags=re.DOTALL)[0]
    said = ftexp(*shlex.split(command))
    assert said.code == 2
    assert said.err == told


def test_each_folder_of_the_config_is_named() -> None:
    assert {f"`{p.name}/`" for p in (ROOT / "conf").iterdir() if p.is_dir()} <= set(re.findall(r"`[a-z]+/`", README))
