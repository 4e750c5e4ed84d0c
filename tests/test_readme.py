"""The README's commands are run as they stand there; the model alone is a tiny one, so that it takes seconds."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tiny import Finished, Project, ftexp, write_chats

from ftexp.errors import ExitCode
from ftexp.sweep.expand import expand

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL))
COMMANDS = [shlex.split(line, comments=True) for line in SHELL.splitlines() if line.strip()]
FTEXP = [words[1:] for words in COMMANDS if words[0] == ".venv/bin/ftexp"]
TO_BEGIN = [words for words in FTEXP if words[0] in ("init", "doctor")]
AT_A_SERVICE = [words for words in FTEXP if "model=gpt-4o-mini" in words]
BUDGETED = [words for words in FTEXP if words not in AT_A_SERVICE and any(word.startswith("budget.") for word in words)]
SWEEP = [words for words in FTEXP if "-m" in words and words not in BUDGETED]
JUDGED = [words for words in FTEXP if words[0] in ("evaluate", "gate", "report", "register") or "eval=checklist" in words]
OWN_DATA = [words for words in FTEXP if "dataset=jsonl" in words and words not in SWEEP + JUDGED + AT_A_SERVICE]
DECLARED = [words for words in FTEXP if "experiment=epochs_lr_sweep" in words]
OF_A_SWEEP = [words for words in FTEXP if words[0] in ("confirm", "status")]
TO_BE_KEPT = [words for words in FTEXP if words[0] in ("freeze", "reproduce", "compare")]
OF_A_RUN = [words for words in FTEXP if "last" in words and words not in OF_A_SWEEP + TO_BE_KEPT + JUDGED]


def test_every_command_is_one_that_is_tried_here() -> None:
    others = [words for words in COMMANDS if words[0] != ".venv/bin/ftexp"]
    assert [words[:2] for words in others] == [["make", "quickstart"], ["make", "test"], ["export", "OPENAI_API_KEY=..."]]
    assert len(OWN_DATA) == 3 and [words[0] for words in TO_BEGIN] == ["init", "doctor"]
    assert [words[0] for words in OF_A_RUN] == ["ui", "chat", "export"]
    assert [words[0] for words in DECLARED + SWEEP + OF_A_SWEEP + TO_BE_KEPT] == [
        *("plan", "run"),  # declared in a file
        "run",
        *("status", "confirm"),
        *("compare", "freeze", "reproduce"),
    ]
    assert [words[0] for words in BUDGETED] == [words[0] for words in AT_A_SERVICE] == ["plan", "run"]
    assert [words[0] for words in JUDGED] == ["run", "evaluate", "evaluate", "gate", "report", "register"]
    assert len(TO_BEGIN + JUDGED + AT_A_SERVICE + BUDGETED + OWN_DATA + OF_A_RUN + DECLARED + SWEEP + OF_A_SWEEP + TO_BE_KEPT) == len(FTEXP)


def test_make_knows_the_targets_that_are_named() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z]+)`?", README)) <= targets


@pytest.mark.parametrize("words", OWN_DATA, ids=lambda words: words[0])
def test_own_examples_are_checked_planned_and_trained_on(words: list[str], project: Project) -> None:
    write_chats(project.path / "mine.jsonl")
    tiny = [override for override in project.overrides if not override.startswith("dataset")]
    said = ftexp(*words, *tiny)
    assert said.code == 0, said.err


@pytest.mark.parametrize("words", DECLARED, ids=lambda words: words[0])
def test_the_declared_sweep_is_one_of_nine_runs(words: list[str], bare_project: Project) -> None:
    assert len(expand(words[1:], bare_project.path).cells) == 9


def test_a_plan_over_budget_is_refused_and_a_sweep_is_told_its_minutes(bare_project: Project) -> None:
    plan, run = BUDGETED
    assert ftexp(*plan).code == ExitCode.REFUSED
    assert {
        c.composed.config.budget.minutes for c in expand([w for w in run[1:] if w != "-m"], bare_project.path, multirun=True).cells
    } == {20}


@pytest.mark.parametrize("words", TO_BEGIN, ids=lambda words: words[0])
def test_a_project_is_begun_and_the_machine_looked_at(words: list[str], bare_project: Project) -> None:
    write_chats(bare_project.path / "mine.jsonl")
    assert ftexp(*words).code == 0


def test_at_a_service_a_plan_needs_no_key_and_a_run_says_which_one_it_needs(bare_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    write_chats(bare_project.path / "mine.jsonl")
    plan, run = AT_A_SERVICE
    assert ftexp(*plan).code == 0
    refused = ftexp(*run, "--yes")
    assert refused.code == ExitCode.USAGE and "OPENAI_API_KEY" in refused.err


def test_own_examples_are_swept_over_and_the_first_two_confirmed(project: Project) -> None:
    write_chats(project.path / "mine.jsonl")
    tiny = [override for override in project.overrides if not override.startswith("dataset")]
    [run] = SWEEP
    assert ftexp(*run, *tiny, "hyperparameters.n_epochs=1,2").code == 0
    for words in OF_A_SWEEP:
        said = ftexp(*(word.replace("3", "1") for word in words))
        assert said.code == 0, said.err


def test_a_run_is_compared_kept_and_made_again_as_it_was(copy_of_finished) -> None:
    assert copy_of_finished.project.run("seed=1").code == 0, "two to compare"
    for words in TO_BE_KEPT:
        said = ftexp(*words)
        assert said.code == 0, said.err
    assert ": identical" in said.out


def test_a_run_is_judged_by_the_checklist_and_only_registered_when_it_passes(copy_of_finished: Finished) -> None:
    """On a model that has learned nothing, so that it doesn't pass."""
    _, again, base, gate, report, register = JUDGED
    judged = ftexp(*again)
    assert judged.code in (ExitCode.GATE_FAILED, ExitCode.INCONCLUSIVE), judged.err
    assert ftexp(*gate).code == judged.code
    assert ftexp(*report).code == 0 and list(Path.cwd().glob("report-*.html"))
    refused = ftexp(*register)
    assert refused.code == ExitCode.GATE_FAILED and "not registered" in refused.err
    write_chats(Path("mine.jsonl"))
    tiny = [override for override in copy_of_finished.project.overrides if not override.startswith("dataset")]
    assert ftexp(*base, *tiny).code == 0


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
