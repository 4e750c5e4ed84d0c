"""RunConfig: everything one run is told, assembled from the config models that each room owns."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

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

_BEST = "validation/loss, validation/token_accuracy, validation/reward_accuracy or validation/reward_margin"


class Training(Value):
    method: Literal["supervised", "dpo"] = Field(description="supervised or dpo")
    early_stopping: EarlyStopping | None = Field(default=None, description="patience and min_delta, or null")
    best_metric: BestMetric = Field(default="validation/loss", description=_BEST)
    beta: float = Field(default=0.1, gt=0, le=2, description="a number above 0, up to 2")
    start_from: str | None = Field(default=None, min_length=1, description="a run, the directory of an adapter, or null")

    @model_validator(mode="after")
    def _rewards_are_of_pairs(self) -> Training:
        if self.method != "dpo" and "reward" in self.best_metric:
            raise ValueError(f"found best_metric {self.best_metric}, which only training.method=dpo has; expected validation/loss")
        return self


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
