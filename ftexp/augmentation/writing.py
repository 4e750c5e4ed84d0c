"""The files that come of it: one a split, and a manifest. The original is never among them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ftexp import __version__
from ftexp.augmentation.rows import Kind, Row
from ftexp.data.dataset import BuiltinDataset, Dataset
from ftexp.data.loading import Loaded
from ftexp.errors import ConfigError
from ftexp.files import write_atomically
from ftexp.validation.survey import SplitName
from ftexp.values import Value

MANIFEST = "manifest.json"


class Source(Value):
    """A file that was read, or a split of a dataset that comes with ftexp: then its sha256 is of what the examples say."""

    path: str
    split: str
    sha256: str


class Written(Value):
    path: str
    sha256: str
    rows: int
    made: int  # of the rows; the others are originals


class Manifest(Value):
    """What was made of what, and how. `made` counts training rows by what was done, `refused` those that weren't made by reason."""

    kind: Kind
    seed: int
    settings: dict[str, Any]
    ftexp: str
    sources: tuple[Source, ...]
    files: tuple[Written, ...]
    made: dict[str, int]
    refused: dict[str, int]


def manifest_of(
    kind: Kind,
    seed: int,
    settings: Mapping[str, Any],
    dataset: Dataset,
    data: Loaded,
    parts: Mapping[SplitName, Sequence[Row]],
    refused: Counter[str],
) -> Manifest:
    made = Counter(how for row in parts["train"] if row.provenance.kind == kind for how in row.provenance.how or (kind,))
    return Manifest(
        kind=kind,
        seed=seed,
        settings=dict(settings),
        ftexp=__version__,
        sources=_sources(dataset, data),
        files=tuple(_written(split, rows) for split, rows in parts.items()),
        made=dict(made.most_common()),
        refused=dict(refused.most_common()),
    )


def _sources(dataset: Dataset, data: Loaded) -> tuple[Source, ...]:
    if isinstance(dataset, BuiltinDataset):
        return tuple(Source(path=dataset.name, split=split, sha256=sha256) for split, sha256 in data.digests.items())
    paths = {"train": dataset.path, "validation": dataset.validation, "test": dataset.test}
    return tuple(Source(path=paths[f.split] or f.name, split=f.split, sha256=f.sha256) for f in data.report.files)


def _written(split: SplitName, rows: Sequence[Row]) -> Written:
    made = sum(row.provenance.kind != "original" for row in rows)
    return Written(path=f"{split}.jsonl", sha256=hashlib.sha256(_text(rows)).hexdigest(), rows=len(rows), made=made)


def _text(rows: Sequence[Row]) -> bytes:
    return "".join(row.line + "\n" for row in rows).encode("utf-8")


def write(out: Path, parts: Mapping[SplitName, Sequence[Row]], manifest: Manifest) -> None:
    """Raises ConfigError where another file is in the way: nothing is written over, unless it is the same."""
    files = {f"{split}.jsonl": _text(rows) for split, rows in parts.items()}
    files[MANIFEST] = (manifest.model_dump_json(indent=2) + "\n").encode("utf-8")
    for name, content in files.items():
        if (out / name).exists() and (out / name).read_bytes() != content:
            raise ConfigError(f"--out: found another {name} in {out}; expected an empty directory, since nothing is written over")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out: {out} can't be made ({error.strerror}); expected a directory that may be written") from error
    for name, content in files.items():
        write_atomically(out / name, content)
