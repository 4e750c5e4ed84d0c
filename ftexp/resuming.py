"""A run on record, taken up again as it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ftexp.compose import Composed, recorded
from ftexp.config import RunConfig
from ftexp.errors import ConfigError
from ftexp.journal import RunRow
from ftexp.launch import SweepTag, known_run_id
from ftexp.reproduction.finding import overrides_of
from ftexp.reproduction.recorded import overridden
from ftexp.run import Prepared, prepare
from ftexp.state import State

FREE = ("model.provider.", "budget.", "prices.", "cost.")  # what doesn't decide what a run comes to, or is found out by its id


@dataclass(frozen=True)
class Resumed:
    row: RunRow
    prepared: Prepared
    composed: Composed
    sweep: SweepTag | None


def resumed(row: RunRow, words: Sequence[str], state: State) -> Resumed:
    """`words` may change what doesn't decide what a run comes to. Raises ConfigError where it wouldn't be the same run any more."""
    config = _waiting(overridden(RunConfig.model_validate_json(row.config), list(words)))
    p = replace(prepare(config, state), label=row.label, again=row.again)
    if known_run_id(p) != row.id:
        changed = "these values" if words else "its data, or this version of ftexp"
        raise ConfigError(f"run {row.id}: can't be taken up, since {changed} would make it another run; expected what it was begun with")
    place = state.journal.sweep_of(row.id)
    return Resumed(row, p, recorded(config, [*overrides_of(row.id, state), *words]), SweepTag(*place) if place else None)


def _waiting(config: RunConfig) -> RunConfig:
    """One that was only to be submitted is now followed to its end."""
    provider = config.model.provider
    if provider.kind == "local" or provider.wait:
        return config
    return config.model_copy(update={"model": config.model.model_copy(update={"provider": provider.model_copy(update={"wait": True})})})
