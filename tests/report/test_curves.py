"""Training curves in a box: what is drawn where."""

from __future__ import annotations

from ftexp.backends.results import Point
from ftexp.report.run.curves import Axis, charts, smoothed, thinned


def curve(*losses: float, name: str = "validation/loss") -> list[Point]:
    return [Point(step=n, epoch=n / 2, figures={name: v}) for n, v in enumerate(losses)]


def test_the_highest_figure_is_at_the_top_and_the_last_step_at_the_right() -> None:
    (chart,) = charts(curve(2.0, 1.0, 0.0), 2)
    assert chart.lines[0].points == "0.0,0.0 500.0,500.0 1000.0,1000.0"
    assert [(d.x, d.y) for d in chart.dots] == [(0, 0), (50, 50), (100, 100)]


def test_the_best_step_is_marked() -> None:
    (chart,) = charts(curve(2.0, 1.0, 1.5), 1)
    assert [d.best for d in chart.dots] == [False, True, False]
    assert chart.best and (chart.best.at, chart.best.label) == (50, "best: step 1")
    assert charts(curve(2.0, 1.0), 17)[0].best is None


def test_loss_comes_first_and_both_sides_of_a_figure_are_in_one_chart() -> None:
    figures = {"train/learning_rate": 0.1, "train/token_accuracy": 0.5, "train/loss": 1.0, "validation/loss": 1.0, "train/rewards": 2.0}
    found = charts([Point(step=1, epoch=1, figures=figures)], 1)
    assert [c.title for c in found] == ["Loss", "Token accuracy", "Learning rate", "Rewards"]
    assert [line.text for line in found[0].legend] == ["training", "validation"]


def test_a_loss_that_falls_far_has_a_logarithmic_axis() -> None:
    assert charts(curve(1.0, 0.01), 1)[0].unit == "nats a token, logarithmic"
    assert charts(curve(1.0, 0.5), 1)[0].unit == "nats a token"
    assert charts(curve(1.0, 0.0), 1)[0].unit == "nats a token"


def test_a_step_below_a_logarithmic_axis_is_drawn_at_its_foot() -> None:
    (chart,) = charts(curve(*(1e-9 if n == 50 else 100 / (n + 1) for n in range(100)), name="train/loss"), None)
    raw = next(line for line in chart.lines if line.kind == "raw")
    assert max(float(point.split(",")[1]) for point in raw.points.split()) == 1000


def test_ticks_are_round_and_inside() -> None:
    assert [round(v, 9) for v in Axis(0, 1.3).ticks] == [0, 0.5, 1.0]
    assert [round(v, 9) for v in Axis(0.01, 2, is_log=True).ticks] == [0.01, 0.1, 1]


def test_a_smoothed_line_does_not_lag_behind() -> None:
    assert smoothed([(0, 0.0), (1, 3.0), (2, 6.0)], 3) == [(0, 1.5), (1, 3.0), (2, 4.5)]


def test_a_learning_rate_is_drawn_as_it_was() -> None:
    (chart,) = charts(curve(*range(100), name="train/learning_rate"), None)
    assert [line.kind for line in chart.lines] == ["smooth"] and chart.legend == ()


def test_a_long_line_keeps_its_peaks() -> None:
    found = [(float(n), 0.0 if n != 3333 else 9.0) for n in range(5000)]
    kept = thinned(found)
    assert len(kept) <= 410 and (3333.0, 9.0) in kept and (kept[0], kept[-1]) == (found[0], found[-1])


def test_epochs_end_where_they_end() -> None:
    (chart,) = charts(curve(1, 1, 1, 1, 1), None)
    assert [(tick.at, tick.label) for tick in chart.epochs] == [(50, "epoch 1"), (100, "epoch 2")]


def test_nothing_measured_is_no_chart() -> None:
    assert charts([], None) == () and charts([Point(step=1, epoch=0, figures={})], None) == ()
