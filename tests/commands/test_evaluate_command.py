from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tiny import Finished, ftexp, write_chats

from ftexp.state import State


def worked_out() -> list[str]:
    """The name of every step that was ever worked out, in order."""
    with sqlite3.connect(".ftexp/journal.db") as journal:
        return [name for (name,) in journal.execute("SELECT name FROM steps ORDER BY started_at")]


def added(before: list[str]) -> list[str]:
    return worked_out()[len(before) :]


def test_another_metric_of_a_run_is_scored_from_the_answers_on_record(copy_of_finished: Finished) -> None:
    before = worked_out()
    said = ftexp("evaluate", "last", "eval.suites.chat.metrics.exact.kind=exact_match")
    assert said.code == 0, said.err
    assert "exact" in said.out and added(before) == ["score", "compare", "flips"]


def test_another_group_of_questions_is_asked_without_training(copy_of_finished: Finished) -> None:
    before = worked_out()
    said = ftexp("evaluate", "last", "eval=tickets", "eval.few_shot=0", "eval.generation.max_new_tokens=3")
    assert said.code == 0, said.err
    assert "exact_match" in said.out
    assert added(before) == ["answers_base", "answers_tuned", "score", "compare", "flips"]


def test_the_same_evaluation_again_does_nothing(copy_of_finished: Finished) -> None:
    words = ("evaluate", "last", "eval.few_shot=0")
    first = ftexp(*words)
    before = worked_out()
    assert first.code == 0 and ftexp(*words).out == first.out and added(before) == []


def test_own_items_are_asked_of_the_base_alone(copy_of_finished: Finished) -> None:
    lines = [{"messages": [{"role": "user", "content": f"Is {n} even?"}, {"role": "assistant", "content": "yes"}]} for n in (2, 4)]
    Path("even.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    own = "eval.suites.even={items: even.jsonl, metrics: {right: {kind: exact_match}}}"
    said = ftexp("evaluate", "base", *copy_of_finished.project.overrides, own)
    assert said.code == 0, said.err
    assert "even/right" in said.out and "tuned" not in said.out
    assert "answers_even_base" in worked_out() and "answers_even_tuned" not in worked_out()


def test_an_item_that_was_trained_on_is_left_out_and_told(copy_of_finished: Finished) -> None:
    write_chats(Path("known.jsonl"))
    own = "eval.suites.known={items: known.jsonl, metrics: {right: {kind: exact_match}}}"
    said = ftexp("evaluate", "last", own)
    assert said.code == 0, said.err
    assert "is in the training data, as" in said.err and "of suite known; left out of the verdict" in said.err


def test_an_exported_adapter_and_a_merged_model_are_evaluated(copy_of_finished: Finished) -> None:
    assert ftexp("export", "last", "adapter").code == 0 and ftexp("export", "last", "merged", "--merged").code == 0
    overrides = [*copy_of_finished.project.overrides, "eval.few_shot=0"]
    adapter, merged = ftexp("evaluate", "adapter", *overrides), ftexp("evaluate", "merged", *overrides[2:])
    assert adapter.code == 0 and merged.code == 0, adapter.err + merged.err
    assert "tuned - base" in adapter.out and "tuned - base" not in merged.out


def test_an_evaluation_is_found_by_the_ui_and_is_no_run(copy_of_finished: Finished) -> None:
    run = State(Path.cwd()).journal.runs("kind='run'")
    said = ftexp("evaluate", "last", "eval.few_shot=0")
    assert State(Path.cwd()).journal.runs("kind='run'") == run
    refused = ftexp("chat", said.run)
    assert refused.code == 2 and "is an evaluation" in refused.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "not on record"),
        (["last", "hyperparameters.n_epochs=3"], "the model is there already"),
        (["last", "eval=tikcets"], "did you mean tickets?"),
        (["."], "found neither adapter_model.safetensors nor config.json"),
    ],
)
def test_what_cannot_be_evaluated_is_said(words: list[str], message: str, finished: Finished) -> None:
    said = ftexp("evaluate", *words)
    assert said.code == 2 and message in said.err
