"""Copies of a run's examples in the state directory, so that the run can be made again when the file has changed or is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ftexp.data import jsonl
from ftexp.data.dataset import Dataset, JsonlDataset, Mix, Split
from ftexp.data.loading import Loaded, digest_of, digests_of, gather
from ftexp.data.messages import Example, Splits
from ftexp.errors import DataError
from ftexp.state import State
from ftexp.values import digest

SPLITS, MIXED = ("train", "validation", "test"), "mixed"


def keep_data(data: Loaded, state: State) -> str:
    """The folder with a file for each split, named by their content, by its path from the project directory."""
    folder = state.folder("data", digest(data.digests)[:16])
    for name, examples in _files_of(data.splits).items():
        state.keep_text(f"data/{folder.name}", f"{name}.jsonl", jsonl.lines_of(examples))
    return state.relative(folder)


def write_splits(data: Loaded, folder: Path) -> None:
    """A file for each split, as `find_data` looks for them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, examples in _files_of(data.splits).items():
        jsonl.write(folder / f"{name}.jsonl", examples)


def _files_of(splits: Splits) -> dict[str, tuple[Example, ...]]:
    """What was mixed in has a file of its own: it is no example to show in a prompt."""
    files = {"train": splits.own, "validation": splits.validation, "test": splits.test}
    return files | ({MIXED: splits.others} if splits.mixed else {})


def find_data(wanted: Mapping[str, str], dataset: Dataset, folders: Sequence[Path]) -> Dataset | None:
    """The dataset as it is where its content is the one wanted, else one of the folders that has it; None where nothing has."""
    try:
        if digests_of(gather(dataset).splits) == wanted:
            return dataset
    except DataError:
        pass  # gone or broken: a copy may be whole
    folder = next((f for f in folders if _has(f, wanted)), None)
    if folder is None:
        return None
    files = {split: str(folder / f"{split}.jsonl") for split in SPLITS}
    return JsonlDataset(
        kind="jsonl",
        given_name=dataset.name,
        train_examples=dataset.train_examples,
        validation_examples=dataset.validation_examples,
        test_examples=dataset.test_examples,
        mix=_mix_in(folder, dataset.mix) if dataset.mix else None,
        path=files["train"],
        validation=files["validation"],
        test=files["test"],
        split=Split(validation=0.1, test=0.1, seed=0),  # of no effect: each split has its file
        task_type=dataset.task_type,
        license=dataset.license,
        source=dataset.source,
        revision=dataset.revision,
    )


def copies(state: State) -> list[Path]:
    """Every folder of copies in the state directory."""
    folder = state.directory / "data"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _has(folder: Path, wanted: Mapping[str, str]) -> bool:
    """Whether a file for each split is there with the content wanted."""
    try:
        found = {split: jsonl.read(folder / f"{split}.jsonl").examples for split in SPLITS}
        mixed = folder / f"{MIXED}.jsonl"
        found["train"] += jsonl.read(mixed).examples if mixed.exists() else ()
    except DataError:
        return False
    return all(digest_of(found[split]) == wanted.get(split) for split in SPLITS)


def _mix_in(folder: Path, mix: Mix) -> Mix | None:
    """All of the copy of what was mixed in."""
    path = folder / f"{MIXED}.jsonl"
    if not path.exists():
        return None
    sizes = [len(jsonl.read(folder / f"{name}.jsonl").examples) for name in ("train", MIXED)]
    return Mix(path=str(path), ratio=sizes[1] / sizes[0], seed=mix.seed)
