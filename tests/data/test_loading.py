from __future__ import annotations

from pathlib import Path

import pytest
from tiny import chat, chats, write_chats

from ftexp.data import jsonl
from ftexp.data.dataset import BuiltinDataset, JsonlDataset, Split
from ftexp.data.loading import Loaded, load
from ftexp.errors import DataError

SHARES = Split(validation=0.15, test=0.15, seed=0)


def dataset(path: Path | str, validation: Path | None = None, test: Path | None = None) -> JsonlDataset:
    return JsonlDataset(
        kind="jsonl",
        name=None,
        path=str(path),
        validation=str(validation) if validation else None,
        test=str(test) if test else None,
        split=SHARES,
        task_type="task",
        license=None,
        source=None,
        revision=None,
    )


def sizes(loaded: Loaded) -> tuple[int, int, int]:
    return len(loaded.splits.train), len(loaded.splits.validation), len(loaded.splits.test)


def refusal(asked: JsonlDataset) -> list[str]:
    with pytest.raises(DataError) as caught:
        load(asked)
    return list(caught.value.faults)


def test_one_file_is_parted_in_three(tmp_path: Path) -> None:
    assert sizes(load(dataset(write_chats(tmp_path / "all.jsonl")))) == (42, 9, 9)


def test_a_file_for_a_part_is_that_part_and_nothing_is_cut_for_it(tmp_path: Path) -> None:
    everything, few, fewer = write_chats(tmp_path / "all.jsonl"), tmp_path / "few.jsonl", tmp_path / "fewer.jsonl"
    jsonl.write(few, [chat(f"quite another question {c}", "yes") for c in "abc"])
    jsonl.write(fewer, [chat(f"what nobody has asked {c}", "yes") for c in "ab"])
    assert sizes(load(dataset(everything, test=few))) == (51, 9, 3)
    assert sizes(load(dataset(everything, validation=few))) == (51, 3, 9)
    assert sizes(load(dataset(everything, validation=few, test=fewer))) == (60, 3, 2)


def test_a_built_in_dataset_has_its_own_parts() -> None:
    facts = {"task_type": "task", "license": None, "source": None, "revision": None}
    asked = BuiltinDataset(kind="builtin", name="tickets", builtin="support_tickets", **facts)  # type: ignore[arg-type]
    assert sizes(load(asked)) == (240, 48, 120)


def test_the_home_directory_can_be_written_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write_chats(tmp_path / "all.jsonl")
    assert sizes(load(dataset("~/all.jsonl"))) == (42, 9, 9)
    [fault] = refusal(dataset("~nobody-of-this-name/all.jsonl"))
    assert fault == "~nobody-of-this-name/all.jsonl: nobody's home directory is ~nobody-of-this-name; write the path out"


def test_every_error_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}\n3\n", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text("\n\nnull\n", encoding="utf-8")
    (tmp_path / "c.jsonl").write_text("{\n", encoding="utf-8")
    found = refusal(dataset(tmp_path / "a.jsonl", validation=tmp_path / "b.jsonl", test=tmp_path / "c.jsonl"))
    assert [line.split(":")[0] for line in found[:-1]] == ["a.jsonl line 1", "a.jsonl line 2", "b.jsonl line 3", "c.jsonl line 1"]
    assert found[-1] == "4 errors in the data; nothing was trained. Mend the lines above and run again."


def test_five_errors_of_a_kind_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}\n" * 7 + "3\n" * 6 + "null x\n", encoding="utf-8")
    found = refusal(dataset(tmp_path / "a.jsonl"))
    assert [line.split(":")[0] for line in found[:5]] == [f"a.jsonl line {n}" for n in (1, 2, 3, 4, 5)]
    assert (found[5], found[11]) == ("2 more of the kind no_messages", "1 more of the kind not_an_object")
    assert found[13].startswith("14 errors in the data")


def test_warnings_do_not_stop(tmp_path: Path) -> None:
    path = write_chats(tmp_path / "all.jsonl")
    path.write_text("\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert load(dataset(path)).warnings[0] == "all.jsonl line 1: is blank and was passed over"


def test_too_few_examples_are_refused(tmp_path: Path) -> None:
    path = write_chats(tmp_path / "few.jsonl", 9)
    assert refusal(dataset(path))[0] == f"{path}: found 9 examples, expected at least 10; add more"
    assert sizes(load(dataset(write_chats(tmp_path / "enough.jsonl", 10)))) == (6, 2, 2)


def test_examples_of_one_prompt_alone_cannot_be_parted(tmp_path: Path) -> None:
    jsonl.write(tmp_path / "same.jsonl", [chat("always the same", f"answer {n}") for n in range(20)])
    fault = refusal(dataset(tmp_path / "same.jsonl"))[0]
    assert "no example is left for the train split; examples with one prompt stay together" in fault


def test_the_digests_are_of_the_content_and_not_of_the_file(tmp_path: Path) -> None:
    one, other = load(dataset(write_chats(tmp_path / "a.jsonl"))), load(dataset(write_chats(tmp_path / "b.jsonl")))
    assert one.digests == other.digests
    jsonl.write(tmp_path / "c.jsonl", [*chats(59), chat("changed", "answer")])
    assert load(dataset(tmp_path / "c.jsonl")).digests != one.digests
