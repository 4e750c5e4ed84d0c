"""`ftexp check`, as a user types it, and a run that its data stops."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny import Project, chat, chats, ftexp

from ftexp.data import jsonl, streaming


@pytest.fixture
def leaking(bare_project: Project) -> Project:
    jsonl.write(Path("leak.jsonl"), [chat(chats()[3].messages[0].content.upper(), "x", "y")])
    return bare_project


def test_good_data_is_told_in_figures() -> None:
    said = ftexp("check")
    assert said.code == 0
    assert "support_tickets" in said.out
    assert said.out.endswith("no errors, no warnings\n")


def test_json_is_all_there_is_on_stdout_even_with_errors(leaking: Project) -> None:
    with Path("chats.jsonl").open("a", encoding="utf-8") as file:
        file.write("{}\n")
    said = ftexp("check", "dataset=jsonl", "dataset.path=chats.jsonl", "dataset.test=leak.jsonl", "--json")
    report = json.loads(said.out)
    assert (said.code, report["unread"], sum(s["examples"] for s in report["splits"])) == (4, 1, 61)
    assert [g["check"] for g in report["groups"] if g["severity"] == "error"] == ["no_messages", "leakage_prompt"]


def test_a_run_with_leakage_stops_before_training(leaking: Project) -> None:
    said = leaking.run("dataset.test=leak.jsonl")
    assert said.code == 4
    assert "leak.jsonl line 1: has the prompt of chats.jsonl line 4, which is in the train split" in said.err
    assert not Path(".ftexp/training").exists()


def test_a_finding_can_be_softened(leaking: Project) -> None:
    words = ("dataset=jsonl", "dataset.path=chats.jsonl", "dataset.test=leak.jsonl", "checks.severity.leakage_prompt=warning")
    assert ftexp("check", *words).code == 0


def test_in_a_stream_everything_is_the_same(leaking: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("check", "dataset=jsonl", "dataset.path=chats.jsonl", "dataset.validation=leak.jsonl", "--json")
    whole = json.loads(ftexp(*words).out)
    monkeypatch.setattr(streaming, "LARGE", 0)
    monkeypatch.setattr(streaming, "BLOCK", 1000)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert json.loads(ftexp(*words).out) == whole
