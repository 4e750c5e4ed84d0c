from __future__ import annotations

from pathlib import Path

import pytest

from ftexp.backends.local.machine import cores
from ftexp.backends.providers import LocalProvider
from ftexp.errors import ConfigError
from ftexp.sweep.expand import Asked, expand

HERE = Path(__file__).parent


def points(asked: Asked) -> list[dict[str, str]]:
    return [cell.point for cell in asked.cells]


def threads(asked: Asked) -> set[int | str]:
    providers = [cell.composed.config.model.provider for cell in asked.cells]
    return {p.threads for p in providers if isinstance(p, LocalProvider)}


def faults(*words: str, multirun: bool = True) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        expand(words, HERE, multirun)
    return list(caught.value.faults)


def test_without_several_values_it_is_one_run() -> None:
    asked = expand(["seed=3"], HERE)
    assert (asked.is_sweep, len(asked.cells), asked.cells[0].composed.config.seed) == (False, 1, 3)
    assert not asked.cells[0].composed.config.evaluation.measure_validation


def test_several_values_need_to_be_asked_for() -> None:
    assert faults("seed=1,2", multirun=False) == ["'seed=1,2': several values are a sweep; run them all with: ftexp run -m ..."]


def test_every_combination_is_a_run_and_groups_can_be_swept_too() -> None:
    asked = expand(["seed=1,2", "preset=small_dataset,large_dataset", "goal=Places"], HERE, multirun=True)
    assert points(asked) == [{"seed": s, "preset": p} for s in ("1", "2") for p in ("small_dataset", "large_dataset")]
    assert asked.axes == {"seed": ("1", "2"), "preset": ("small_dataset", "large_dataset")}
    assert [c.composed.config.hyperparameters.n_epochs for c in asked.cells] == [5, 2, 5, 2]
    assert {c.composed.config.goal for c in asked.cells} == {"Places"}


@pytest.mark.parametrize(("word", "values"), [("seed=range(1,4)", ["1", "2", "3"]), ("seed=choice(5,7)", ["5", "7"]), ("seed=2,2", ["2"])])
def test_values_can_be_said_in_hydras_ways_and_each_is_run_once(word: str, values: list[str]) -> None:
    assert [p["seed"] for p in points(expand([word], HERE, multirun=True))] == values


def test_a_sweep_declared_in_an_experiment_needs_no_flag_and_the_command_line_wins() -> None:
    declared = expand(["experiment=epochs_lr_sweep"], HERE)
    assert (declared.is_sweep, len(declared.cells), declared.launcher, declared.at_once) == (True, 9, "joblib", min(9, cores()))
    changed = expand(["experiment=epochs_lr_sweep", "hyperparameters.n_epochs=2", "hydra/launcher=basic"], HERE)
    assert changed.axes == {"hyperparameters.learning_rate_multiplier": ("0.5", "1.0", "2.0")}
    assert {c.composed.config.hyperparameters.n_epochs for c in changed.cells} == {2}
    assert (changed.launcher, changed.at_once) == ("basic", 1)


def test_runs_of_a_sweep_are_measured_on_the_validation_examples_too() -> None:
    assert all(c.composed.config.evaluation.measure_validation for c in expand(["seed=1,2"], HERE, multirun=True).cells)


def test_runs_side_by_side_share_the_cores() -> None:
    assert threads(expand(["seed=1,2"], HERE, multirun=True)) == {cores()}
    beside = ["seed=1,2", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    assert threads(expand(beside, HERE, multirun=True)) == {max(1, cores() // 2)}
    assert threads(expand([*beside, "model.provider.threads=3"], HERE, multirun=True)) == {3}


def test_no_more_run_at_once_than_there_are() -> None:
    words = ["seed=1,2", "hydra/launcher=joblib", "hydra.launcher.n_jobs=8"]
    assert expand(words, HERE, multirun=True).at_once == 2


def test_every_fault_of_every_run_is_told_once_before_anything_starts() -> None:
    told = faults("hyperparameters.n_epochs=0,1,99", "hyperparameters.n_epohcs=3", "preset=small_dataset,smal_dataset", "goal=寫")
    assert sorted(f.split(":")[0] for f in told) == ["'goal=寫'", "hyperparameters.n_epohcs", "preset"]
    told = faults("hyperparameters.n_epochs=0,1,99", "seed=1,2")
    assert [f.split(", expected")[0] for f in told] == ["hyperparameters.n_epochs: found 0", "hyperparameters.n_epochs: found 99"]


def test_a_continuous_interval_is_not_a_list_of_values() -> None:
    assert "expected values with commas, choice(...) or range(...)" in faults("seed=interval(1,5)")[0]


@pytest.mark.parametrize("word", ["hydra.run.dir=x", "hydra.searchpath=[x]", "hydra/sweeper=basic", "+hydra.callbacks.x=1"])
def test_what_is_said_to_hydra_in_vain_is_refused(word: str) -> None:
    assert "not used by ftexp; expected hydra/launcher=basic or joblib" in faults(word)[0]


def test_a_launcher_that_is_not_installed_is_told() -> None:
    assert "hydra/launcher/slrum" in faults("seed=1,2", "hydra/launcher=slrum")[0]


def test_a_launcher_that_a_swept_experiment_asks_for_in_vain_is_said() -> None:
    asked = expand(["experiment=quickstart,epochs_lr_sweep"], HERE, multirun=True)
    [note] = asked.notes
    assert note.startswith("experiment=epochs_lr_sweep asks for the launcher joblib, which has no effect where experiment itself is swept")
    assert expand(["experiment=quickstart,epochs_lr_sweep", "hydra/launcher=joblib"], HERE, multirun=True).notes == ()
