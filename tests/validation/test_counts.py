"""How many examples a kind of task takes: the table, and where a count stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftexp.compose import compose
from ftexp.errors import ConfigError
from ftexp.validation.counts import CountTable, TaskType

ROWS: list[tuple[TaskType, int, int, int, int]] = [
    ("style", 50, 100, 200, 500),
    ("task", 100, 300, 500, 1000),
    ("domain", 200, 500, 1000, 2000),
    ("reasoning", 500, 1000, 2000, 5000),
]


@pytest.mark.parametrize(("task_type", "minimum", "advised_from", "advised_to", "best"), ROWS)
def test_a_row_of_the_table(task_type: TaskType, minimum: int, advised_from: int, advised_to: int, best: int) -> None:
    row = CountTable().of(task_type)
    assert (row.minimum, row.advised_from, row.advised_to, row.best) == (minimum, advised_from, advised_to, best)
    at_the_edges = [row.judge(n) for n in (minimum - 1, minimum, advised_from - 1, advised_from, advised_to, best - 1, best)]
    assert at_the_edges == ["too few", "few", "few", "advised", "advised", "advised", "best"]


def test_the_file_has_the_same_table_as_the_model(tmp_path: Path) -> None:
    assert compose([], tmp_path).config.checks.counts == CountTable()


def test_a_row_can_be_changed_in_one_place(tmp_path: Path) -> None:
    counts = compose(["checks.counts.style.minimum=20"], tmp_path).config.checks.counts
    assert (counts.style.minimum, counts.style.best) == (20, 500)


def test_a_row_that_does_not_ascend_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"checks.counts.style: found \[600, 100, 200, 500\], expected .* ascending"):
        compose(["checks.counts.style.minimum=600"], tmp_path)
