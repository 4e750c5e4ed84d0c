from __future__ import annotations

import pytest
from pydantic import ValidationError

from ftexp.backends.results import Answers, Generation, Losses, Reply
from ftexp.data.messages import Message
from ftexp.evaluation.items import Item, SubjectName
from ftexp.evaluation.metrics.base import Score
from ftexp.evaluation.metrics.equal import ExactMatch
from ftexp.evaluation.metrics.kinds import Metric
from ftexp.evaluation.metrics.measured import HeldOutLoss
from ftexp.evaluation.metrics.structured import JsonField
from ftexp.evaluation.scoring import Heard, Scores, compare, score
from ftexp.evaluation.suites import Evaluation, Suite


def evaluation(headline: str = "test/right", **metrics: Metric) -> Evaluation:
    return Evaluation(
        name="e",
        few_shot=0,
        generation=Generation(max_new_tokens=8, batch_size=4),
        suites={"test": Suite(items="test", metrics=metrics)},
        headline=headline,
        confidence=0.95,
    )


RIGHT = ExactMatch(kind="exact_match")
ANY = evaluation("test/m", m=RIGHT)
FIELD = JsonField(kind="json_field", field="a")


def items(*references: str) -> list[Item]:
    return [Item((Message("user", "q"),), reference, f"line {n}") for n, reference in enumerate(references, start=1)]


def answers(*texts: str) -> Answers:
    return Answers(replies=tuple(Reply(text=t, tokens_in=1, tokens_out=1) for t in texts), batch_plan=(), seconds=1.0)


def heard(asked: list[Item], said: dict[SubjectName, Answers], losses: dict[SubjectName, Losses] | None = None) -> dict[str, Heard]:
    return {"test": Heard(asked, said, losses or {}, {})}


def scores(tuned: list[float | None], base: list[float | None]) -> Scores:
    return Scores(by_metric={"test/m": {"base": tuple(Score(value=v) for v in base), "tuned": tuple(Score(value=v) for v in tuned)}})


def test_each_metric_scores_each_subject_item_by_item() -> None:
    found = score(evaluation(right=RIGHT), heard(items("a", "b"), {"base": answers("x", "b"), "tuned": answers("a", "b")}))
    assert {subject: [s.value for s in each] for subject, each in found.by_metric["test/right"].items()} == {
        "base": [0.0, 1.0],
        "tuned": [1.0, 1.0],
    }


def test_a_metric_that_breaks_leaves_the_item_unscored_with_the_reason_and_goes_on() -> None:
    asked = items('{"a": 1}', "no json", '{"b": 1}', "[1]")
    reply = '{"a": 1}'
    found = score(evaluation("test/field", field=FIELD), heard(asked, {"tuned": answers(*[reply] * 4)})).by_metric["test/field"]["tuned"]
    assert [s.value for s in found] == [1.0, None, None, None]
    assert [s.reason.split(":")[0] for s in found[1:]] == ["JSONDecodeError", "KeyError", "TypeError"]


def test_losses_are_scores_as_they_were_measured() -> None:
    loss = evaluation("test/loss", loss=HeldOutLoss(kind="held_out_loss"))
    measured = {"base": Losses(values=(2.5, 1.5), seconds=1.0), "tuned": Losses(values=(0.5, 0.25), seconds=1.0)}
    found = score(loss, heard(items("a", "b"), {"base": answers("", ""), "tuned": answers("", "")}, measured))
    assert [s.value for s in found.by_metric["test/loss"]["tuned"]] == [0.5, 0.25]
    assert loss.needs_losses() and not evaluation(right=RIGHT).needs_losses()


def test_a_missing_answer_is_an_error_and_not_a_shorter_list() -> None:
    with pytest.raises(ValueError, match="longer"):
        score(evaluation(right=RIGHT), heard(items("a", "b"), {"tuned": answers("a")}))


def test_what_is_unscored_is_counted_and_never_a_zero() -> None:
    found = compare(ANY, scores(tuned=[1.0, None, 1.0], base=[0.0, 1.0, None]))
    assert found.means["test/m"]["tuned"].value == 1.0 and found.means["test/m"]["tuned"].n == 2
    assert found.means["test/m"]["base"].value == 0.5
    assert found.unscored == {"test/m": {"base": 1, "tuned": 1}}


def test_a_difference_is_over_the_items_that_both_have() -> None:
    difference = compare(ANY, scores(tuned=[1.0, None, 1.0], base=[0.0, 1.0, None])).differences["test/m"]["base"]
    assert (difference.value, difference.n) == (1.0, 1)


def test_where_nothing_was_scored_there_is_no_mean_and_no_difference() -> None:
    found = compare(ANY, scores(tuned=[1.0, 1.0], base=[None, None]))
    assert set(found.means["test/m"]) == {"tuned"}
    assert found.differences["test/m"] == {}
    assert found.unscored == {"test/m": {"base": 2}}


def test_where_everything_was_scored_nothing_is_counted_as_unscored() -> None:
    assert compare(ANY, scores(tuned=[1.0], base=[0.0])).unscored == {}


def test_tuned_is_compared_with_each_other_subject_and_not_with_itself() -> None:
    three = {name: (Score(value=v), Score(value=v)) for name, v in (("base", 0.0), ("few_shot", 0.5), ("tuned", 1.0))}
    found = compare(ANY, Scores.model_validate({"by_metric": {"test/m": three}}))
    assert {name: d.value for name, d in found.differences["test/m"].items()} == {"base": 1.0, "few_shot": 0.5}


def test_the_headline_is_one_of_the_metrics() -> None:
    with pytest.raises(ValidationError, match="found headline 'test/wrong', expected one of test/right, test/field"):
        evaluation("test/wrong", right=RIGHT, field=FIELD)
