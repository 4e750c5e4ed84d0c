from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tiny import Project, chat, chats, ftexp

from ftexp.data import jsonl
from ftexp.data.dataset import JsonlDataset, Mix, Split
from ftexp.data.keeping import find_data, write_splits
from ftexp.data.loading import digest_of, load
from ftexp.data.messages import Example
from ftexp.errors import ConfigError, DataError

OTHERS = [chat(f"What is {n} and {n + 3}?", f"It is {2 * n + 3}.") for n in range(100)]


def dataset(folder: Path, others: Sequence[Example] = OTHERS, **mix: Any) -> JsonlDataset:
    folder.mkdir(exist_ok=True)
    jsonl.write(folder / "own.jsonl", chats(60))
    jsonl.write(folder / "others.jsonl", others)
    rest: dict[str, Any] = {"validation": None, "test": None, "license": None, "source": None, "revision": None, "task_type": "task"}
    chosen = Mix(**{"path": str(folder / "others.jsonl"), "ratio": 0.5} | mix)
    return JsonlDataset(
        kind="jsonl", name="own", path=str(folder / "own.jsonl"), split=Split(validation=0.2, test=0.2, seed=0), mix=chosen, **rest
    )


def said(examples: Sequence[Example]) -> set[str]:
    return {digest_of((e,)) for e in examples}


def test_so_many_of_another_set_are_trained_on_besides(tmp_path: Path) -> None:
    splits = load(dataset(tmp_path)).splits
    assert splits.mixed == round(0.5 * len(splits.own)) == len(splits.others) > 10
    assert said(splits.others) <= said(OTHERS) and said(splits.own) <= said(chats(60))
    assert not said((*splits.validation, *splits.test)) & said(OTHERS)


def test_the_same_seed_picks_the_same_a_higher_ratio_only_adds_and_another_seed_picks_others(tmp_path: Path) -> None:
    few, more, other = (load(dataset(tmp_path, **mix)).splits for mix in ({"ratio": 0.3}, {"ratio": 0.6}, {"ratio": 0.3, "seed": 1}))
    assert load(dataset(tmp_path, ratio=0.3)).splits == few
    assert said(few.others) < said(more.others) and said(few.others) != said(other.others)
    assert few.own == more.own


def test_a_ratio_of_nothing_mixes_nothing(tmp_path: Path) -> None:
    assert load(dataset(tmp_path, ratio=0)).splits.mixed == 0


def test_more_than_there_are_is_refused_with_what_is_possible(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"dataset.mix.ratio: found 9, which takes 324 examples of .*others.jsonl, which has 100; expected at most 2.77"
    ):
        load(dataset(tmp_path, ratio=9))


def test_what_is_held_out_may_not_be_mixed_in(tmp_path: Path) -> None:
    held_out = load(dataset(tmp_path)).splits.test
    with pytest.raises(DataError, match="train split"):
        load(dataset(tmp_path, others=[*held_out, *OTHERS], ratio=2.9))


def test_faults_of_the_other_file_are_told_with_their_lines(tmp_path: Path) -> None:
    broken = dataset(tmp_path)
    with (tmp_path / "others.jsonl").open("a", encoding="utf-8") as file:
        file.write("{}\n")
    with pytest.raises(DataError, match=r"others\.jsonl line 101"):
        load(broken)


def test_the_sets_that_come_with_the_package_fit_chats_and_no_pairs(tmp_path: Path) -> None:
    for builtin in ("general_en", "general_zh"):
        assert load(dataset(tmp_path, path=None, builtin=builtin)).splits.mixed > 10
    with pytest.raises(ConfigError, match="expected a path of preference pairs"):
        load(dataset(tmp_path, path=None, builtin="general_en"), "dpo")


@pytest.mark.parametrize("mix", [{"path": None}, {"builtin": "general_en"}])
def test_a_mix_has_one_source(mix: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected one of them"):
        dataset(tmp_path, **mix)


def test_a_copy_of_the_examples_knows_which_were_mixed_in(tmp_path: Path) -> None:
    whole = dataset(tmp_path / "here")
    data = load(whole)
    write_splits(data, tmp_path / "copy")
    (tmp_path / "here" / "others.jsonl").unlink()
    found = find_data(data.digests, whole, [tmp_path / "copy"])
    assert found and load(found).digests == data.digests
    assert [e.said for e in load(found).splits.others] == [e.said for e in data.splits.others]


def test_examples_in_the_prompt_are_the_datasets_own_and_the_mix_is_in_the_runs_name(project: Project) -> None:
    few_shot = project.run("eval.few_shot=2")
    mixed = project.run("eval.few_shot=2", "dataset.mix.builtin=general_en", "dataset.mix.ratio=0.5")
    assert (few_shot.code, mixed.code) == (0, 0), mixed.err
    assert "-m0.5-" in mixed.out
    assert "answers: few_shot" in few_shot.err and "answers: few_shot" not in mixed.err, "the same prompts are not asked again"
    assert "dataset.mix" in ftexp("diff", few_shot.run, mixed.run).out
