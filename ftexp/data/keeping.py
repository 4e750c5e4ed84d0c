"""Copies of a run's examples in the state directory, so that the run can be made again when the file has changed or is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ftexp.data import jsonl
from ftexp.data.dataset import Dataset, JsonlDataset, Split
from ftexp.data.loading import Loaded, digest_of, digests_of, gather
from ftexp.errors import DataError
from ftexp.state import State
from ftexp.values import digest

SPLITS = ("train", "validation", "test")


def keep_data(data: Loaded, state: State) -> str:
    """The folder with a file for each split, named by their content, by its path from the project directory."""
    folder = state.folder("data", digest(data.digests)[:16])
    for split in SPLITS:
        state.keep_text(f"data/{folder.name}", f"{split}.jsonl", jsonl.lines_of(getattr(data.splits, split)))
    return state.relative(folder)


def write_splits(data: Loaded, folder: Path) -> None:
    """A file for each split, as `find_data` looks for them."""
    folder.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        jsonl.write(folder / f"{split}.jsonl", getattr(data.splits, split))


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
        return all(digest_of(jsonl.read(folder / f"{split}.jsonl").examples) == wanted.get(split) for split in SPLITS)
    except DataError:
        return False
