"""From the words of a command to the runs that they ask for, each composed and judged. Hydra's basic sweeper expands them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ftexp.backends.local.machine import cores
from ftexp.backends.providers import LocalProvider, OpenAIProvider
from ftexp.compose import LAUNCHER, Composed, Composer
from ftexp.errors import ConfigError

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override
    from omegaconf import DictConfig

MULTIRUN = "MULTIRUN"


@dataclass(frozen=True)
class Cell:
    """One run of a sweep. `point` says where it stands: the swept keys and its values; empty for a run of its own."""

    composed: Composed
    point: dict[str, str]

    @property
    def title(self) -> str:
        """`n_epochs=3 learning_rate_multiplier=1.0`: the last part of each key is enough to tell cells apart."""
        return " ".join(f"{key.rpartition('.')[2]}={value}" for key, value in self.point.items())


@dataclass(frozen=True)
class Asked:
    """What a command asks for: one cell, or a sweep of several. `at_once` runs go on side by side.

    `hydra_words` are the overrides that a launcher starts from. `notes` say what was asked for in vain.
    """

    cells: tuple[Cell, ...]
    axes: dict[str, tuple[str, ...]]
    is_sweep: bool
    launcher: str
    at_once: int
    hydra_words: tuple[str, ...]
    notes: tuple[str, ...]


def expand(words: Sequence[str], working_directory: Path, multirun: bool = False) -> Asked:
    """Every run, composed and judged. Raises ConfigError with every fault of every run, each once."""
    composer = Composer(working_directory)
    faults, overrides = composer.parsed(words)
    if faults:
        sound_sweeps = {o.input_line for o in overrides if o.is_sweep_override()}
        composer.compose([word for word in words if word not in sound_sweeps])  # raises, with what else is wrong
    plain = composer.composable([o for o in overrides if not o.is_sweep_override()])
    master = composer.composed(plain)
    declared = dict(master.hydra.sweeper.params or {})
    if not multirun and not _is_multirun(master):
        return Asked((Cell(composer.compose(words), {}),), {}, False, "basic", 1, (), ())
    axes, points = _points(composer, declared, overrides)
    given = {o.key_or_group for o in overrides}
    cells = _cells(composer, _of_runs(overrides), points, [key for key in declared if key not in given])
    launcher, at_once = str(master.hydra.runtime.choices[LAUNCHER]), _at_once(master, cells)
    cells = tuple(_measured_on_validation(_with_share_of_cores(cell, at_once)) for cell in cells)
    return Asked(cells, axes, True, launcher, at_once, tuple(plain), tuple(_in_vain(cells, launcher, axes)))


def launched_as(cells: tuple[Cell, ...], launcher: str, at_once: int) -> Asked:
    """A sweep of these cells, launched as one on record was."""
    axes = {key: tuple(dict.fromkeys(c.point.get(key, "") for c in cells)) for key in cells[0].point}
    words = (f"{LAUNCHER}={launcher}", *((f"++hydra.launcher.n_jobs={at_once}",) if launcher == "joblib" else ()))
    return Asked(cells, axes, True, launcher, at_once, words, ())


def _is_multirun(master: DictConfig) -> bool:
    return master.hydra.mode is not None and master.hydra.mode.name == MULTIRUN


def _of_runs(overrides: Sequence[Override]) -> list[Override]:
    """Without those that are for Hydra itself."""
    return [o for o in overrides if o.key_or_group.replace("/", ".").split(".")[0] != "hydra"]


def _points(
    composer: Composer, declared: dict[str, str], overrides: Sequence[Override]
) -> tuple[dict[str, tuple[str, ...]], list[dict[str, str]]]:
    """The axes, and every combination of their values. The command line wins over what an experiment file declares."""
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.errors import HydraException

    given = {o.key_or_group for o in overrides}
    faults, in_file = composer.parsed([f"{key}={values}" for key, values in declared.items() if key not in given])
    if faults:
        raise ConfigError(*faults)
    swept = [o for o in (*in_file, *_of_runs(overrides)) if o.is_sweep_override()]
    fixed_in_file = [o for o in in_file if not o.is_sweep_override()]
    try:
        batches = BasicSweeper.split_arguments([*fixed_in_file, *swept], max_batch_size=None)
    except HydraException as error:
        raise ConfigError(f"{error}; expected values with commas, choice(...) or range(...)") from error
    points = [dict(word.lstrip("+").split("=", 1) for word in combination) for combination in batches[0]]
    axes = {o.key_or_group: tuple(dict.fromkeys(point[o.key_or_group] for point in points)) for o in swept}
    return axes, list({tuple(point.items()): point for point in points}.values())


def _cells(composer: Composer, overrides: Sequence[Override], points: Sequence[dict[str, str]], in_file: Sequence[str]) -> tuple[Cell, ...]:
    fixed = [o.input_line or "" for o in overrides if not o.is_sweep_override()]
    cells, faults = [], dict[str, None]()
    for point in points:
        try:
            composed = composer.compose([*fixed, *(f"{key}={value}" for key, value in point.items())], in_file)
        except ConfigError as error:
            faults.update(dict.fromkeys(error.faults))
        else:
            cells.append(Cell(composed, point))
    if faults:
        raise ConfigError(*faults)
    return tuple(cells)


def _at_once(master: DictConfig, cells: Sequence[Cell]) -> int:
    """joblib's meaning of `n_jobs`: -1 is one a core, -2 all cores but one. A service's jobs run as many at a time as it takes."""
    jobs = int(master.hydra.launcher.get("n_jobs", 1) or 1)
    at_services = [p.jobs_at_once for c in cells if isinstance(p := c.composed.config.model.provider, OpenAIProvider)]
    return max(1, min(len(cells), min(at_services) if at_services else jobs if jobs > 0 else cores() + 1 + jobs))


def _with_share_of_cores(cell: Cell, at_once: int) -> Cell:
    """`threads: auto` becomes this run's share of the cores, so that runs side by side don't get in each other's way."""
    config = cell.composed.config
    provider = config.model.provider
    if not isinstance(provider, LocalProvider) or provider.threads != "auto":
        return cell
    shared = provider.model_copy(update={"threads": max(1, cores() // at_once)})
    model = config.model.model_copy(update={"provider": shared})
    return replace(cell, composed=replace(cell.composed, config=config.model_copy(update={"model": model})))


def _measured_on_validation(cell: Cell) -> Cell:
    """Runs of a sweep are ranked, and that takes place on the validation examples."""
    config = cell.composed.config
    evaluation = config.evaluation.model_copy(update={"measure_validation": True})
    return replace(cell, composed=replace(cell.composed, config=config.model_copy(update={"evaluation": evaluation})))


def _in_vain(cells: Sequence[Cell], launcher: str, axes: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """What experiment files ask of the launcher has no effect where `experiment` itself is swept (Hydra 1.3)."""
    if "experiment" not in axes:
        return
    for cell in cells:
        if cell.composed.launcher not in (launcher, "basic"):
            asked = cell.composed.launcher
            yield (
                f"experiment={cell.point['experiment']} asks for the launcher {asked}, which has no effect where experiment itself "
                f"is swept; add {LAUNCHER}={asked} to the command"
            )
