"""Results of runs to compare, from a few scores."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ftexp.compare import Answered, RunResult
from ftexp.evaluation.metrics.base import Score
from ftexp.evaluation.scoring import Scores, compare
from ftexp.evaluation.suites import Evaluation
from ftexp.journal import Journal, RunState
from ftexp.tracking.events import Params, parse

RIGHT = {"kind": "exact_match"}
LOSS = {"kind": "held_out_loss"}


def run(
    id: str,
    tuned: Sequence[float | None],
    *,
    metric: str = "test/right",
    definition: Mapping[str, Any] = RIGHT,
    questions: Sequence[str] = (),
    replies: Sequence[str] = (),
    base: Sequence[float] = (),
    config: Mapping[str, str] | None = None,
    name: str = "name",
) -> RunResult:
    """Its items are `questions`, by default q0, q1, ..., with references a0, a1, ...; base is 0 on every item by default."""
    asked = questions or [f"q{n}" for n in range(len(tuned))]
    said = replies or [f"{id} says {n}" for n in range(len(tuned))]
    by_subject = {"base": base or [0.0] * len(tuned), "tuned": tuned}
    scores = Scores.model_validate({"by_metric": {metric: {s: tuple(Score(value=v) for v in vs) for s, vs in by_subject.items()}}})
    suite, measured = metric.split("/")
    evaluation = Evaluation.model_validate(
        {
            "name": "e",
            "few_shot": 0,
            "generation": {"max_new_tokens": 1, "batch_size": 1},
            "suites": {suite: {"items": "test", "metrics": {measured: definition}}},
            "headline": metric,
            "confidence": 0.95,
        }
    )
    return RunResult(
        id=id,
        name=name,
        experiment="experiment",
        config=config or {},
        comparison=compare(evaluation, scores),
        headline=metric,
        confidence=0.95,
        metrics={metric: definition},
        items=tuple(Answered(q, f"a of {q}", r) for q, r in zip(asked, said, strict=True)),
        scores={metric: tuple(tuned)},
        best_validation_loss=1.5,
        train_seconds=60.0,
        evaluation_seconds=30.0,
        billed_usd=0.0,
    )


def copy_run(journal: Journal, run: str, id: str, state: RunState = "finished", **config: Any) -> None:
    """Puts a finished run on record again under another id, as if told other values of the config's outer keys."""
    row = journal.run(run)
    assert row
    told = json.loads(row.config) | config
    journal.open_run(id, row.name, row.experiment, json.dumps(told), row.tracking)
    events = [parse(body) for body in journal.bodies([run], "")[run]]
    params = {key: str(value) for key, value in config.items()}
    changed = [Params(values=e.values | params) if isinstance(e, Params) else e for e in events]
    journal.emit(id, [(event.ident, event.model_dump_json()) for event in changed])
    for name, key in journal.steps_of(run).items():
        journal.add_step(id, name, key)
    journal.end_run(id, state, record=row.record if state == "finished" else None)
