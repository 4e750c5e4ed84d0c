"""The tracking group of the config."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ftexp.values import Value


class LocalTracking(Value):
    """MLflow's SQLite store in the project directory."""

    kind: Literal["local"]
    database: str = Field(min_length=1, description="the path of a file")
    artifacts: str = Field(min_length=1, description="the path of a directory")


class ServerTracking(Value):
    """An MLflow tracking server."""

    kind: Literal["server"]
    uri: str = Field(pattern=r"^https?://", description="an address that starts with http:// or https://")
    log_text: bool = Field(description="true or false")


Tracking = Annotated[LocalTracking | ServerTracking, Field(discriminator="kind", description="local or server")]


_ANY: TypeAdapter[Tracking] = TypeAdapter(Tracking)


def parse_tracking(text: str) -> LocalTracking | ServerTracking:
    """From the JSON that the journal keeps with a run."""
    return _ANY.validate_json(text)
