"""What may be spent, and what was set aside of it."""

from __future__ import annotations

from pydantic import Field

from ftexp.values import Value


class Budget(Value):
    """For everything a command does: a run, or all runs of a sweep together. None: no limit."""

    usd: float | None = Field(default=None, ge=0, description="US dollars from 0, or null for no limit")
    minutes: float | None = Field(default=None, gt=0, description="minutes above 0, or null for no limit")
