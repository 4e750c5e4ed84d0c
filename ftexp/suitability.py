"""Is fine-tuning the right tool at all? The decision flow, as a function of values."""

from __future__ import annotations

from pydantic import Field

from ftexp.values import Value


class Suitability(Value):
    """What the data can't tell. None: not said."""

    requirements_stable: bool | None = Field(default=None, description="true, false or null")
    needs_live_information: bool | None = Field(default=None, description="true, false or null")
    wants_variety: bool | None = Field(default=None, description="true, false or null")
