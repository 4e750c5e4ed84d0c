"""The base of every value that comes from a config or goes into a record."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Frozen, and strict about its fields: an unknown key or a wrong type is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


def canonical(value: Any) -> str:
    """One JSON text for equal values: sorted keys, no spaces. Takes what JSON takes, and pydantic values inside it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def digest(*parts: Any) -> str:
    """sha256 over the canonical form of the parts, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(parts).encode("utf-8")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise TypeError(f"{type(value).__name__} has no canonical form")
