"""Likelihoods, measured by the backend."""

from __future__ import annotations

from typing import ClassVar, Literal

from ftexp.evaluation.metrics.base import MeasuredMetric


class HeldOutLoss(MeasuredMetric):
    """Mean negative log-likelihood of the reference after the subject's own prompt, in nats a token."""

    lower_is_better: ClassVar[bool] = True
    unit: ClassVar[str] = "nats/token"
    kind: Literal["held_out_loss"]


class BaseLikelihood(MeasuredMetric):
    """Mean negative log-likelihood of the reply under the base model, in nats a token: what reads strangely is unlikely.

    A reply that repeats itself is likely; read it beside `repetition`. An empty reply is left unscored.
    """

    lower_is_better: ClassVar[bool] = True
    unit: ClassVar[str] = "nats/token"
    kind: Literal["base_likelihood"]
