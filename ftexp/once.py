"""Work that several runs of one command share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ftexp.values import digest

R = TypeVar("R")


class Once:
    """`once(key, work)`: the result of the first call with a key, for every later one. Lives as long as a command."""

    def __init__(self) -> None:
        self._results: dict[str, Any] = {}

    def __call__(self, key: object, work: Callable[[], R]) -> R:
        """`key` is what the work depends on: anything that has a canonical form."""
        name = digest(key)
        if name not in self._results:
            self._results[name] = work()
        result: R = self._results[name]
        return result
