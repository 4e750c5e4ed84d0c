"""Puts prompts to the base model of the config, as an evaluation does: within the budget, agreed to, on record, and taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ftexp.advice import Earlier
from ftexp.backends.base import OpenModel
from ftexp.backends.opening import open_model
from ftexp.backends.results import Answers, Generation
from ftexp.billing import total_usd
from ftexp.consent import ask_consent
from ftexp.cost import NOTHING
from ftexp.disk import disk_faults_told
from ftexp.estimating import count_asked, estimate_of
from ftexp.evaluation.items import Item, Questions
from ftexp.evaluation.scoring import Heard as Said
from ftexp.hearing import hear
from ftexp.keys import Keys
from ftexp.launch import evaluation_id
from ftexp.lease import Driver
from ftexp.presets import resolve
from ftexp.reserving import set_aside
from ftexp.run import Prepared, keys_for, known_keys
from ftexp.steps import Steps
from ftexp.values import canonical

if TYPE_CHECKING:
    from ftexp.config import RunConfig
    from ftexp.data.loading import Loaded
    from ftexp.progress import Progress
    from ftexp.state import State


_OTHERS = "another process asks the same, waiting for it"


@dataclass(frozen=True)
class Heard:
    """`usd` is what a service bills for it, 0 for none; None: not known."""

    answers: Answers
    model: str
    revision: str
    usd: float | None


def ask_base(
    what: str, items: Sequence[Item], most_tokens: int, config: RunConfig, data: Loaded, yes: bool, state: State, progress: Progress
) -> Heard:
    """The answer to each item. `what` names the questions. Raises what stands in the way of asking, or is against spending."""
    p = _prepared(what, items, most_tokens, config, data, state)
    model = p.model.opened
    assert model, "a model without obstacles is open"
    ask_consent([p], yes, state)
    keys = keys_for(p, model)
    run = evaluation_id(p, keys)
    with (
        disk_faults_told(state.directory),
        state.lock(f"run-{run}", partial(progress.say, _OTHERS)),
        set_aside(p, keys, run, run, 1, state) as a,
    ):
        found = _heard(p, model, keys, _Untold(state, run, progress, a))
    answers = found.answers["base"]
    usd = 0.0 if not p.model.is_billed else total_usd([(p.asks[0].step, answers)], p.model.price) if p.model.price else None
    return Heard(answers, model.name, model.revision, usd)


def _heard(p: Prepared, model: OpenModel, keys: Keys, step: Steps) -> Said:
    """On record as begun, so that what was agreed to isn't asked again when it is taken up."""
    journal = step.state.journal
    opened = (canonical(p.config), canonical(p.config.tracking), canonical(Driver.here()), "augmentation", p.label)
    journal.open_run(step.run, p.name, p.config.name, *opened)
    try:
        found = hear(p, p.questions[0], {"base": model.subject(None)}, keys, step)
    except BaseException as error:
        journal.end_run(step.run, "interrupted", error=str(error) or type(error).__name__)
        raise
    journal.end_run(step.run, "finished")
    return found


class _Untold(Steps):
    def tell(self, *events: Any) -> None:
        """MLflow shows runs, and this is none."""


def _prepared(what: str, items: Sequence[Item], most_tokens: int, config: RunConfig, data: Loaded, state: State) -> Prepared:
    """As a run that asks the base alone, and does nothing else."""
    hyperparameters = resolve(config.hyperparameters, len(data.splits.train))
    model = open_model(config.model, config.prices, data.splits)
    for obstacle in model.obstacles:
        raise obstacle
    plain = {name: suite for name, suite in config.evaluation.suites.items() if suite.is_plain}
    evaluation = config.evaluation.model_copy(update={"suites": plain, "gates": {}, "measure_validation": False})
    generation = Generation(max_new_tokens=most_tokens, batch_size=config.evaluation.generation.batch_size)
    questions = Questions(what, tuple(items), {"base": tuple(item.prompt for item in items)}, generation)
    config = config.model_copy(update={"evaluation": evaluation})
    p = Prepared(config, data, hyperparameters, model, (questions,), (), {}, Earlier(), NOTHING, label=what, trains=False)
    p = replace(p, asked=count_asked(model, p.asks))
    return replace(p, estimate=estimate_of(p, known_keys(p), state))
