"""Replies of batches that are done, so that an attempt that was cut off repeats none of them."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from ftexp.backends.results import Reply
from ftexp.values import Value


class Batch(Value):
    """One batch of the plan, by its number from 0, and the seconds it took."""

    number: int
    replies: tuple[Reply, ...]
    seconds: float


class KeptBatches:
    """A file that is only ever appended to, a line a batch; a line that was cut off counts for nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[int, Batch]:
        """By number; empty where nothing was kept."""
        if not self.path.exists():
            return {}
        found = filter(None, map(_whole, self.path.read_bytes().split(b"\n")))
        return {batch.number: batch for batch in found}

    def keep(self, *batches: Batch) -> None:
        """On disk when it returns."""
        lines = "".join(f"\n{batch.model_dump_json()}\n" for batch in batches)  # each of its own, whatever was cut off before it
        with self.path.open("ab") as file:
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())


def _whole(line: bytes) -> Batch | None:
    try:
        return Batch.model_validate_json(line) if line else None
    except ValidationError:
        return None
