"""What the base model gets wrong, by a metric of the config: from a finished run's record, or asked for now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ftexp.augmentation.negatives import Mistakes, prompt_digest
from ftexp.backends.results import Answers, Reply
from ftexp.errors import ConfigError
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import ReplyMetric
from ftexp.records import find_run
from ftexp.run import known_keys, prepare

if TYPE_CHECKING:
    from ftexp.evaluation.suites import Evaluation
    from ftexp.state import State

RIGHT = 0.5  # from this score on an answer may be right: no mistake worth recognising


def mistakes_of(evaluation: Evaluation, items: Iterable[Item], replies: Iterable[Reply]) -> Mistakes:
    """Answers that score below half by the headline metric, or where that reads no answers by the first that does."""
    _, metric = _judging(evaluation)
    found: dict[str, list[str]] = {}
    for item, reply in zip(items, replies, strict=True):
        if reply.error or not reply.text.strip():
            continue
        value = metric.score(reply, item).value
        if value is not None and value < RIGHT:
            found.setdefault(prompt_digest(item.prompt), []).append(reply.text.strip())
    return found


def _judging(evaluation: Evaluation) -> tuple[str, ReplyMetric]:
    """Of metrics of the test items."""
    plain = {f"{suite}/{name}": m for suite, s in evaluation.suites.items() if s.is_plain for name, m in s.metrics.items()}
    ranked = sorted(plain, key=lambda name: name != evaluation.headline)
    for name in ranked:
        metric = plain[name]
        if isinstance(metric, ReplyMetric):
            return name, metric
    raise ConfigError(f"--from: none of {', '.join(plain)} reads answers, so nothing tells which are wrong; expected a metric that does")


def judged_by(evaluation: Evaluation) -> str:
    return _judging(evaluation)[0]


def recorded(reference: str, state: State) -> tuple[Sequence[Item], Answers]:
    """What the base was asked in a finished run or evaluation, and said. Raises ConfigError where its data is no more the same."""
    from ftexp.config import RunConfig

    row = find_run(reference, state, ("run", "evaluation"))
    said = state.journal.step_of(row.id, "answers_base")
    if said is None:
        raise ConfigError(f"--from: run {row.id} has no answers of the base; expected a finished run, or base to ask it now")
    p = prepare(RunConfig.model_validate_json(row.config), state)
    keys, answers = known_keys(p), Answers.model_validate_json(said)
    same = (
        keys.asked["answers_base"].value == state.journal.key_of(row.id, "answers_base") if keys else len(p.items) == len(answers.replies)
    )
    if not same:
        raise ConfigError(
            f"--from: what run {row.id} was asked has changed since, as its data, model or eval; expected a run on them as they are"
        )
    return p.items, answers
