"""Reading a file of one's own, whatever its format."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from ftexp.data import jsonl
from ftexp.data.dataset import AlpacaDataset, AnyFile, JsonlDataset, ShareGptDataset, TableDataset
from ftexp.data.jsonl import Reading
from ftexp.validation.structure import Method


def read(dataset: AnyFile, path: Path, method: Method | None = None) -> Reading:
    """Every example of one file of the dataset, judged. Raises DataError where there is no file that can be read."""
    match dataset:
        case JsonlDataset():
            return jsonl.read(path, method)
        case TableDataset():
            from ftexp.data import table

            return table.read(dataset, path)
        case ShareGptDataset():
            from ftexp.data import sharegpt

            return sharegpt.read(dataset, path)
        case AlpacaDataset():
            from ftexp.data import alpaca

            return alpaca.read(dataset, path)
    assert_never(dataset)
