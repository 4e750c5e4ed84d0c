"""The decision flow leaf by leaf, the unsuitable cases, the evidence, and the usual mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from ftexp.evaluation.statistics import Difference
from ftexp.presets import Resolved
from ftexp.suitability import Advice, FewShotEvidence, Measured, Suitability, Usual, advise, mistakes
from ftexp.validation.counts import CountTable, TaskType

SAID = Suitability(requirements_stable=True, needs_live_information=False, wants_variety=False)


def measured(examples: int = 400, task_type: TaskType = "task", **more: Any) -> Measured:
    return Measured(examples, task_type, CountTable().of(task_type), **({"within_budget": True} | more))


def advised(examples: int = 400, task_type: TaskType = "task", within_budget: bool | None = True, **said: bool | None) -> Advice:
    return advise(SAID.model_copy(update=said), measured(examples, task_type, within_budget=within_budget))


def test_requirements_that_change_are_met_by_prompting() -> None:
    advice = advised(requirements_stable=False)
    assert (advice.tool, advice.assumed) == ("prompt engineering", ())
    assert "every change would mean another training" in advice.reason
    assert advice.changes == ("that the requirements are stable (suitability.requirements_stable=true)",)


def test_facts_of_the_day_are_retrieved() -> None:
    advice = advised(needs_live_information=True)
    assert (advice.tool, advice.changes[0]) == ("RAG", "that no answer needs facts of the day (suitability.needs_live_information=false)")


def test_many_different_answers_are_left_to_the_base_model() -> None:
    advice = advised(wants_variety=True)
    assert (advice.tool, "training narrows them" in advice.reason) == ("base model", True)


def test_too_little_data_is_shown_in_the_prompt() -> None:
    advice = advised(examples=99)
    assert (advice.tool, advice.changes) == ("few-shot", ("1 more training examples",))
    assert "99 training examples are too few" in advice.reason


def test_without_a_budget_it_is_prompting() -> None:
    advice = advised(within_budget=False)
    assert (advice.tool, advice.reason) == ("prompt engineering", "the training does not fit the budget")


def test_everything_said_and_measured_it_is_fine_tuning_with_no_if() -> None:
    advice = advised()
    assert (advice.tool, advice.assumed, advice.changes) == ("fine-tuning", (), ())
    assert advice.line.startswith("fine-tuning: 400 training examples are what is advised for a task (300 to 500;")


@pytest.mark.parametrize(("task_type", "minimum"), [("style", 50), ("task", 100), ("domain", 200), ("reasoning", 500)])
def test_how_much_data_is_enough_depends_on_the_kind_of_task(task_type: TaskType, minimum: int) -> None:
    assert [advised(n, task_type).tool for n in (minimum - 1, minimum)] == ["few-shot", "fine-tuning"]


@pytest.mark.parametrize(
    ("examples", "words"), [(100, "fewer than advised (300 to 500)"), (999, "best from 1,000"), (1000, "as many as help")]
)
def test_the_reason_says_where_the_count_stands(examples: int, words: str) -> None:
    assert words in advised(examples).reason


def test_the_flow_asks_in_order() -> None:
    """Unstable requirements before live information, that before variety, that before data, that before the budget."""
    everything_against = {"requirements_stable": False, "needs_live_information": True, "wants_variety": True}
    for question, tool in zip(everything_against, ("prompt engineering", "RAG", "base model"), strict=True):
        assert advised(examples=1, within_budget=False, **everything_against).tool == tool
        everything_against[question] = not everything_against[question]
    assert advised(examples=1, within_budget=False, **everything_against).tool == "few-shot"


def test_what_nobody_said_is_no_silent_yes() -> None:
    advice = advise(Suitability(), measured(within_budget=None))
    assert [(a.keys, a.otherwise) for a in advice.assumed] == [
        ("suitability.requirements_stable", "prompt engineering"),
        ("suitability.needs_live_information", "RAG"),
        ("suitability.wants_variety", "base model"),
        ("budget.usd, budget.minutes", "prompt engineering"),
    ]
    assert advice.line.startswith(
        "fine-tuning, if the requirements are stable, no answer needs facts of the day, one good answer is wanted and not many "
        "and what it takes is within your budget: 400 "
    )


def test_only_what_the_way_there_took_for_granted_is_assumed() -> None:
    advice = advise(Suitability(needs_live_information=True), measured())
    assert (advice.tool, [a.so for a in advice.assumed]) == ("RAG", ["the requirements are stable"])
    assert advice.line.startswith("RAG, if the requirements are stable: answers need")


def evidence(value: float, low: float, high: float, lower_is_better: bool = False) -> FewShotEvidence:
    difference = Difference(value=value, low=low, high=high, n=100)
    return FewShotEvidence("abc", "tiny", "chat/loss" if lower_is_better else "chat/exact", 3, lower_is_better, difference)


def test_few_shot_within_noise_of_tuned_is_said_and_would_change_the_advice() -> None:
    advice = advise(SAID, measured(few_shot=evidence(0.02, -0.03, 0.07)))
    [said] = advice.evidence
    assert (advice.tool, "within noise, 3 examples in the prompt may do as well" in said) == ("fine-tuning", True)
    assert advice.changes == ("few-shot, where it does as well on your own items",)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (evidence(0.2, 0.1, 0.3), "tuned is better"),
        (evidence(-0.2, -0.3, -0.1), "few-shot is better"),
        (evidence(-0.2, -0.3, -0.1, lower_is_better=True), "tuned is better"),
        (evidence(0.2, 0.1, 0.3, lower_is_better=True), "few-shot is better"),
        (evidence(0.2, 0.0, 0.4), "within noise"),
    ],
)
def test_which_did_better_in_an_earlier_run(found: FewShotEvidence, verdict: str) -> None:
    assert found.verdict == verdict


def test_one_item_tells_nothing_apart() -> None:
    assert FewShotEvidence("abc", "tiny", "m", 3, False, Difference(value=1.0, low=None, high=None, n=1)).verdict == "within noise"


def ids(examples: int = 400, validation: int = 50, **values: Any) -> list[str]:
    trained_with = Resolved(**({"n_epochs": 3, "batch_size": 4, "learning_rate_multiplier": 1.0} | values))
    return [f.check for f in mistakes(trained_with, examples, validation, Usual())]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, []),
        ({"validation": 0}, ["no_validation"]),
        ({"learning_rate_multiplier": 2.0}, []),
        ({"learning_rate_multiplier": 2.1}, ["rate_outside"]),
        ({"learning_rate_multiplier": 0.4}, ["rate_outside"]),
        ({"n_epochs": 2}, ["epochs_outside"]),
        ({"n_epochs": 2, "examples": 1000}, ["epochs_outside"]),
        ({"n_epochs": 2, "examples": 1001}, []),  # as the preset for large sets has it
        ({"n_epochs": 5}, []),
        ({"n_epochs": 6}, ["epochs_outside"]),
        ({"n_epochs": 6, "examples": 200}, ["epochs_outside"]),
        ({"n_epochs": 6, "examples": 199}, ["small_data_many_epochs"]),
        ({"batch_size": 32}, []),
        ({"batch_size": 33}, ["batch_outside"]),
        ({"n_epochs": "provider_auto", "batch_size": "provider_auto", "learning_rate_multiplier": "provider_auto"}, []),
    ],
)
def test_the_usual_mistakes_are_advice(values: dict[str, Any], found: list[str]) -> None:
    assert ids(**values) == found


def test_too_high_a_rate_says_what_it_does() -> None:
    [found] = mistakes(Resolved(n_epochs=3, batch_size=4, learning_rate_multiplier=5.0), 400, 50, Usual())
    assert found.severity == "warning"
    assert str(found) == (
        "hyperparameters.learning_rate_multiplier: 5 is above the usual 0.5 to 2; too high a rate makes a model forget what it knew"
    )
