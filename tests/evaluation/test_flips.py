"""Which items changed, in which direction, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from ftexp.backends.results import Answers, Generation, Reply
from ftexp.data.messages import Message
from ftexp.evaluation.flips import MOST, Flips, flips
from ftexp.evaluation.items import Item
from ftexp.evaluation.metrics.base import Score
from ftexp.evaluation.scoring import Heard, Scores
from ftexp.evaluation.suites import Evaluation

EVALUATION = Evaluation.model_validate(
    {
        "name": "e",
        "few_shot": 0,
        "generation": Generation(max_new_tokens=8, batch_size=4),
        "suites": {"test": {"items": "test", "metrics": {"right": {"kind": "exact_match"}, "loss": {"kind": "held_out_loss"}}}},
        "headline": "test/right",
        "confidence": 0.95,
    }
)


def said(who: str, count: int) -> Answers:
    replies = tuple(Reply(text=f"{who} {n}", tokens_in=1, tokens_out=1) for n in range(count))
    return Answers(replies=replies, batch_plan=(), seconds=1.0)


def found(base: Sequence[float | None], tuned: Sequence[float | None], metric: str = "test/right") -> Flips:
    n = len(base)
    items = [Item((Message("system", "s"), Message("user", f"question {i}")), f"reference {i}", f"line {i}") for i in range(n)]
    by_subject = {
        name: tuple(Score(value=v, reason=f"why {name} {i}") for i, v in enumerate(values))
        for name, values in (("base", base), ("tuned", tuned))
    }
    scores = Scores.model_validate({"by_metric": {metric: by_subject}})
    return flips(EVALUATION, metric, "base", Heard(items, {"base": said("base", n), "tuned": said("tuned", n)}, {}, {}), scores)


def test_verdicts_that_changed_are_fixed_or_broken_in_the_order_of_the_items() -> None:
    f = found(base=[0, 1, 1, 0, 1, 0], tuned=[1, 1, 0, 0, 0, 1])
    assert ([x.item for x in f.fixed], [x.item for x in f.broken]) == ([0, 5], [2, 4])
    assert (f.metric, f.other) == ("test/right", "base")


def test_a_flip_says_what_was_asked_wanted_and_said_and_why_the_worse_one_is_worse() -> None:
    f = found(base=[0, 1], tuned=[1, 0])
    (fixed,), (broken,) = f.fixed, f.broken
    assert (fixed.prompt, fixed.reference, fixed.said_before, fixed.said_after) == ("question 0", "reference 0", "base 0", "tuned 0")
    assert (fixed.before, fixed.after, fixed.reason) == (0.0, 1.0, "why base 0")
    assert broken.reason == "why tuned 1"


def test_an_item_that_one_has_no_score_for_has_not_flipped() -> None:
    f = found(base=[None, 0, 1], tuned=[1, None, 0])
    assert (f.fixed, [x.item for x in f.broken]) == ((), [2])


def test_of_other_scores_those_that_changed_most_come_first_and_small_changes_not_at_all() -> None:
    f = found(base=[0.5] * 6, tuned=[0.9, 0.1, 0.51, 0.49, 0.95, 0.5])
    assert ([x.item for x in f.fixed], [x.item for x in f.broken]) == ([4, 0], [1])


def test_scores_that_all_changed_by_as_much_all_count_up_to_a_limit() -> None:
    f = found(base=[0.25] * 80, tuned=[0.75] * 80)
    assert ([x.item for x in f.fixed], f.broken) == (list(range(MOST)), ())


def test_a_lower_loss_is_fixed() -> None:
    f = found(base=[3.0, 1.0, 2.0], tuned=[1.0, 3.0, 2.0], metric="test/loss")
    assert ([x.item for x in f.fixed], [x.item for x in f.broken]) == ([0], [1])
    assert f.fixed[0].reason == "why base 0" and f.broken[0].reason == "why tuned 1"


def test_where_nothing_changed_or_nothing_was_scored_there_is_no_flip() -> None:
    for base, tuned in (([1, 0], [1, 0]), ([0.5, 0.5], [0.5, 0.5]), ([None], [None]), ([], [])):
        assert found(base, tuned) == Flips(metric="test/right", other="base", fixed=(), broken=())
