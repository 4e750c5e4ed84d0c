from __future__ import annotations

from collections.abc import Iterator

import pytest
from hosted_parts import OPENED


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()
