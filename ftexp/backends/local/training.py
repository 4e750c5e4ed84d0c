"""LoRA training with transformers' Trainer: our loss, validation points, checkpoints and the best adapter."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model, set_peft_model_state_dict
from safetensors.torch import load_file
from torch import nn
from torch.utils.data import Dataset
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments, set_seed

from ftexp.backends.local.frozen import freeze_below
from ftexp.backends.local.job import Job, Lesson, sequences_of
from ftexp.backends.local.objective import Objective, objective_of, validated
from ftexp.backends.providers import Lora
from ftexp.backends.results import Point
from ftexp.backends.stopping import BestMetric, best_of, is_over
from ftexp.errors import BudgetError, TrainingError
from ftexp.files import sync, sync_tree, write_atomically
from ftexp.interrupts import HeldBack, held_back

KEPT_CHECKPOINTS = 2
COMPLETE = "complete"  # written last into a checkpoint, with the seconds of work until then; one without it was cut off
_FIGURES = ("loss", "token_accuracy", "reward_margin", "reward_accuracy")  # of training and of validation
_NAMES = {
    **{name: f"train/{name}" for name in (*_FIGURES, "learning_rate")},
    **{f"eval_{name}": f"validation/{name}" for name in _FIGURES},
}
Log = Sequence[dict[str, float]]  # Trainer's, an entry a step and one a validation


@dataclass(frozen=True)
class Trained:
    """`steps` and `tokens` are those really done, which are fewer than the job's where it stopped early."""

    curve: tuple[Point, ...]
    steps: int
    tokens: int
    best_step: int
    adapter: Path
    seconds: float


def train(
    model: Any, job: Job, pad_id: int, device: str, folder: Path, report: Callable[[Point], None], used_up: Callable[[], str] = str
) -> Trained:
    """Trains adapters on `model`, going on from the last checkpoint in `folder` where there is one.

    `report` is told each point once, those of earlier attempts first, and never so early that a cut-off attempt has
    `validate_every` told steps or more to repeat. An interrupt leaves a checkpoint, then raises KeyboardInterrupt; so does
    what `used_up` says after a step, which then is the text of a BudgetError.
    """
    started = time.monotonic()
    _clear_cut_off(folder, job.best_metric)
    checkpoint = last_checkpoint(folder, job.best_metric)
    if checkpoint and _stops_early(log := _log_of(checkpoint), job):  # cut off after its last checkpoint: the library would go on from it
        for point in curve_of(log):
            report(point)
        return _trained(log, job, folder, _seconds_of(checkpoint))
    set_seed(job.seed)
    adapted = _adapted(model, job)
    hidden = freeze_below(adapted.get_base_model(), _first_learning(model, job.lora), sequences_of((*job.train, *job.validation)))
    objective = objective_of(adapted, job, pad_id, hidden)
    with held_back("stopping after this step, which leaves a checkpoint; once more stops at once") as held:
        rhythm = _Rhythm(job, report, held, used_up)
        trainer = _Trainer(adapted, job, objective, started, device, folder, rhythm)
        trainer.seconds_before = _seconds_of(checkpoint) if checkpoint else 0.0
        trainer.args.eval_on_start = checkpoint is None  # one that goes on has measured the start, and may stand where nothing is measured
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    log = trainer.state.log_history
    if rhythm.why and trainer.state.global_step < job.steps and not _stops_early(log, job):
        raise BudgetError(f"training: stopped after step {trainer.state.global_step} of {job.steps}, with a checkpoint", rhythm.why)
    return _trained(log, job, folder, trainer.seconds)


def _trained(log: Log, job: Job, folder: Path, seconds: float) -> Trained:
    curve, best = curve_of(log), best_step(log, job.best_metric)
    steps = curve[-1].step
    tokens = job.tokens if steps == job.steps else job.reference_tokens + sum(int(e["tokens"]) for e in log if "tokens" in e)
    return Trained(curve, steps, tokens, best, _best(folder, best), seconds)


def last_checkpoint(folder: Path, metric: BestMetric) -> Path | None:
    return next(reversed([p for p in _by_step(folder, "checkpoint") if _is_whole(p, metric)]), None)


def _is_whole(checkpoint: Path, metric: BestMetric) -> bool:
    """Whether it was written to its end, and the best adapter until then is still there."""
    return (checkpoint / COMPLETE).exists() and _best(checkpoint.parent, best_step(_log_of(checkpoint), metric)).exists()


def _log_of(checkpoint: Path) -> Log:
    log: Log = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))["log_history"]
    return log


def _seconds_of(checkpoint: Path) -> float:
    return float((checkpoint / COMPLETE).read_text(encoding="ascii"))


def _clear_cut_off(folder: Path, metric: BestMetric) -> None:
    """Removes what an attempt that was cut off had not written to its end."""
    for path in _by_step(folder, "checkpoint"):
        if not _is_whole(path, metric):
            shutil.rmtree(path)


def _by_step(folder: Path, kind: str) -> list[Path]:
    return sorted(folder.glob(f"{kind}-*"), key=_step_of)


def _step_of(path: Path) -> int:
    return int(path.name.split("-")[1])


def _best(folder: Path, step: int) -> Path:
    return folder / f"best-{step}"


def best_step(log: Log, metric: BestMetric, until: float = inf) -> int:
    """Of the best validation until a step. Step 0, the base itself, takes part too."""
    return best_of({step: value for step, value in _measured(log, metric).items() if step <= until}, metric)


def _measured(log: Log, metric: BestMetric) -> dict[int, float]:
    """The validations so far, by step."""
    name = metric.replace("validation/", "eval_")
    return {int(e["step"]): e[name] for e in log if name in e}


def _stops_early(log: Log, job: Job) -> bool:
    """Told by the log alone, so that a training that goes on after a cut stops where it would have."""
    return is_over(list(_measured(log, job.best_metric).values()), job.best_metric, job.early_stopping)


def curve_of(log: Log) -> tuple[Point, ...]:
    """Trainer's log as points, one a step, in order."""
    by_step: dict[int, dict[str, float]] = {}
    epochs: dict[int, float] = {}
    for entry in log:
        step = int(entry["step"])
        figures = {ours: entry[theirs] for theirs, ours in _NAMES.items() if theirs in entry}
        if figures:
            by_step.setdefault(step, {}).update(figures)
            epochs[step] = float(entry.get("epoch", 0.0))
    return tuple(Point(step=s, epoch=epochs[s], figures=by_step[s]) for s in sorted(by_step))


def _first_learning(model: Any, lora: Lora) -> int:
    """The lowest layer that learns."""
    return 0 if lora.layers == "all" else max(int(model.config.num_hidden_layers) - lora.layers, 0)


def _adapted(model: Any, job: Job) -> PeftModel:
    """With new adapters, which change nothing yet, or with those that training begins with."""
    adapted = get_peft_model(model, _lora_config(model, job.lora))
    if job.start:
        loaded: Any = set_peft_model_state_dict(adapted, load_file(str(job.start / "adapter_model.safetensors")))
        missing = [name for name in loaded.missing_keys if "lora_" in name]
        if missing or loaded.unexpected_keys:
            raise TrainingError(
                f"training.start_from: {job.start} doesn't fit the adapters of model.provider.lora "
                f"({(missing + loaded.unexpected_keys)[0]}); expected one trained with the same layers and target_modules"
            )
    return adapted


def _lora_config(model: Any, lora: Lora) -> LoraConfig:
    first, layers = _first_learning(model, lora), model.config.num_hidden_layers
    last = None if first == 0 else list(range(first, layers))
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,  # type: ignore[arg-type]  # peft divides by it, and takes any number
        lora_dropout=lora.dropout,
        target_modules=list(lora.target_modules),
        layers_to_transform=last,
        task_type="CAUSAL_LM",
    )


class _Lessons(Dataset[Lesson]):
    def __init__(self, lessons: tuple[Lesson, ...]) -> None:
        self.lessons = lessons

    def __len__(self) -> int:
        return len(self.lessons)

    def __getitem__(self, index: int) -> Lesson:
        return self.lessons[index]


class _Trainer(Trainer):
    """Three things differ from the library's: the loss, what validation measures, and when a checkpoint is whole."""

    def __init__(
        self,
        model: PeftModel,
        job: Job,
        objective: Objective,
        started: float,
        device: str,
        folder: Path,
        rhythm: _Rhythm,
    ) -> None:
        self.job, self.folder = job, folder
        self.objective: Objective = objective
        self._figures: dict[str, float] = {}
        self.started, self.seconds_before = started, 0.0
        super().__init__(
            model=model,
            args=_arguments(job, device, folder),
            train_dataset=_Lessons(job.train),
            data_collator=objective.batch,
            callbacks=[rhythm],
        )
        self.model_accepts_loss_kwargs = False
        self.remove_callback(PrinterCallback)

    @property
    def seconds(self) -> float:
        """Of work so far, that of earlier attempts up to their last checkpoint included."""
        return self.seconds_before + time.monotonic() - self.started

    def compute_loss(self, model: nn.Module, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
        found = self.objective.measured(model, inputs)
        self._figures = {name: values.float().mean().item() for name, values in found.figures.items()}
        self._figures["tokens"] = inputs["mask"].sum().item()
        loss = found.losses.mean()
        if not torch.isfinite(loss):
            raise TrainingError(
                f"training: the loss is {loss.item()} after step {self.state.global_step}, so the weights are lost; "
                "try a lower hyperparameters.learning_rate_multiplier"
            )
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        super().log({**logs, **self._figures} if "loss" in logs else logs, start_time)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Means over the whole validation split."""
        if any(e["step"] == self.state.global_step for e in self.state.log_history if "eval_loss" in e):
            return {}  # the library asks once more where a step is an epoch's last
        found = validated(self.model, self.job.validation, self.objective)
        metrics = {f"eval_{name}": value for name, value in found.items()}
        self.log(metrics)
        self._keep_best()
        return metrics

    def _keep_best(self) -> None:
        """Keeps the adapter when it is the best so far, beside the best of before: until the next checkpoint that one counts."""
        if best_step(self.state.log_history, self.job.best_metric) != self.state.global_step:
            return
        fresh, target = self.folder / "fresh", _best(self.folder, self.state.global_step)
        for leftover in (fresh, target):  # of an attempt that was cut off before its checkpoint of this step
            shutil.rmtree(leftover, ignore_errors=True)
        model: Any = self.model
        model.save_pretrained(str(fresh))
        sync_tree(fresh)
        fresh.replace(target)
        sync(self.folder)

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        checkpoint = self.folder / f"checkpoint-{self.state.global_step}"
        sync_tree(checkpoint)
        write_atomically(checkpoint / COMPLETE, str(self.seconds).encode("ascii"))
        sync(self.folder)
        self._forget_older()

    def _forget_older(self) -> None:
        """Leaves the last checkpoints and the adapters that were best at one of them."""
        checkpoints = _by_step(self.folder, "checkpoint")
        for old in checkpoints[:-KEPT_CHECKPOINTS]:
            (old / COMPLETE).unlink(missing_ok=True)  # first: one that is half removed must not count
            shutil.rmtree(old)
        log, metric = self.state.log_history, self.job.best_metric
        kept = {best_step(log, metric, _step_of(checkpoint)) for checkpoint in checkpoints[-KEPT_CHECKPOINTS:]}
        for best in _by_step(self.folder, "best"):
            if _step_of(best) not in kept:
                shutil.rmtree(best)


class _Rhythm(TrainerCallback):
    """When to validate, save and stop; and tells each point once it need not be worked out again.

    A checkpoint that an interrupt asks for stands between two validations, and adds none: the curve stays what it would be.
    """

    def __init__(self, job: Job, report: Callable[[Point], None], held: HeldBack, used_up: Callable[[], str]) -> None:
        self.job, self.report, self.held, self.used_up = job, report, held, used_up
        self.why = ""  # the budget lets it go on no longer
        self._told = 0

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step % self.job.validate_every == 0 or state.global_step % self.job.steps_per_epoch == 0:
            control.should_evaluate = control.should_save = True
        self.why = self.used_up()
        if self.held.asked or self.why:
            control.should_save = True

    def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A step that gets a checkpoint is told after it: else a cut between the two would repeat all steps since the one before."""
        if not control.should_save:
            self._tell(state)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._tell(state)
        if self.held.asked or self.why or _stops_early(state.log_history, self.job):
            control.should_training_stop = True

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._tell(state)

    def _tell(self, state: Any) -> None:
        for point in curve_of(state.log_history[self._told :]):
            self.report(point)
        self._told = len(state.log_history)


def _arguments(job: Job, device: str, folder: Path) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=job.n_epochs,
        per_device_train_batch_size=job.batch_size,
        learning_rate=job.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=round(job.steps * job.lora.warmup_share),
        weight_decay=job.lora.weight_decay,
        max_grad_norm=job.lora.max_gradient_norm,
        seed=job.seed,
        data_seed=job.seed,
        logging_steps=1,
        eval_strategy="no",  # _Rhythm says when
        save_strategy="no",
        use_cpu=device == "cpu",
        disable_tqdm=True,
        report_to=[],
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )
