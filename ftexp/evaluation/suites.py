"""The eval group of the config."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ftexp.backends.results import Generation
from ftexp.evaluation.metrics import HeldOutLoss, Metric
from ftexp.evaluation.power import ASSUMED_DISCORDANCE
from ftexp.values import Value

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]  # becomes a part of an MLflow metric's name


class Suite(Value):
    """Items and the metrics that judge the answers to them."""

    items: Literal["test"] = Field(description="test")
    metrics: dict[Name, Metric] = Field(min_length=1, description="at least one metric, by a name of small letters, digits and _")


class Evaluation(Value):
    name: str = Field(min_length=1, description="text")
    few_shot: int = Field(ge=0, le=32, description="a whole number from 0 to 32")
    generation: Generation
    suites: dict[Name, Suite] = Field(min_length=1, description="at least one suite, by a name of small letters, digits and _")
    headline: str = Field(description="SUITE/METRIC, one of the metrics above")
    confidence: float = Field(gt=0.5, lt=1, description="a share above 0.5 and below 1, like 0.95")
    measure_validation: bool = Field(default=False, description="true or false")
    assumed_discordance: float = Field(default=ASSUMED_DISCORDANCE, gt=0, le=1, description="a share above 0, up to 1")

    @model_validator(mode="after")
    def _headline_is_measured(self) -> Evaluation:
        measured = [f"{suite}/{metric}" for suite, s in self.suites.items() for metric in s.metrics]
        if self.headline not in measured:
            raise ValueError(f"found headline {self.headline!r}, expected one of {', '.join(measured)}")
        return self

    @property
    def headline_metric(self) -> Metric:
        suite, name = self.headline.split("/", 1)
        return self.suites[suite].metrics[name]

    @property
    def by_name(self) -> dict[str, Metric]:
        """Every metric as SUITE/METRIC."""
        return {f"{suite}/{name}": metric for suite, s in self.suites.items() for name, metric in s.metrics.items()}

    @property
    def headline_is_loss(self) -> bool:
        """Whether less of the headline metric is better."""
        return isinstance(self.headline_metric, HeldOutLoss)

    @property
    def needs_losses(self) -> bool:
        return any(isinstance(m, HeldOutLoss) for s in self.suites.values() for m in s.metrics.values())
