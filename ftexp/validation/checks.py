"""The checks group of the config: what is looked for in the data, and how serious it is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ftexp.validation.content import ContentRules
from ftexp.validation.counts import CountTable
from ftexp.validation.language import LanguageRules
from ftexp.values import Value

Severity = Literal["error", "warning", "off"]
Share = Annotated[float, Field(ge=0, le=1, description="a share from 0 to 1")]
Number = Annotated[int, Field(ge=1, description="a whole number from 1")]


class Size(Value):
    service_minimum: Number = 10
    validation_share: tuple[Share, Share] = Field(default=(0.1, 0.2), description="two shares")


class Near(Value):
    """When two texts are nearly the same."""

    jaccard: float = Field(default=0.8, ge=0.5, le=1, description="a share from 0.5 to 1")
    fewest_words: Number = 5
    most_examples: int = Field(default=200_000, ge=0, description="a whole number from 0")


class Labels(Value):
    """When replies are classes, and when classes are out of balance."""

    most_classes: Number = 50
    examples_a_class: Number = 5
    imbalance: float = Field(default=10.0, ge=1, description="a number from 1")


class Diversity(Value):
    unique_inputs: Share = 0.8
    same_beginning: Share = 0.5


class Checks(Value):
    """What `conf/checks/` says; records from before it was there have its values."""

    name: str = Field(default="standard", min_length=1, description="text")
    severity: dict[str, Severity] = Field(default_factory=dict, description="error, warning or off by the id of a check")
    counts: CountTable = CountTable()
    content: ContentRules = ContentRules()
    language: LanguageRules = LanguageRules()
    size: Size = Size()
    diversity: Diversity = Diversity()
    near: Near = Near()
    labels: Labels = Labels()
