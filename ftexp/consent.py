"""A run that is billed starts when its limit is set and somebody has said yes to what it may cost."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import ceil

from ftexp.budget import sum_of
from ftexp.config import RunConfig
from ftexp.cost import Estimate
from ftexp.errors import BudgetError
from ftexp.keys import Keys
from ftexp.launch import evaluation_id, has_job, run_id
from ftexp.report.money import usd
from ftexp.reserving import left_of
from ftexp.run import Prepared, known_keys
from ftexp.state import State
from ftexp.withheld import without_keys


def ask_consent(runs: Sequence[Prepared], yes: bool, state: State, differences: Sequence[str] = ()) -> None:
    """Before anything is spent that isn't spent yet. `differences` say how a config from elsewhere departs from what ships.

    Raises BudgetError without `budget.usd`, without a yes, and where what it costs isn't known.
    """
    new = [left for p in runs if p.model.is_billed and (left := _new(p, state)).parts]
    if not new:
        return
    found = sum_of(new, "usd")
    if found is None:
        raise BudgetError(
            "cost: not measured, so nothing can be promised; expected prices of this model and service in conf/prices/NAME.yaml, chosen "
            "with prices=NAME (model.provider.billed=false for a service that sends no bill)"
        )
    if any(p.config.budget.usd is None for p in runs if p.model.is_billed):
        most = ceil(100 * found.high) / 100
        raise BudgetError(f"budget.usd: not set, and this may cost up to {usd(found.high)}; expected a limit, like budget.usd={most:g}")
    for line in differences:
        print(f"differs   {without_keys(line)}", file=sys.stderr)
    if yes:
        return
    what = f"this will cost {usd(found.low)} to {usd(found.high)}, {usd(found.expected)} expected"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BudgetError(f"{what}; nobody is here to ask: add --yes to the command")
    print(f"{what}; continue? [y/N] ", end="", file=sys.stderr, flush=True)
    if input().strip().lower() not in ("y", "yes"):
        raise BudgetError("not started, as you said")


def _new(p: Prepared, state: State) -> Estimate:
    """What is left, without what was agreed to when the run began, and without retries of nothing."""
    left, keys = left_of(p, state), known_keys(p)
    if keys and not p.retry_failed and _agreed(p, keys, state):
        return left.model_copy(update={"parts": ()})
    if keys and not p.retry_failed and has_job(keys, state):
        left = left.without_training()
    return left if any(part.key for part in left.parts) else left.model_copy(update={"parts": ()})


def _agreed(p: Prepared, keys: Keys, state: State) -> bool:
    """A run is opened after a yes, which holds for its whole within its limit."""
    row = state.journal.run(run_id(p, keys) if p.trains else evaluation_id(p, keys)) if state.exists else None
    limit = RunConfig.model_validate_json(row.config).budget.usd if row else None
    return limit is not None and p.config.budget.usd is not None and p.config.budget.usd <= limit
