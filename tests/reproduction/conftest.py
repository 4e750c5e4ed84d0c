from __future__ import annotations

from pathlib import Path

import pytest

from ftexp.reproduction.files import write
from ftexp.reproduction.finding import Found, on_record
from ftexp.state import State


@pytest.fixture
def found(finished) -> Found:
    return on_record("last", State(finished.project.path))


@pytest.fixture
def record(found: Found, tmp_path: Path) -> Path:
    """The finished run as files."""
    folder = tmp_path / "places"
    write(folder, found.runs, found.launched, "# places\n", "2026-11-24")
    return folder
