from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isclose
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import chat, chats

from ftexp.backends.local import training
from ftexp.backends.local.backend import LocalBackend
from ftexp.backends.local.chat import Encoded
from ftexp.backends.local.job import Job
from ftexp.backends.local.training import Trained, last_checkpoint
from ftexp.backends.providers import Lora
from ftexp.backends.results import Point
from ftexp.data.messages import Example, Message
from ftexp.errors import TrainingError

LORA = Lora(
    rank=4,
    alpha=8,
    dropout=0.1,
    layers=1,
    target_modules=("q_proj", "v_proj", "down_proj"),
    learning_rate=0.1,
    warmup_share=0.0,
    weight_decay=0.0,
    max_gradient_norm=1.0,
)
TRAIN, VALIDATION = chats()[:14], chats()[40:50]


def silent(point: Point) -> None:
    """For who doesn't want to be told."""


@pytest.fixture(scope="module")
def job(backend: LocalBackend) -> Job:
    """Two epochs of four steps: validation at 0, 3, 4 (an epoch's end), 6 and 8."""
    train, validation = (tuple(backend.tokenizer.encode(e) for e in part) for part in (TRAIN, VALIDATION))
    return Job(train, validation, n_epochs=2, batch_size=4, learning_rate=0.1, seed=7, lora=LORA, validate_every=3)


@dataclass(frozen=True)
class Told:
    """A training that nothing disturbed, and what it told along the way."""

    trained: Trained
    points: tuple[Point, ...]


@pytest.fixture(scope="module")
def undisturbed(backend: LocalBackend, job: Job, tmp_path_factory: pytest.TempPathFactory) -> Told:
    points: list[Point] = []
    trained = backend.train(job, tmp_path_factory.mktemp("undisturbed"), points.append)
    return Told(trained, tuple(points))


def adapter_bytes(trained: Trained) -> bytes:
    return (trained.adapter / "adapter_model.safetensors").read_bytes()


def validation_losses(trained: Trained) -> dict[int, float]:
    return {p.step: p.figures["validation/loss"] for p in trained.curve if "validation/loss" in p.figures}


def full_logits_losses(model: Any, example: Encoded) -> list[float]:
    """Negative log-likelihood of each learned token, the long way."""
    with torch.no_grad():
        log_likelihoods = model(input_ids=torch.tensor([example.ids])).logits[0].double().log_softmax(-1)
    return [-log_likelihoods[i - 1, example.ids[i]].item() for i, learned in enumerate(example.learned) if learned]


def load(backend: LocalBackend, adapter: Path | None = None) -> Any:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(str(backend.directory)).eval()
    return PeftModel.from_pretrained(base, str(adapter)).eval() if adapter else base


def test_held_out_losses_equal_those_from_full_logits(backend: LocalBackend) -> None:
    found = backend.losses(None, VALIDATION, lambda *_: None).values
    model = load(backend)
    expected = [full_logits_losses(model, backend.tokenizer.encode(e)) for e in VALIDATION]
    assert list(found) == pytest.approx([sum(each) / len(each) for each in expected], rel=1e-5)


def test_the_held_out_loss_of_a_conversation_is_that_of_its_last_reply(backend: LocalBackend) -> None:
    turns = (Message("user", "Hi"), Message("assistant", "Hello."), Message("user", "Open?"), Message("assistant", "At nine."))
    example = Example(turns, "two turns")
    reply_tokens = backend.tokenizer.encode(chat("a", "At nine.")).learned_count
    losses = full_logits_losses(load(backend), backend.tokenizer.encode(example))[-reply_tokens:]
    found = backend.losses(None, [example], lambda *_: None).values
    assert found[0] == pytest.approx(sum(losses) / len(losses), rel=1e-5)


def test_validation_is_the_mean_over_all_learned_tokens(backend: LocalBackend, job: Job, undisturbed: Told) -> None:
    model = load(backend)
    tokens = [loss for e in job.validation for loss in full_logits_losses(model, e)]
    assert validation_losses(undisturbed.trained)[0] == pytest.approx(sum(tokens) / len(tokens), rel=1e-5)


def test_the_end_of_the_turn_is_part_of_the_loss(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    end = backend.tokenizer.end_of_turn()
    only_the_end = tuple(
        replace(e, learned=tuple(yes and i == end for i, yes in zip(e.ids, e.learned, strict=True))) for e in job.validation
    )
    model = load(backend)
    expected = [loss for e in only_the_end for loss in full_logits_losses(model, e)]
    assert len(expected) == len(job.validation)
    trained = backend.train(replace(job, validation=only_the_end, n_epochs=1), tmp_path / "t", silent)
    assert validation_losses(trained)[0] == pytest.approx(sum(expected) / len(expected), rel=1e-5)


def test_validation_comes_at_the_start_every_few_steps_and_at_each_epochs_end(job: Job, undisturbed: Told) -> None:
    assert list(validation_losses(undisturbed.trained)) == [0, 3, 4, 6, 8]
    assert [p.step for p in undisturbed.trained.curve if "train/loss" in p.figures] == list(range(1, 9))
    assert job.steps == 8


def test_each_figure_is_told_once(undisturbed: Told) -> None:
    told, curve = (
        [(p.step, name, v) for p in points for name, v in p.figures.items()] for points in (undisturbed.points, undisturbed.trained.curve)
    )
    assert sorted(told) == sorted(curve)


def test_the_rate_falls_to_nothing_in_the_end(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    trained = backend.train(replace(job, lora=LORA.model_copy(update={"warmup_share": 0.25})), tmp_path / "t", silent)
    rates = [p.figures["train/learning_rate"] for p in trained.curve if "train/learning_rate" in p.figures]
    assert max(rates) == job.learning_rate
    assert rates.index(max(rates)) == 2  # two of eight steps warm up
    assert rates[2:] == sorted(rates[2:], reverse=True)


def test_the_adapter_is_the_one_with_the_lowest_validation_loss(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    trained = backend.train(replace(job, train=job.train[:4], n_epochs=8), tmp_path / "t", silent)
    curve = validation_losses(trained)
    assert trained.best_step == min(curve, key=lambda step: curve[step])
    assert trained.best_step < trained.curve[-1].step, "four examples are soon learned by heart"
    tuned = load(backend, trained.adapter)
    tokens = [loss for e in job.validation for loss in full_logits_losses(tuned, e)]
    assert isclose(sum(tokens) / len(tokens), min(curve.values()), rel_tol=1e-5)


def test_only_the_last_layers_learn(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    def layers(lora: Lora, folder: str) -> set[str]:
        trained = backend.train(replace(job, n_epochs=1, lora=lora), tmp_path / folder, silent)
        return {name.split("layers.")[1][0] for name in load_file(str(trained.adapter / "adapter_model.safetensors"))}

    assert layers(LORA, "one") == {"1"}
    assert layers(LORA.model_copy(update={"layers": "all"}), "all") == {"0", "1"}


def test_the_same_seed_gives_the_same_numbers_to_the_last_bit(backend: LocalBackend, job: Job, undisturbed: Told, tmp_path: Path) -> None:
    again, other = (backend.train(replace(job, seed=seed), tmp_path / str(seed), silent) for seed in (job.seed, 8))
    assert again.curve == undisturbed.trained.curve
    assert adapter_bytes(again) == adapter_bytes(undisturbed.trained) != adapter_bytes(other)
    assert again.curve[1].figures["train/loss"] != other.curve[1].figures["train/loss"], "the adapter still adds nothing: other examples"


class CutOffError(Exception):
    """Stands for a power cut."""


def cut_off_at(step: int, name: str) -> Callable[[Point], None]:
    def report(point: Point) -> None:
        if point.step == step and name in point.figures:
            raise CutOffError

    return report


@pytest.mark.parametrize(("step", "name"), [(3, "validation/loss"), (4, "validation/loss"), (5, "train/loss")])
def test_a_training_that_was_cut_off_goes_on_to_the_same_end(
    step: int, name: str, backend: LocalBackend, job: Job, undisturbed: Told, tmp_path: Path
) -> None:
    with pytest.raises(CutOffError):
        backend.train(job, tmp_path / "cut", cut_off_at(step, name))
    resumed = backend.train(job, tmp_path / "cut", silent)
    assert resumed.curve == undisturbed.trained.curve
    assert (resumed.best_step, adapter_bytes(resumed)) == (undisturbed.trained.best_step, adapter_bytes(undisturbed.trained))


def cut_off_in(monkeypatch: pytest.MonkeyPatch, name: str, count: int) -> None:
    """At the `count`th call of a function that training knows by `name`."""
    real = getattr(training, name)
    calls = iter(range(1, 1000))

    def cut(*arguments: object) -> object:
        if next(calls) == count:
            raise CutOffError
        return real(*arguments)

    monkeypatch.setattr(training, name, cut)


@pytest.mark.parametrize(("name", "count"), [("sync_tree", 3), ("sync_tree", 4), ("write_atomically", 2)])
def test_a_training_that_was_cut_off_while_it_kept_something_goes_on_to_the_same_end(
    name: str, count: int, backend: LocalBackend, job: Job, undisturbed: Told, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        cut_off_in(patch, name, count)
        with pytest.raises(CutOffError):
            backend.train(job, tmp_path, silent)
    resumed = backend.train(job, tmp_path, silent)
    assert (resumed.curve, resumed.best_step) == (undisturbed.trained.curve, undisturbed.trained.best_step)
    assert adapter_bytes(resumed) == adapter_bytes(undisturbed.trained)


def test_the_best_adapter_stays_when_a_cut_off_training_goes_on_with_worse_ones(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    soon_learned = replace(job, train=job.train[:4], n_epochs=8)
    whole = backend.train(soon_learned, tmp_path / "whole", silent)
    assert 0 < whole.best_step < 6, "the case that is meant"
    with pytest.raises(CutOffError):
        backend.train(soon_learned, tmp_path / "cut", cut_off_at(7, "train/loss"))
    resumed = backend.train(soon_learned, tmp_path / "cut", silent)
    assert (resumed.best_step, adapter_bytes(resumed)) == (whole.best_step, adapter_bytes(whole))


def test_a_step_with_a_checkpoint_is_told_when_the_checkpoint_is_whole(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    last_when_told: dict[int, str] = {}

    def report(point: Point) -> None:
        checkpoint = last_checkpoint(tmp_path, "validation/loss")
        last_when_told[point.step] = checkpoint.name if checkpoint else ""

    backend.train(job, tmp_path, report)
    assert [last_when_told[step] for step in range(9)] == ["", "", ""] + [f"checkpoint-{n}" for n in (3, 4, 4, 6, 6, 8)]


@pytest.mark.parametrize(
    ("number", "step"), [(signal.SIGINT, 0), (signal.SIGINT, 4), (signal.SIGINT, 6), (signal.SIGTERM, 1), (signal.SIGTERM, 3)]
)
def test_an_interrupt_leaves_a_checkpoint_and_changes_no_number(
    number: signal.Signals, step: int, backend: LocalBackend, job: Job, undisturbed: Told, tmp_path: Path
) -> None:
    def report(point: Point) -> None:
        if point.step == step:
            signal.raise_signal(number)

    before = signal.signal(number, signal.default_int_handler)  # as the command line has it
    try:
        with pytest.raises(KeyboardInterrupt):
            backend.train(job, tmp_path, report)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)
    checkpoint = last_checkpoint(tmp_path, "validation/loss")
    assert checkpoint and checkpoint.name == f"checkpoint-{step if step in (3, 4, 6) else step + 1}"
    resumed = backend.train(job, tmp_path, silent)
    assert resumed.curve == undisturbed.trained.curve
    assert (resumed.best_step, adapter_bytes(resumed)) == (undisturbed.trained.best_step, adapter_bytes(undisturbed.trained))


def test_checkpoints_and_best_adapters_do_not_pile_up(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    (tmp_path / "checkpoint-5").mkdir()  # cut off while being written
    backend.train(job, tmp_path, silent)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["best-6", "best-8", "checkpoint-6", "checkpoint-8"]


def test_checkpoints_whose_best_adapter_is_gone_are_passed_over(backend: LocalBackend, job: Job, undisturbed: Told, tmp_path: Path) -> None:
    with pytest.raises(CutOffError):
        backend.train(job, tmp_path, cut_off_at(7, "train/loss"))
    for best in tmp_path.glob("best-*"):
        shutil.rmtree(best)
    assert last_checkpoint(tmp_path, "validation/loss") is None
    assert backend.train(job, tmp_path, silent).curve == undisturbed.trained.curve


def test_a_resumed_training_tells_the_points_of_before_as_well(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    with pytest.raises(CutOffError):
        backend.train(job, tmp_path / "cut", cut_off_at(5, "train/loss"))
    told: list[Point] = []
    resumed = backend.train(job, tmp_path / "cut", told.append)
    figures = sorted((p.step, name) for p in told for name in p.figures)
    assert figures == sorted((p.step, name) for p in resumed.curve for name in p.figures), "each of them once"


def test_a_training_that_was_done_is_not_done_again(backend: LocalBackend, job: Job, undisturbed: Told, tmp_path: Path) -> None:
    shutil.copytree(undisturbed.trained.adapter.parent, tmp_path / "t")
    again = backend.train(job, tmp_path / "t", silent)
    assert again.curve == undisturbed.trained.curve
    assert (again.best_step, adapter_bytes(again)) == (undisturbed.trained.best_step, adapter_bytes(undisturbed.trained))


def test_a_checkpoint_that_was_cut_off_while_being_written_is_passed_over(
    backend: LocalBackend, job: Job, undisturbed: Told, tmp_path: Path
) -> None:
    with pytest.raises(CutOffError):
        backend.train(job, tmp_path / "cut", cut_off_at(7, "train/loss"))
    assert sorted(p.name for p in (tmp_path / "cut").glob("checkpoint-*")) == ["checkpoint-4", "checkpoint-6"]
    (tmp_path / "cut" / "checkpoint-6" / "complete").unlink()
    (tmp_path / "cut" / "checkpoint-6" / "trainer_state.json").write_text("{", encoding="utf-8")
    resumed = backend.train(job, tmp_path / "cut", silent)
    assert (resumed.curve, adapter_bytes(resumed)) == (undisturbed.trained.curve, adapter_bytes(undisturbed.trained))


def test_a_loss_that_is_no_number_ends_the_training_with_advice(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"the loss is (nan|inf) after step \d+.*a lower hyperparameters\.learning_rate_multiplier"):
        backend.train(replace(job, learning_rate=1e38), tmp_path, silent)


def test_the_seconds_of_a_resumed_training_include_those_of_before(backend: LocalBackend, job: Job, tmp_path: Path) -> None:
    with pytest.raises(CutOffError):
        backend.train(job, tmp_path, cut_off_at(5, "train/loss"))
    checkpoint = last_checkpoint(tmp_path, "validation/loss")
    assert checkpoint is not None
    (checkpoint / "complete").write_text("1000.0", encoding="ascii")
    assert 1000 < backend.train(job, tmp_path, silent).seconds < 1200
