"""How a config from elsewhere departs from what ships with ftexp in what decides where a key goes and what is paid. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ftexp.backends.providers import OpenAIProvider
from ftexp.config import RunConfig
from ftexp.reproduction.changed import flattened

_MATTERS = ("model.provider.", "prices.models.", "prices.base_urls", "budget.")
_HARMLESS = ("jobs_at_once", "requests_in_flight", "poll_seconds", "listed_within_seconds", "answers_within_minutes", "wait")


def paid_differences(config: RunConfig, shipped: Sequence[RunConfig]) -> list[str]:
    """Lines about a run that is paid for; empty for one that isn't. `shipped` has ftexp's own configs of hosted models.

    The one of the same model is what it is compared with; without one, every value that matters is told.
    """
    provider = config.model.provider
    if not (isinstance(provider, OpenAIProvider) and provider.is_billed):
        return []
    ours = next((c for c in shipped if isinstance(c.model.provider, OpenAIProvider) and _model(c) == _model(config)), None)
    theirs, here = _mattering(config), _mattering(ours) if ours else {}
    head = [] if ours else [f"model.provider.model: {_model(config)}, of which ftexp ships no config"]
    keys = [key for key in {**theirs, **here} if theirs.get(key) != here.get(key)]
    return [*head, *(f"{key}: {theirs.get(key, 'none')} (shipped: {here.get(key, 'none')})" for key in keys)]


def _model(config: RunConfig) -> str:
    provider = config.model.provider
    return provider.model if isinstance(provider, OpenAIProvider) else ""


def _mattering(config: RunConfig) -> Mapping[str, Any]:
    """Of prices only those of the model."""
    name = config.prices.name_of(_model(config))
    return {
        key: value
        for key, value in flattened(config).items()
        if key.startswith(_MATTERS)
        and not key.endswith(_HARMLESS)
        and (not key.startswith("prices.models.") or key.startswith(f"prices.models.{name}."))
    }
