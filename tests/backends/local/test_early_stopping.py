"""Training that ends for want of a better model, and the metric that says which model is the best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import Project, chats

from ftexp.backends.local import training
from ftexp.backends.local.backend import LocalBackend
from ftexp.backends.local.job import Job
from ftexp.backends.local.training import Trained
from ftexp.backends.providers import Lora
from ftexp.backends.results import Point, TrainingResult
from ftexp.backends.stopping import BestMetric, EarlyStopping, best_of, is_over
from ftexp.compose import compose
from ftexp.run import Record, prepare
from ftexp.state import State

LORA = Lora(
    rank=16,
    alpha=8,
    dropout=0.1,
    layers="all",
    target_modules=("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
    learning_rate=0.1,
    warmup_share=0.0,
    weight_decay=0.0,
    max_gradient_norm=1.0,
)
LOSS: BestMetric = "validation/loss"
ACCURACY: BestMetric = "validation/token_accuracy"
STOPS = EarlyStopping(patience=3)


def silent(point: Point) -> None:
    """For who doesn't want to be told."""


@pytest.fixture(scope="module")
def job(backend: LocalBackend) -> Job:
    """Four examples, soon learned by heart: sixteen passes of two steps, a validation after each."""
    train, validation = (tuple(backend.tokenizer.encode(e) for e in part) for part in (chats()[:4], chats()[40:50]))
    return Job(train, validation, 16, 2, 0.1, seed=7, lora=LORA, validate_every=20, early_stopping=STOPS)


@pytest.fixture(scope="module")
def stopped(backend: LocalBackend, job: Job, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return backend.train(job, tmp_path_factory.mktemp("stopped"), silent)


def measured(trained: Trained, metric: str) -> dict[int, float]:
    return {p.step: p.figures[metric] for p in trained.curve if metric in p.figures}


def adapter_bytes(trained: Trained) -> bytes:
    return (trained.adapter / "adapter_model.safetensors").read_bytes()


def test_the_first_of_equal_validations_is_the_best() -> None:
    assert best_of({0: 2.0, 5: 1.0, 10: 1.0}, LOSS) == 5
    assert best_of({0: 0.2, 5: 0.7, 10: 0.7}, ACCURACY) == 5


@pytest.mark.parametrize(
    ("values", "patience", "min_delta", "over"),
    [
        ([2.0], 1, 0.0, False),
        ([2.0, 2.0], 1, 0.0, True),
        ([2.0, 1.0, 1.5, 1.4], 2, 0.0, True),
        ([2.0, 1.0, 1.5, 0.9], 2, 0.0, False),
        ([2.0, 1.0, 0.95, 0.91], 2, 0.1, True),
        ([2.0, 1.0, 0.95, 0.89], 2, 0.1, False),
    ],
)
def test_training_is_over_when_the_patience_is_used_up(values: list[float], patience: int, min_delta: float, over: bool) -> None:
    rule = EarlyStopping(patience=patience, min_delta=min_delta)
    assert is_over(values, LOSS, rule) is over
    assert is_over([-value for value in values], ACCURACY, rule) is over
    assert not is_over(values, LOSS, None)


def test_training_stops_at_the_validation_that_used_up_the_patience(stopped: Trained, job: Job) -> None:
    losses = measured(stopped, LOSS)
    assert stopped.steps == stopped.curve[-1].step < job.steps
    assert stopped.best_step == min(losses, key=lambda step: losses[step])
    assert list(losses).index(stopped.steps) - list(losses).index(stopped.best_step) == STOPS.patience


def test_until_then_the_curve_is_that_of_a_training_that_goes_on(backend: LocalBackend, job: Job, stopped: Trained, tmp_path: Path) -> None:
    whole = backend.train(replace(job, early_stopping=None), tmp_path, silent)
    assert stopped.curve == tuple(p for p in whole.curve if p.step <= stopped.steps)
    assert (whole.steps, whole.tokens) == (job.steps, job.tokens)


def test_the_tokens_are_those_of_the_steps_that_were_done(job: Job, stopped: Trained) -> None:
    assert stopped.steps % job.steps_per_epoch == 0, "whole passes, so that they can be counted"
    assert stopped.tokens == stopped.steps // job.steps_per_epoch * sum(len(e.ids) for e in job.train)


class CutOffError(Exception):
    """Stands for a power cut."""


def cut_off_at(step: int) -> Callable[[Point], None]:
    def report(point: Point) -> None:
        if point.step == step:
            raise CutOffError

    return report


@pytest.mark.parametrize("before_the_end", [0, 1, 2, 5])
def test_one_that_was_cut_off_stops_where_it_would_have(
    before_the_end: int, backend: LocalBackend, job: Job, stopped: Trained, tmp_path: Path
) -> None:
    with pytest.raises(CutOffError):
        backend.train(job, tmp_path, cut_off_at(stopped.steps - before_the_end))
    told: list[Point] = []
    resumed = backend.train(job, tmp_path, told.append)
    assert (resumed.curve, resumed.best_step, resumed.tokens) == (stopped.curve, stopped.best_step, stopped.tokens)
    assert adapter_bytes(resumed) == adapter_bytes(stopped)
    assert {p.step for p in told} == {p.step for p in stopped.curve}


def test_one_that_stopped_early_is_not_trained_again(
    backend: LocalBackend, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = backend.train(job, tmp_path, silent)
    monkeypatch.delattr(training, "_Trainer")
    again = backend.train(job, tmp_path, silent)
    assert (again.curve, adapter_bytes(again)) == (first.curve, adapter_bytes(first))
    assert 0 < again.seconds <= first.seconds


def test_the_best_by_token_accuracy_is_kept_where_that_is_asked_for(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    gentler = replace(job, n_epochs=10, learning_rate=0.05, seed=11, best_metric=ACCURACY, early_stopping=None)
    trained = backend.train(gentler, tmp_path, silent)
    accuracies, losses = measured(trained, ACCURACY), measured(trained, LOSS)
    assert trained.best_step == max(accuracies, key=lambda step: accuracies[step])
    assert losses[trained.best_step] > min(v for step, v in losses.items() if step < trained.best_step), "the case that is meant"
    assert trained.adapter.name == f"best-{trained.best_step}" and trained.adapter.is_dir()


OVERFITTING = (
    "dataset.train_examples=4",
    "hyperparameters.n_epochs=25",
    "hyperparameters.batch_size=2",
    "training.early_stopping.patience=4",
)


def record_of(project: Project, run: str) -> Record:
    row = State(project.path).journal.run(run)
    assert row and row.record
    return Record.model_validate_json(row.record)


def test_a_run_made_to_overfit_evaluates_the_minimum_of_its_curve(project: Project) -> None:
    said = project.run(*OVERFITTING)
    assert said.code == 0, said.err
    training = record_of(project, said.run).training
    losses = {p.step: p.figures[LOSS] for p in training.curve if LOSS in p.figures}
    assert training.best_step == min(losses, key=lambda step: losses[step])
    assert 0 < training.best_step < training.steps < (training.planned_steps or 0)
    assert loss_of(project, training) == pytest.approx(losses[training.best_step], rel=1e-5)


def loss_of(project: Project, training: TrainingResult) -> float:
    """Of the adapter that was evaluated, over all learned tokens of the validation examples."""
    prepared = prepare(compose([*project.overrides, *OVERFITTING], project.path).config, State(project.path))
    assert prepared.model.local
    examples, encoded = prepared.data.splits.validation, prepared.model.local.encoded_validation
    found = prepared.model.local.backend().losses(project.path / training.adapter.path, examples, lambda *_: None)
    total = sum((loss or 0.0) * e.learned_count for loss, e in zip(found.values, encoded, strict=True))
    return total / sum(e.learned_count for e in encoded)
