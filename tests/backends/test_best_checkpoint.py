from __future__ import annotations

import pytest

from ftexp.backends.hosted.model import best_checkpoint
from ftexp.backends.results import Checkpoint


def checkpoints(name: str, *values: float | None) -> list[Checkpoint]:
    return [Checkpoint(step=n, model=f"ft:{n}", figures={} if v is None else {name: v}) for n, v in enumerate(values, start=1)]


@pytest.mark.parametrize(
    ("name", "values", "best"),
    [
        ("validation/full_loss", (0.5, 0.3, 0.4), 2),
        ("validation/loss", (0.5, 0.6, 0.4), 3),
        ("validation/loss", (0.5, None, 0.4), None),  # one that isn't known may be the best
        ("validation/loss", (0.5,), None),
        ("train/loss", (0.5, 0.3), None),
    ],
)
def test_the_best_checkpoint_is_the_one_with_the_least_validation_loss(
    name: str, values: tuple[float | None, ...], best: int | None
) -> None:
    found = best_checkpoint(checkpoints(name, *values), "validation/loss")
    assert (found.step if found else None) == best


def test_what_was_measured_on_all_validation_examples_goes_before_one_batch() -> None:
    two = [
        Checkpoint(step=n, model="m", figures={"validation/full_loss": a, "validation/loss": b})
        for n, a, b in ((1, 0.2, 0.9), (2, 0.3, 0.1))
    ]
    found = best_checkpoint(two, "validation/loss")
    assert found and found.step == 1


def test_accuracy_is_better_where_it_is_higher() -> None:
    found = best_checkpoint(checkpoints("validation/full_token_accuracy", 0.8, 0.9, 0.7), "validation/token_accuracy")
    assert found and found.step == 2
