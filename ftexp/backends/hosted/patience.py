"""How long to wait before a request is tried again, and when to wait no longer."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

BUSY = 429
# Error codes of OpenAI's API by which no wait helps, though the status says so (its guide on error codes, read 2026-11).
NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Patience:
    """An item is given up after `tries`, and so is the whole when `pauses` in a row, or `given_up` items in a row, brought no answer.

    Waits double from `first_wait_seconds` up to `longest_wait_seconds`; a service may ask for more, up to `longest_pause_seconds`.
    """

    tries: int = 6
    pauses: int = 10
    given_up: int = 10
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0
    longest_pause_seconds: float = 600.0
    request_seconds: float = 300.0
    appears_within_seconds: float = 0.0  # that a model may not be there yet, since its training has only just ended

    def wait_seconds(self, failures: int, rng: Random) -> float:
        """After so many failures in a row, from 1: half of it by chance, so that not all come back at once."""
        doubled = self.first_wait_seconds * 2.0 ** min(failures - 1, 60)
        return min(doubled, self.longest_wait_seconds) * rng.uniform(0.5, 1)


def asked_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds from 0 that a service asks to wait (RFC 9110, 10.2.3, and OpenAI's retry-after-ms); None where it doesn't say."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    said = headers.get("retry-after", "")
    seconds = _number(said)
    return seconds if seconds is not None else _seconds_until(said, _date(headers.get("date", "")) or now)


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


def _seconds_until(text: str, now: datetime) -> float | None:
    then = _date(text)
    return max((then - now).total_seconds(), 0.0) if then else None


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Pause:
    """Holds every request back while the service asks one of them to wait. `in_a_row` counts pauses without an answer in between."""

    def __init__(self, patience: Patience, rng: Random, sleep: Sleep) -> None:
        self._patience, self._rng, self._sleep = patience, rng, sleep
        self._over, self._waiting = asyncio.Event(), 0
        self._over.set()
        self.in_a_row = 0

    async def over(self) -> None:
        await self._over.wait()

    async def hold(self, asked_seconds: float | None) -> None:
        """Those who are told to wait during a pause make it longer, not another one."""
        self.in_a_row += self._over.is_set()
        self._over.clear()
        self._waiting += 1
        try:
            await self._sleep(self._seconds(asked_seconds))
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._over.set()

    def _seconds(self, asked: float | None) -> float:
        return self._patience.wait_seconds(self.in_a_row, self._rng) if asked is None else asked * self._rng.uniform(1, 1.1)
