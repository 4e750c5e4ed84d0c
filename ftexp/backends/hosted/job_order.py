"""What a job is created with, and the mark by which it is known again. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ftexp.backends.providers import OpenAIProvider
from ftexp.presets import Resolved

KEY, ATTEMPT, RUN = "ftexp_train_key", "ftexp_attempt", "ftexp_run"  # our marks, in a job's metadata


@dataclass(frozen=True)
class JobOrder:
    """`key` names the training, `attempt` counts the jobs that were created for it on purpose."""

    key: str
    attempt: int
    run: str
    model: str
    method: str
    training_file: str
    validation_file: str | None
    hyperparameters: Resolved
    seed: int
    beta: float = 0.1

    @property
    def mark(self) -> dict[str, str]:
        return {KEY: self.key, ATTEMPT: str(self.attempt)}


def request_of(order: JobOrder, provider: OpenAIProvider) -> dict[str, Any]:
    values = dict(_hyperparameters(order, provider))
    body: dict[str, Any] = {"model": order.model, "training_file": order.training_file, "seed": order.seed}
    body |= {"suffix": f"ftexp-{order.key[:12]}"}
    body |= {"validation_file": order.validation_file} if order.validation_file else {}
    body |= {"metadata": {**order.mark, RUN: order.run[:512]}} if provider.job_metadata else {}
    if provider.method_object:
        return body | {"method": {"type": order.method, order.method: {"hyperparameters": values}}}
    return body | {"hyperparameters": values}


def _hyperparameters(order: JobOrder, provider: OpenAIProvider) -> Iterator[tuple[str, Any]]:
    h, base = order.hyperparameters, provider.learning_rate
    for name, value in (("n_epochs", h.n_epochs), ("batch_size", h.batch_size)):
        yield name, "auto" if value == "provider_auto" else value
    multiplier = h.learning_rate_multiplier
    if base is not None and multiplier != "provider_auto":
        yield "learning_rate", float(f"{base * multiplier:.12g}")
    else:
        yield "learning_rate_multiplier", "auto" if multiplier == "provider_auto" else multiplier
    if order.method == "dpo" and provider.method_object:
        yield "beta", order.beta
    yield from provider.more_hyperparameters.items()
