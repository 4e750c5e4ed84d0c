"""Which of many gates are decided."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftexp.evaluation.holm import Evidence, decided, holm


def test_the_example_of_the_step_down() -> None:
    """.01 and .005 are rejected at .05 / 4 and .05 / 3; .03 isn't at .05 / 2, and what comes after it isn't either."""
    assert holm([0.01, 0.04, 0.03, 0.005], 0.05) == (True, False, False, True)


def test_each_step_has_one_less_to_share_with() -> None:
    assert holm([0.02, 0.01, 0.005], 0.05) == (True, True, True)
    assert holm([0.02, 0.018, 0.017], 0.05) == (False, False, False)


def test_one_p_alone_is_compared_with_alpha_itself() -> None:
    assert holm([0.05], 0.05) == (True,)
    assert holm([0.0501], 0.05) == (False,)
    assert holm([], 0.05) == ()


@given(st.lists(st.floats(0, 1), max_size=12))
def test_a_rejected_p_is_never_larger_than_one_that_is_not(p: list[float]) -> None:
    rejected = holm(p, 0.05)
    assert max((a for a, r in zip(p, rejected, strict=True) if r), default=0) <= min(
        (a for a, r in zip(p, rejected, strict=True) if not r), default=1
    )


def test_a_gate_passes_fails_or_is_inconclusive_as_by_its_two_sided_interval() -> None:
    assert decided([Evidence(0.025, 0.975)], 0.95) == ("pass",)
    assert decided([Evidence(0.97501, 0.02499)], 0.95) == ("fail",)
    assert decided([Evidence(0.026, 0.974)], 0.95) == ("inconclusive",)


def test_what_one_gate_alone_would_pass_is_inconclusive_among_many() -> None:
    one, others = Evidence(0.02, 0.98), [Evidence(0.4, 0.6)] * 10
    assert decided([one], 0.95) == ("pass",)
    assert set(decided([one, *others], 0.95)) == {"inconclusive"}


def test_what_cannot_be_told_is_never_decided() -> None:
    assert decided([Evidence(1.0, 1.0)], 0.5) == ("inconclusive",)
