"""The checks group of the config: what is looked for in the data, and how serious it is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ftexp.validation.content import ContentRules
from ftexp.validation.language import LanguageRules
from ftexp.values import Value

Severity = Literal["error", "warning", "off"]


class Checks(Value):
    """What `conf/checks/` says; records from before it was there have its values."""

    name: str = Field(default="standard", min_length=1, description="text")
    severity: dict[str, Severity] = Field(default_factory=dict, description="error, warning or off by the id of a check")
    content: ContentRules = ContentRules()
    language: LanguageRules = LanguageRules()
