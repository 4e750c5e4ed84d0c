from __future__ import annotations

import pytest

from ftexp.backends.results import Point
from ftexp.reproduction.recorded import Outcome
from ftexp.reproduction.verify import verify

SCORES = {
    "score/tuned/chat/chrf": 0.5,
    "score/tuned/chat/chrf/n": 9.0,
    "score/tuned/chat/chrf/ci_low": 0.4,
    "score/tuned/chat/chrf/ci_high": 0.6,
}


def outcome(losses: tuple[float, ...] = (3.0, 2.0, 1.0), **changes: object) -> Outcome:
    curve = tuple(Point(step=s, epoch=s / 3, figures={"train/loss": v, "train/learning_rate": 0.1}) for s, v in enumerate(losses, start=1))
    values = {"curve": curve, "scores": SCORES, "answers": {"tuned": "a"}, "adapter_sha256": "b", "seconds": 1.0}
    return Outcome.model_validate(values | changes)


def test_the_same_to_the_last_bit_is_identical_however_long_it_took() -> None:
    found = verify(outcome(), outcome(seconds=99.0))
    assert (found.kind, found.first_difference, found.diverged_at, found.remarks) == ("identical", None, None, ())


def test_the_last_bit_of_one_loss_is_a_difference() -> None:
    found = verify(outcome(), outcome((3.0, 2.0000000000000004, 1.0)))
    assert (found.kind, found.first_difference, found.diverged_at) == ("within tolerance", 2, None)


@pytest.mark.parametrize(("loss", "kind"), [(2.03, "within tolerance"), (1.97, "within tolerance"), (2.05, "diverged"), (1.95, "diverged")])
def test_losses_may_be_two_percent_apart(loss: float, kind: str) -> None:
    assert verify(outcome(), outcome((3.0, loss, 1.0))).kind == kind


def test_the_step_where_losses_part_is_told_beside_the_first_other_digit() -> None:
    found = verify(outcome(), outcome((3.0001, 2.0, 1.5)))
    assert (found.kind, found.first_difference, found.diverged_at) == ("diverged", 1, 3)
    assert not found.is_reproduced


def test_a_curve_that_ends_early_has_diverged() -> None:
    assert verify(outcome(), outcome((3.0, 2.0))).diverged_at == 3
    assert verify(outcome((3.0, 2.0)), outcome()).diverged_at == 3


def test_another_figure_than_a_loss_does_not_diverge() -> None:
    curve = (*outcome().curve[:2], Point(step=3, epoch=1.0, figures={"train/loss": 1.0, "train/learning_rate": 0.9}))
    assert verify(outcome(), outcome(curve=curve)).kind == "within tolerance"


def test_a_score_inside_of_its_interval_is_within_tolerance() -> None:
    found = verify(outcome(), outcome(scores=SCORES | {"score/tuned/chat/chrf": 0.6}))
    assert (found.kind, found.remarks) == ("within tolerance", ("1 of 4 scores and interval ends differ",))


def test_a_score_outside_of_its_interval_has_diverged() -> None:
    found = verify(outcome(), outcome(scores=SCORES | {"score/tuned/chat/chrf": 0.61}))
    assert (found.kind, found.diverged_at) == ("diverged", None)
    assert "score/tuned/chat/chrf: 0.61, outside of the [0.4, 0.6] on record" in found.remarks


def test_a_score_without_an_interval_has_to_be_the_same() -> None:
    alone = {"score/tuned/chat/chrf": 0.5}
    assert verify(outcome(scores=alone), outcome(scores=alone)).kind == "identical"
    assert verify(outcome(scores=alone), outcome(scores={"score/tuned/chat/chrf": 0.5001})).kind == "diverged"


def test_a_score_that_is_gone_has_diverged_and_a_new_one_is_no_matter() -> None:
    gone = verify(outcome(), outcome(scores={}))
    assert (gone.kind, "score/tuned/chat/chrf: 0.5 then, not measured now" in gone.remarks) == ("diverged", True)
    assert verify(outcome(), outcome(scores=SCORES | {"score/tuned/chat/new": 1.0})).kind == "identical"


def test_other_answers_and_another_adapter_are_told() -> None:
    found = verify(outcome(), outcome(answers={"tuned": "x"}, adapter_sha256="y"))
    assert (found.kind, found.remarks) == ("within tolerance", ("answers of tuned differ", "the adapter differs"))


@pytest.mark.parametrize(("missing", "what", "kind"), [
    ({"answers": {}}, "answers", "identical"),
    ({"adapter_sha256": None}, "adapter", "identical"),
    ({"curve": ()}, "curve", "within tolerance"),
    ({"scores": {}}, "scores", "within tolerance"),
])  # fmt: skip
def test_what_is_not_on_record_is_said_and_not_compared(missing: dict[str, object], what: str, kind: str) -> None:
    found = verify(outcome(**missing), outcome())
    assert (found.kind, found.diverged_at, found.remarks) == (kind, None, (f"not on record, so not compared: {what}",))
