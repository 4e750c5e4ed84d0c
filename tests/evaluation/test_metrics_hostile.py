"""Whatever a model says, no metric breaks, hangs, or gives a figure that isn't one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from ftexp.backends.results import Answers, Generation, Reply
from ftexp.data.messages import Message
from ftexp.evaluation.constraints import AtMostWords, IsJson, NoCommas
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import Score, SetMetric
from ftexp.evaluation.metrics.kinds import BY_KIND, Metric
from ftexp.evaluation.metrics.measured import BaseLikelihood, HeldOutLoss
from ftexp.evaluation.scoring import Heard, score
from ftexp.evaluation.suites import Evaluation, Suite

HOSTILE = {
    "empty": "",
    "nul": "\x00" * 10,
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "escapes": "\x1b[31m\x1b]0;title\x07\x1b[2J",
    "formula": '=cmd|"/c calc"!A1',
    "surrogate": "\ud800 half",
    "bidi": "\u202egnp.exe\u2066",
    "a megabyte": "a" * 1_000_000,
    "a megabyte of words": "word, 12 " * 111_111,
    "brackets": "(" * 1_000_000,
    "nested": "[" * 100_000,
    "nested objects": '{"a":' * 100_000,
    "huge number": "9" * 100_000,
    "exponent": "1e999999999",
    "not a number": "NaN",
    "infinity": '{"priority": Infinity}',
    "spaces": " " * 1_000_000,
    "fences": "```json\n" * 10_000,
    "at signs": "@." * 100_000,
    "digits": "0912-345-678 " * 10_000,
    "han": "你好。" * 100_000,
    "combining": "e" + "\u0301" * 100_000,
}
FIELDS = {
    "regex": {"pattern": "[0-9]+x"},
    "json_schema": {"schema": {"type": "object"}},
    "json_schema_lenient": {"schema": {"type": "object"}},
    "json_field": {"field": "priority"},
}
ITEM = Item(
    (Message("user", "How many letters has the word river?"),),
    '{"priority": 5}',
    "here",
    constraints=(AtMostWords(count=3), NoCommas(), IsJson()),
    expected="answer",
    secrets=("ada@example.com",),
    twin="a",
)


def reply(text: str) -> Reply:
    return Reply(text=text, tokens_in=1, tokens_out=1, seconds=0.5, first_token_seconds=0.1)


def metric(kind: str) -> Metric:
    made: Metric = BY_KIND[kind].model_validate({"kind": kind, **FIELDS.get(kind, {})})
    return made


def scored(kind: str, texts: Sequence[str]) -> tuple[Score, ...]:
    """As a run does it."""
    evaluation = Evaluation(
        name="e",
        few_shot=0,
        generation=Generation(max_new_tokens=1, batch_size=1),
        suites={"test": Suite.model_validate({"items": "test", "metrics": {"m": metric(kind)}})},
        headline="test/m",
        confidence=0.95,
    )
    answers = Answers(replies=tuple(map(reply, texts)), batch_plan=(), seconds=0)
    return score(evaluation, {"test": Heard([ITEM] * len(texts), {"tuned": answers}, {}, {})}).by_metric["test/m"]["tuned"]


OF_REPLIES = [kind for kind, cls in BY_KIND.items() if cls not in (HeldOutLoss, BaseLikelihood)]


@pytest.mark.parametrize("kind", OF_REPLIES)
def test_no_metric_breaks_on_hostile_replies(kind: str) -> None:
    found = scored(kind, list(HOSTILE.values()))
    assert not any(s.failed for s in found), [s.reason for s in found if s.failed]
    assert all(s.value is None or math.isfinite(s.value) for s in found)
    assert all(len(s.reason) < 2000 for s in found)
    m = metric(kind)
    if isinstance(m, SetMetric):
        observed = [s.observed for s in found if s.observed is not None]
        assert math.isfinite(m.figure(observed)) and math.isfinite(m.figure(observed[:1] * 3))
