"""Pictures of a sweep, as PNG files: heat map, curves, score against time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftexp.report.sweep import grid_of

if TYPE_CHECKING:
    from ftexp.sweep.ranking import Ranking

Curve = Sequence[tuple[int, float]]  # (step, loss)


def draw(ranking: Ranking, curves: Mapping[int, Curve], folder: Path) -> None:
    """Writes heatmap.png (with two axes or more), curves.png and score_against_time.png. `curves` are by the number of the run."""
    import matplotlib

    matplotlib.use("Agg")  # no window, no display
    folder.mkdir(parents=True, exist_ok=True)
    axes = list(ranking.places[0].contender.point)
    if len(axes) >= 2:
        _heat_map(ranking, axes[0], axes[1], folder / "heatmap.png")
    _curves(ranking, curves, folder / "curves.png")
    _score_against_time(ranking, folder / "score_against_time.png")


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(width, height), layout="constrained")


def _save(figure: Any, path: Path) -> None:
    """Without the date and version that matplotlib would write into it: the same picture is the same file."""
    from matplotlib import pyplot

    figure.savefig(path, dpi=120, metadata={"Software": None})
    pyplot.close(figure)


def _heat_map(ranking: Ranking, rows: str, columns: str, path: Path) -> None:
    grid = grid_of(ranking, rows, columns)
    row_names, column_names = list(dict.fromkeys(r for r, _ in grid)), list(dict.fromkeys(c for _, c in grid))
    values = [[grid.get((r, c), float("nan")) for c in column_names] for r in row_names]
    figure, ax = _figure(2.5 + 1.3 * len(column_names), 1.8 + 0.9 * len(row_names))
    image = ax.imshow(values, cmap="viridis_r" if ranking.lower_is_better else "viridis", aspect="auto")
    figure.colorbar(image, ax=ax, label=f"{ranking.metric}, validation")
    ax.set_xticks(range(len(column_names)), column_names)
    ax.set_yticks(range(len(row_names)), row_names)
    ax.set_xlabel(columns)
    ax.set_ylabel(rows)
    ax.set_title("validation score" + (" (lower is better)" if ranking.lower_is_better else ""))
    known = [v for row in values for v in row if v == v]
    middle = (min(known) + max(known)) / 2
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            light = (value > middle) != ranking.lower_is_better
            ax.text(j, i, f"{value:.3f}" if value == value else "none", ha="center", va="center", color="black" if light else "white")
    _save(figure, path)


def _curves(ranking: Ranking, curves: Mapping[int, Curve], path: Path) -> None:
    figure, ax = _figure(9, 5)
    for place in sorted(ranking.places, key=lambda p: p.contender.number):
        points = curves.get(place.contender.number, ())
        width = 2.5 if place is ranking.winner else 1.2
        ax.plot([s for s, _ in points], [v for _, v in points], marker=".", linewidth=width, label=place.contender.title)
    ax.set_xlabel("step")
    ax.set_ylabel("validation loss, nats a token")
    ax.set_yscale("log")
    ax.legend(fontsize="small", loc="upper right")
    ax.set_title("validation loss; the winner is drawn bold")
    ax.grid(alpha=0.3)
    _save(figure, path)


def _score_against_time(ranking: Ranking, path: Path) -> None:
    """Points have the number of their run, which the legend explains: names beside them would cover each other."""
    figure, ax = _figure(10, 5)
    for place in sorted(ranking.places, key=lambda p: p.contender.number):
        if place.test is None:
            continue
        at = (place.contender.seconds / 60, place.test.value)
        error = 0.0 if place.test.standard_error is None else place.test.standard_error
        colour = "tab:orange" if place is ranking.winner else "tab:blue"
        ax.errorbar(*at, yerr=error, fmt="o", color=colour, capsize=3, label=f"{place.contender.number}: {place.contender.title}")
        ax.annotate(str(place.contender.number), at, xytext=(6, 4), textcoords="offset points")
    ax.set_xlabel("minutes of training and evaluation")
    ax.set_ylabel(f"{ranking.metric}, test items, ± standard error")
    ax.set_title("what the time buys; the winner in orange")
    ax.grid(alpha=0.3)
    ax.margins(0.1)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small", markerscale=0, handlelength=0)
    _save(figure, path)
