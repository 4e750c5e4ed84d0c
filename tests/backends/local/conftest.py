from __future__ import annotations

from pathlib import Path

import pytest

from ftexp.backends.local.backend import LocalBackend
from ftexp.backends.local.chat import ChatTokenizer
from ftexp.backends.local.machine import Machine


@pytest.fixture(scope="session")
def backend(tiny_model: Path) -> LocalBackend:
    return LocalBackend(tiny_model, Machine(device="cpu", dtype="float32", threads=1), ChatTokenizer(tiny_model))
