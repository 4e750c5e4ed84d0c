"""What a model that was trained on preference pairs makes of the test split's: how many it ranks right, and by how much."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ftexp.backends.base import OpenModel
from ftexp.backends.local.job import tokens_of
from ftexp.backends.local.model import LocalModel
from ftexp.backends.results import PairMargins, TrainingResult
from ftexp.cost import PAIRS
from ftexp.evaluation.statistics import Mean, mean
from ftexp.keys import Key
from ftexp.steps import Steps
from ftexp.values import Value

if TYPE_CHECKING:
    from ftexp.run import Prepared


class HeldOutPairs(Value):
    """Against what training began with, for which every margin is 0 and the share ranked right 0.5: a tie counts half."""

    accuracy: Mean
    margin: Mean

    def line(self) -> str:
        a, m = (f"{f.value:.3f}" + ("" if f.low is None else f" [{f.low:.3f}, {f.high:.3f}]") for f in (self.accuracy, self.margin))
        return f"{a} of {self.accuracy.n} test pairs are ranked right (0.5 before), with a mean reward margin of {m}"


def held_out(p: Prepared, model: OpenModel, training: TrainingResult, key: Key, step: Steps) -> HeldOutPairs:
    margins = step("pairs", key, PairMargins, lambda: _measured(p, model, training, step)).values
    confidence = p.config.evaluation.confidence
    ranked = [(margin > 0) + (margin == 0) / 2 for margin in margins]
    return HeldOutPairs(accuracy=mean(ranked, confidence), margin=mean(margins, confidence))


def _measured(p: Prepared, model: OpenModel, training: TrainingResult, step: Steps) -> PairMargins:
    tuned, start = training.tuned(step.state.root), p.start.adapter if p.start else None
    assert isinstance(model, LocalModel) and isinstance(tuned, Path), "a service has no key for it"
    with step.progress.task(PAIRS, 2 * len(model.test_pairs)) as reached:
        found = model.backend().margins(tuned, start, model.test_pairs, p.config.training.beta, step.watched(reached))
    step.state.journal.measured(model.pairs_work, 2 * tokens_of(model.test_pairs) / found.seconds)
    return found
