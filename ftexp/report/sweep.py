"""A sweep as lines and tables: before it starts, as each run ends, and how its runs rank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ftexp.evaluation.statistics import Difference, Mean
from ftexp.report.money import cost_lines
from ftexp.report.saying import NOT_MEASURED, duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ftexp.launch import Outcome
    from ftexp.run import Prepared, Record
    from ftexp.sweep.confirmation import Confirmation
    from ftexp.sweep.prepared import PreparedSweep
    from ftexp.sweep.ranking import Place, Ranking
    from ftexp.sweep.results import SweepResults

RANKED = ("validation", "behind the winner", "validation loss", "test", "test: tuned - base", "time")

WIDE = 120  # columns of a terminal that shows all of them


def plan_total(sweep: PreparedSweep) -> list[str]:
    """What all runs take together, what they share once. One that isn't known makes the sum not known."""
    estimates = [c.prepared.estimate for c in sweep.cells]
    tokens = [e.training_tokens.expected for e in estimates if e.training_tokens]
    side = f", {sweep.asked.at_once} at a time" if sweep.asked.at_once > 1 else ""
    together = f"together  {len(estimates)} runs{side}; {sum(tokens):,.0f} training tokens"
    return [together, *cost_lines(estimates, sweep.cells[0].prepared.config.prices, sweep.asked.at_once)]


def finished_line(p: Prepared, outcome: Outcome[Record]) -> str:
    """How one run ended, in a line."""
    metric, record = p.config.evaluation.headline, outcome.record
    means = record.comparison.means.get(metric, {})
    scores = ", ".join(f"{s.replace('_', '-')} {means[s].value:.3f}" for s in ("base", "few_shot", "tuned") if s in means)
    took = "on record" if outcome.from_record else f"finished in {duration(record.training.seconds + record.evaluation_seconds)}"
    return f"{took}: {metric} {scores or NOT_MEASURED}"


def ranking_table(ranking: Ranking, width: int) -> Table:
    """Best first. The validation score ranks; the test scores confirm. Below WIDE columns it leaves out loss and time."""
    from rich.box import SIMPLE
    from rich.table import Table

    shown = [i for i, column in enumerate(RANKED) if width >= WIDE or column not in ("validation loss", "time")]
    axes = list(ranking.places[0].contender.point)
    better = "lower" if ranking.lower_is_better else "higher"
    caption = (
        f"ranked by {ranking.metric} on {ranking.picked.n} validation examples ({better} is better), then by validation loss; "
        f"± standard error; test items chose nothing; intervals {ranking.confidence:.0%}, over items (not over seeds)"
    )
    table = Table(title="ranking", title_justify="left", caption=caption, caption_justify="left", box=SIMPLE)
    table.add_column("", justify="right")
    for key in (*(key.rpartition(".")[2] for key in axes), *(RANKED[i] for i in shown)):
        table.add_column(key, justify="right", overflow="fold", no_wrap=key in ("behind the winner", "test: tuned - base"))
    for place, row in enumerate(ranking.places, start=1):
        cells = _cells(row)
        table.add_row(
            str(place),
            *(row.contender.point[key] for key in axes),
            *(cells[i].replace(" [", "\n[").replace(", ", ",").replace(" ±", "\n±") for i in shown),
        )
    return table


def show_results(results: SweepResults, confirmation: Confirmation | None, program: str, out: Console) -> None:
    """The ranking of what has finished, the reasons of what has failed, and how to go on."""
    lines = [f"failed    run {n}: {reason}" for n, reason in results.failed.items()]
    lines += [f"refused   run {n}: {reason}" for n, reason in results.refused.items()]
    if results.ranking:
        out.print(ranking_table(results.ranking, out.width))
        lines = [*ranking_lines(results.ranking, results.row.id, program, confirmation), *lines]
    missing = len(results.cells) - results.finished
    if missing:
        lines.append(f"missing   {missing} of {len(results.cells)} runs; the same command does only those")
    lines.append(f"see it    {program} ui {results.row.id}      compare  {program} compare {results.row.id}")
    for line in lines:
        out.print(line, highlight=False, soft_wrap=True)


def _cells(row: Place) -> list[str]:
    behind = _shown(row.behind_winner) + ("" if row.told_apart or row.behind_winner is None else " ?")
    c = row.contender
    return [_mean(row.validation), behind, f"{c.validation_loss:.4f}", _mean(row.test), _shown(row.against_base), duration(c.seconds)]


def ranking_lines(ranking: Ranking, sweep: str, program: str, confirmation: Confirmation | None) -> list[str]:
    """What the ranking is worth, in sentences."""
    winner, picked = ranking.winner, ranking.picked
    among = len(ranking.places)
    lines = [
        f"winner    {winner.contender.title}: {picked.value:.3f}{_interval(picked)} on the validation examples, "
        f"the interval widened for being the best of {among}",
        f"confirmed tuned - base on the test items, which did not choose it: {_shown(winner.against_base)}",
    ]
    if among > 1:
        lines += [_apart_line(ranking), _second_line(ranking)]
        lines += confirmation_lines(confirmation) if confirmation else [_luck_line(sweep, program)]
    return lines


def _luck_line(sweep: str, program: str) -> str:
    return f"luck      one seed each: whether another would rank them so is not known; find out: {program} confirm {sweep} --seeds 3"


def confirmation_lines(found: Confirmation) -> list[str]:
    """What other seeds say of the winner and the second."""
    verdict = "better than the second" if found.is_better else "not shown to be better than the second"
    seeds = ", ".join(f"seed {s.seed}: {s.winner:.3f} against {s.second:.3f}" for s in found.seeds)
    return [
        f"seeds     {seeds}",
        f"verdict   {found.winner} is {verdict} ({found.second}): {_shown(found.overall)} on the test items, over {len(found.seeds)} seeds",
    ]


def _apart_line(ranking: Ranking) -> str:
    unclear = ranking.not_told_apart
    if not unclear:
        return f"apart     from all {len(ranking.places) - 1} others on the validation examples"
    names = "; ".join(p.contender.title for p in unclear)
    return f"apart     not from {len(unclear)} of {len(ranking.places) - 1} others on these validation examples (marked ?): {names}"


def _second_line(ranking: Ranking) -> str:
    over, needed = ranking.over_second, ranking.items_needed
    more = f"; to show a difference of this size takes about {needed:,} items" if needed else ""
    return f"second    winner - second on the same test items: {_shown(over)}{more}"


def ranking_markdown(ranking: Ranking) -> str:
    """The table as Markdown."""
    axes = list(ranking.places[0].contender.point)
    heads = [
        "",
        *(key.rpartition(".")[2] for key in axes),
        *RANKED,
    ]
    rows = [[str(i), *(p.contender.point[key] for key in axes), *_cells(p)] for i, p in enumerate(ranking.places, start=1)]
    return "\n".join([markdown_row(heads), markdown_row(["---"] * len(heads)), *map(markdown_row, rows)])


def grid_markdown(ranking: Ranking) -> str:
    """The first two axes as a grid of validation scores, the best of the rest in each field; empty with fewer than two axes."""
    axes = list(ranking.places[0].contender.point)
    if len(axes) < 2:
        return ""
    grid = grid_of(ranking, axes[0], axes[1])
    columns = list(dict.fromkeys(column for _, column in grid))
    lines = [markdown_row([f"{_short(axes[0])} \\ {_short(axes[1])}", *columns]), markdown_row(["---"] * (len(columns) + 1))]
    for row in dict.fromkeys(row for row, _ in grid):
        lines.append(markdown_row([row, *(f"{grid[row, column]:.3f}" if (row, column) in grid else "" for column in columns)]))
    return "\n".join(lines)


def grid_of(ranking: Ranking, rows: str, columns: str) -> dict[tuple[str, str], float]:
    """Validation score by the values of two axes, in the order of the sweep; where several runs share a field, the best."""
    best: dict[tuple[str, str], float] = {}
    for place in ranking.places:
        best.setdefault((place.contender.point[rows], place.contender.point[columns]), place.validation.value)
    in_order = sorted(ranking.places, key=lambda p: p.contender.number)
    return {at: best[at] for p in in_order if (at := (p.contender.point[rows], p.contender.point[columns])) in best}


def markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _short(key: str) -> str:
    return key.rpartition(".")[2]


def _mean(found: Mean | None) -> str:
    if found is None:
        return NOT_MEASURED
    return f"{found.value:.3f}" + (f" ±{found.standard_error:.3f}" if found.standard_error is not None else "")


def _shown(found: Difference | None) -> str:
    return "" if found is None else f"{found.value:+.3f}" + (f" [{found.low:+.3f}, {found.high:+.3f}]" if found.low is not None else "")


def _interval(found: Mean) -> str:
    return f" [{found.low:.3f}, {found.high:.3f}]" if found.low is not None else ""
