"""Is the winner of a sweep better whatever the seed? The first two, trained again with other seeds. Pure but for `asked_for`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ftexp.compose import recorded
from ftexp.config import RunConfig
from ftexp.errors import ConfigError
from ftexp.evaluation.metrics.base import Score
from ftexp.evaluation.scoring import Scores
from ftexp.evaluation.statistics import Difference
from ftexp.journal import RunRow
from ftexp.state import State
from ftexp.sweep.expand import Asked, Cell, launched_as
from ftexp.sweep.ranking import Figures, Place, Ranking, paired
from ftexp.sweep.results import SweepResults
from ftexp.values import Value


class OfSeed(Value):
    """Both with one seed on the test items."""

    seed: int
    winner: float
    second: float
    difference: Difference


class Confirmation(Value):
    """`overall` is winner - second over the items, each item's scores averaged over the seeds."""

    winner: str
    second: str
    seeds: tuple[OfSeed, ...]
    overall: Difference
    lower_is_better: bool

    @property
    def is_better(self) -> bool:
        """The interval leaves out 0, and no seed says otherwise."""
        sign = -1 if self.lower_is_better else 1
        nearest = self.overall.high if self.lower_is_better else self.overall.low
        return nearest is not None and sign * nearest > 0 and all(sign * s.difference.value > 0 for s in self.seeds)


def compare_seeds(
    winner: Mapping[int, Figures], second: Mapping[int, Figures], names: tuple[str, str], confidence: float, lower_is_better: bool
) -> Confirmation | None:
    """From the test scores of both by seed, items in one order. None without a seed that both were trained with."""
    by_seed = {seed: paired(winner[seed], second[seed], confidence) for seed in sorted(winner) if seed in second}
    seeds = tuple(
        OfSeed(seed=seed, winner=_mean(winner[seed]), second=_mean(second[seed]), difference=difference)
        for seed, difference in by_seed.items()
        if difference is not None
    )
    overall = paired(_averaged([winner[s.seed] for s in seeds]), _averaged([second[s.seed] for s in seeds]), confidence) if seeds else None
    if overall is None:
        return None
    return Confirmation(winner=names[0], second=names[1], seeds=seeds, overall=overall, lower_is_better=lower_is_better)


def _averaged(by_seed: list[Figures]) -> Figures:
    """Each item's mean, None where a seed has no score for it."""
    return tuple(None if None in item else sum(v for v in item if v is not None) / len(item) for item in zip(*by_seed, strict=True))


def _mean(figures: Figures) -> float:
    known = [f for f in figures if f is not None]
    return sum(known) / len(known)


def first_two(ranking: Ranking) -> tuple[Place, Place] | None:
    """The winner, and the best place that differs from it by more than the seed."""
    second = next((p for p in ranking.places if _title(p.contender.point) != _title(ranking.winner.contender.point)), None)
    return (ranking.winner, second) if second else None


def asked_for(results: SweepResults, seeds: int) -> Asked:
    """The first two, each with so many seeds that the sweep hasn't used. Launched as the sweep was."""
    two = first_two(results.ranking) if results.ranking else None
    if two is None:
        raise ConfigError(
            f"sweep {results.row.id}: found no two finished runs that differ by more than their seed; expected a winner and a second"
        )
    configs = {n: RunConfig.model_validate_json(run.config) for n, run in results.runs.items()}
    first = max(c.seed for c in configs.values()) + 1
    cells = []
    for place in two:
        config = configs[place.contender.number]
        evaluation = config.evaluation.model_copy(update={"measure_validation": False})
        for seed in range(first, first + seeds):
            again = config.model_copy(update={"seed": seed, "evaluation": evaluation})
            cells.append(Cell(recorded(again), {**place.contender.point, "seed": str(seed)}))
    return launched_as(tuple(cells), results.row.launcher, results.row.at_once)


def confirmation_of(results: SweepResults, state: State) -> Confirmation | None:
    """From every confirmation of a sweep that is on record, its own runs included. None where there was none."""
    rows = [s for s in state.journal.sweeps() if s.of == results.row.id]
    ranking = results.ranking
    two = first_two(ranking) if ranking and rows else None
    if ranking is None or two is None:
        return None
    winner, second = (_title(place.contender.point) for place in two)
    by_title: dict[str, dict[int, Figures]] = {winner: {}, second: {}}
    for row in (results.row, *rows):
        for cell in state.journal.cells(row.id):
            run, title = state.journal.run(cell.run), _title(json.loads(cell.point))
            if run and run.state == "finished" and title in by_title:
                by_title[title][RunConfig.model_validate_json(run.config).seed] = _test_scores(run, ranking.metric, state)
    return compare_seeds(by_title[winner], by_title[second], (winner, second), ranking.confidence, ranking.lower_is_better)


def _title(point: dict[str, str]) -> str:
    return " ".join(f"{key.rpartition('.')[2]}={value}" for key, value in point.items() if key != "seed")


def _test_scores(run: RunRow, metric: str, state: State) -> Figures:
    scores: tuple[Score, ...] = Scores.model_validate_json(state.journal.step_of(run.id, "score") or "").by_metric[metric]["tuned"]
    return tuple(s.value for s in scores)
