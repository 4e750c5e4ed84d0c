from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tiny import chats, ftexp

from ftexp.backends.local.chat import ChatTokenizer
from ftexp.backends.results import Answers
from ftexp.evaluation.items import items_of
from ftexp.records import open_tuned
from ftexp.run import prepare
from ftexp.state import State


def answers_of_tuned(root: Path, run: str) -> list[str]:
    answers = Answers.model_validate_json(State(root).journal.step_of(run, "answers_tuned") or "")
    return [r.text for r in answers.replies]


def generated(model: Any, directory: Path, root: Path, run: str) -> list[str]:
    """What the model says to the items of the run, by transformers alone."""
    import torch

    tokenizer, state = ChatTokenizer(directory), State(root)
    items = items_of(prepare(open_tuned(run, state).config, state).data.splits.test)
    found = []
    for item in items:
        ids = torch.tensor([tokenizer.prompt_ids(item.prompt)])
        output = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=4, eos_token_id=2, pad_token_id=0)
        found.append(tokenizer.decode(output[0, ids.shape[1] :].tolist()))
    return found


def test_the_adapter_is_loaded_by_the_lines_that_are_printed_and_answers_as_it_did(finished, tmp_path: Path) -> None:
    said = ftexp("export", "last", tmp_path / "adapter")
    assert said.code == 0, said.err
    names: dict[str, Any] = {}
    exec(said.out.split("load it with:\n")[1], names)
    root, run = finished.project.path, finished.said.run
    assert generated(names["model"].eval(), finished.project.model, root, run) == answers_of_tuned(root, run)


def test_the_merged_model_is_loaded_by_the_lines_that_are_printed_and_answers_as_the_tuned_did(finished, tmp_path: Path) -> None:
    target = tmp_path / "merged"
    said = ftexp("export", "last", target, "--merged")
    assert said.code == 0, said.err
    names: dict[str, Any] = {}
    exec(said.out.split("load it with:\n")[1], names)
    root, run = finished.project.path, finished.said.run
    assert generated(names["model"].eval(), target, root, run) == answers_of_tuned(root, run)
    assert names["tokenizer"].decode(names["tokenizer"](chats()[0].reference)["input_ids"]) == chats()[0].reference


def test_the_licence_of_the_base_is_named_beside_what_is_exported(finished, tmp_path: Path) -> None:
    assert ftexp("export", "last", tmp_path / "adapter").code == 0
    assert (tmp_path / "adapter" / "LICENSE.txt").read_text(encoding="utf-8") == "Licence of the base model tiny-llama: not stated\n"


def test_a_licence_file_of_the_base_is_copied(copy_of_finished, tmp_path: Path) -> None:
    model = copy_of_finished.project.model
    try:
        (model / "LICENSE").write_text("do as you please\n", encoding="utf-8")
        assert ftexp("export", "last", tmp_path / "adapter").code == 0
    finally:
        (model / "LICENSE").unlink()
    assert (tmp_path / "adapter" / "LICENSE").read_text(encoding="utf-8") == "do as you please\n"
    assert not (tmp_path / "adapter" / "LICENSE.txt").exists()


def test_a_target_that_exists_is_refused_and_left_alone(finished, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    said = ftexp("export", "last", tmp_path / "there")
    assert (said.code, said.err) == (2, f"ftexp: {tmp_path / 'there'}: exists already; name a directory that doesn't\n")
    assert list((tmp_path / "there").iterdir()) == []


@pytest.mark.parametrize("merged", [[], ["--merged"]], ids=["adapter", "merged"])
def test_a_target_that_can_not_be_written_is_one_message(merged: list[str], finished, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = ftexp("export", "last", tmp_path / "file" / "target", *merged)
    assert (said.code, len(said.err.splitlines())) == (5, 1)
    assert "can't be written (Not a directory); name a directory that you may write to" in said.err


def test_a_base_model_that_is_gone_is_told(copy_of_finished, tmp_path: Path) -> None:
    model = copy_of_finished.project.model
    shutil.move(model, tmp_path / "elsewhere")
    try:
        said = ftexp("export", "last", tmp_path / "adapter")
    finally:
        shutil.move(tmp_path / "elsewhere", model)
    assert said.code == 2
    assert "which is no directory" in said.err


def test_a_base_model_that_has_changed_since_is_refused(copy_of_finished, tmp_path: Path) -> None:
    config = copy_of_finished.project.model / "config.json"
    original = config.read_bytes()
    config.write_bytes(original + b" ")
    try:
        said = ftexp("export", "last", tmp_path / "adapter")
    finally:
        config.write_bytes(original)
    assert said.code == 5
    assert "its files have changed since, and the adapter fits only the old ones" in said.err


def test_merging_leaves_the_base_that_answers_as_it_was(finished, tmp_path: Path) -> None:
    """Runs of one process share the loaded base."""
    tuned = open_tuned(finished.said.run, State(finished.project.path))
    examples = chats(9)
    before = tuned.model.backend().losses(None, examples, lambda *_: None).values
    assert ftexp("export", "last", tmp_path / "merged", "--merged").code == 0
    assert tuned.model.backend().losses(None, examples, lambda *_: None).values == before
