from __future__ import annotations

from pathlib import Path

import pytest
from tiny import chats, write_chats

from ftexp.data import jsonl
from ftexp.data.dataset import JsonlDataset, Split
from ftexp.data.keeping import copies, find_data, keep_data, write_splits
from ftexp.data.loading import load
from ftexp.state import State


@pytest.fixture
def dataset(tmp_path: Path) -> JsonlDataset:
    path = str(write_chats(tmp_path / "chats.jsonl"))
    given = {"name": None, "path": path, "validation": None, "test": None, "split": Split(validation=0.15, test=0.15, seed=0)}
    return JsonlDataset.model_validate({"kind": "jsonl", "task_type": "style", "license": None, "source": None, "revision": None} | given)


def change(dataset: JsonlDataset) -> None:
    path = Path(dataset.path)
    path.write_text(path.read_text(encoding="utf-8").replace("nine", "ten"), encoding="utf-8")


def test_data_that_is_where_it_was_is_taken_from_there(dataset: JsonlDataset, tmp_path: Path) -> None:
    loaded = load(dataset)
    write_splits(loaded, tmp_path / "copy")
    assert find_data(loaded.digests, dataset, [tmp_path / "copy"]) == dataset


@pytest.mark.parametrize("lose", [change, lambda dataset: Path(dataset.path).unlink()], ids=["changed", "gone"])
def test_data_that_is_no_longer_there_is_taken_from_its_copy(lose, dataset: JsonlDataset, tmp_path: Path) -> None:
    loaded, state = load(dataset), State(tmp_path)
    keep_data(loaded, state)
    lose(dataset)
    found = find_data(loaded.digests, dataset, copies(state))
    assert found is not None and load(found).splits.train[0].messages == loaded.splits.train[0].messages
    assert (load(found).digests, found.name) == (loaded.digests, "chats")


def test_of_several_copies_the_one_with_this_content_is_taken(dataset: JsonlDataset, tmp_path: Path) -> None:
    loaded, state = load(dataset), State(tmp_path)
    keep_data(loaded, state)
    change(dataset)
    keep_data(load(dataset), state)
    Path(dataset.path).unlink()
    found = find_data(loaded.digests, dataset, copies(state))
    assert len(copies(state)) == 2
    assert found is not None and load(found).digests == loaded.digests


def test_a_copy_of_a_part_of_the_data_is_that_part(dataset: JsonlDataset, tmp_path: Path) -> None:
    part = dataset.model_copy(update={"train_examples": 20})
    loaded = load(part)
    write_splits(loaded, tmp_path / "copy")
    change(part)
    found = find_data(loaded.digests, part, [tmp_path / "copy"])
    assert found is not None and found.train_examples == 20
    assert load(found).digests == loaded.digests


@pytest.mark.parametrize("break_it", [
    lambda copy: jsonl.write(copy / "train.jsonl", chats(12)),
    lambda copy: (copy / "train.jsonl").write_text('{"messages": [', encoding="utf-8"),
    lambda copy: (copy / "test.jsonl").unlink(),
], ids=["other content", "broken", "missing"])  # fmt: skip
def test_a_copy_that_is_not_whole_is_passed_over(break_it, dataset: JsonlDataset, tmp_path: Path) -> None:
    loaded = load(dataset)
    write_splits(loaded, tmp_path / "copy")
    break_it(tmp_path / "copy")
    change(dataset)
    assert find_data(loaded.digests, dataset, [tmp_path / "nowhere", tmp_path / "copy"]) is None
