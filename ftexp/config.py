"""RunConfig: everything one run is told, assembled from the config models that each room owns."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ftexp.backends.providers import Model
from ftexp.backends.stopping import BestMetric, EarlyStopping
from ftexp.budget import Budget
from ftexp.cost import Cost
from ftexp.data.dataset import Dataset
from ftexp.evaluation.suites import Evaluation
from ftexp.presets import Hyperparameters
from ftexp.prices import Prices
from ftexp.suitability import Suitability
from ftexp.tracking.config import Tracking
from ftexp.validation.checks import Checks
from ftexp.values import Value


class Training(Value):
    method: Literal["supervised", "dpo"] = Field(description="supervised or dpo")
    early_stopping: EarlyStopping | None = Field(default=None, description="patience and min_delta, or null")
    best_metric: BestMetric = Field(default="validation/loss", description="validation/loss or validation/token_accuracy")


class RunConfig(Value):
    given_name: str | None = Field(alias="name", pattern=r"^[^/\\]+$", description="text without slashes, or null")
    goal: str | None = Field(description="a sentence, or null")
    seed: int = Field(ge=0, le=2**31 - 1, description="a whole number from 0 to 2147483647")
    replicate: int = Field(ge=1, description="a whole number from 1")
    dataset: Dataset
    model: Model
    hyperparameters: Hyperparameters
    training: Training
    evaluation: Evaluation = Field(alias="eval")
    prices: Prices
    tracking: Tracking
    checks: Checks = Checks()
    budget: Budget = Budget()
    cost: Cost = Cost()
    suitability: Suitability = Suitability()

    @property
    def name(self) -> str:
        """The MLflow experiment."""
        return self.given_name or self.dataset.name
