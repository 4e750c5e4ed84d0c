"""LoRA training with transformers' Trainer: our loss, validation points, checkpoints and the best adapter."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn
from torch.utils.data import Dataset
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments, set_seed

from ftexp.backends.local.answers_only import Batch, padded, token_losses
from ftexp.backends.local.chat import Encoded
from ftexp.backends.local.frozen import Hidden, freeze_below
from ftexp.backends.local.job import Job
from ftexp.backends.providers import Lora
from ftexp.backends.results import Point
from ftexp.errors import TrainingError
from ftexp.files import write_atomically

KEPT_CHECKPOINTS = 2
COMPLETE = "complete"  # written last into a checkpoint, with the seconds of work until then; one without it was cut off
_NAMES = {
    "loss": "train/loss",
    "token_accuracy": "train/token_accuracy",
    "learning_rate": "train/learning_rate",
    "eval_loss": "validation/loss",
    "eval_token_accuracy": "validation/token_accuracy",
}


@dataclass(frozen=True)
class Trained:
    curve: tuple[Point, ...]
    best_step: int
    adapter: Path
    seconds: float


def train(model: Any, job: Job, pad_id: int, device: str, folder: Path, report: Callable[[Point], None]) -> Trained:
    """Trains adapters on `model`, going on from the last checkpoint in `folder` where there is one.

    `report` is told each point once, those of earlier attempts first. The best adapter is in `folder/best`.
    """
    set_seed(job.seed)
    started = time.monotonic()
    adapted = get_peft_model(model, _lora_config(model, job.lora))
    hidden = freeze_below(adapted.get_base_model(), _first_learning(model, job.lora), job.train + job.validation)
    trainer = _Trainer(adapted, job, hidden, started, pad_id, device, folder, report)
    checkpoint = last_checkpoint(folder)
    trainer.seconds_before = float((checkpoint / COMPLETE).read_text(encoding="ascii")) if checkpoint else 0.0
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    best = json.loads((folder / "best" / "step.json").read_text(encoding="utf-8"))
    return Trained(curve_of(trainer.state.log_history), best["step"], folder / "best", trainer.seconds)


def last_checkpoint(folder: Path) -> Path | None:
    whole = [p for p in folder.glob("checkpoint-*") if (p / COMPLETE).exists()]
    return max(whole, key=lambda p: int(p.name.split("-")[1]), default=None)


def curve_of(log_history: Sequence[dict[str, float]]) -> tuple[Point, ...]:
    """Trainer's log as points, one a step, in order."""
    by_step: dict[int, dict[str, float]] = {}
    epochs: dict[int, float] = {}
    for entry in log_history:
        step = int(entry["step"])
        figures = {ours: entry[theirs] for theirs, ours in _NAMES.items() if theirs in entry}
        if figures:
            by_step.setdefault(step, {}).update(figures)
            epochs[step] = float(entry.get("epoch", 0.0))
    return tuple(Point(step=s, epoch=epochs[s], figures=by_step[s]) for s in sorted(by_step))


def _first_learning(model: Any, lora: Lora) -> int:
    """The lowest layer that learns."""
    return 0 if lora.layers == "all" else max(int(model.config.num_hidden_layers) - lora.layers, 0)


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


class _Examples(Dataset[Encoded]):
    def __init__(self, examples: tuple[Encoded, ...]) -> None:
        self.examples = examples

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Encoded:
        return self.examples[index]


class _Trainer(Trainer):
    """Three things differ from the library's: the loss, what validation measures, and when a checkpoint is whole."""

    def __init__(
        self,
        model: PeftModel,
        job: Job,
        hidden: Hidden | None,
        started: float,
        pad_id: int,
        device: str,
        folder: Path,
        report: Callable[[Point], None],
    ) -> None:
        self.job, self.hidden, self.pad_id, self.folder = job, hidden, pad_id, folder
        self._accuracy = 0.0
        self.started, self.seconds_before = started, 0.0
        super().__init__(
            model=model,
            args=_arguments(job, device, folder),
            train_dataset=_Examples(job.train),
            data_collator=lambda examples: vars(padded(examples, pad_id, hidden)),
            callbacks=[_Rhythm(job.validate_every, report)],
        )
        self.model_accepts_loss_kwargs = False
        self.remove_callback(PrinterCallback)

    @property
    def seconds(self) -> float:
        """Of work so far, that of earlier attempts up to their last checkpoint included."""
        return self.seconds_before + time.monotonic() - self.started

    def compute_loss(self, model: nn.Module, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
        found = token_losses(model, Batch(**inputs))
        self._accuracy = found.hits.float().mean().item()
        loss = found.losses.mean()
        if not torch.isfinite(loss):
            raise TrainingError(
                f"training: the loss is {loss.item()} after step {self.state.global_step}, so the weights are lost; "
                "try a lower hyperparameters.learning_rate_multiplier"
            )
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        super().log({**logs, "token_accuracy": self._accuracy} if "loss" in logs else logs, start_time)

    @torch.no_grad()
    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Mean over all learned tokens of the validation examples, whatever batches they come in."""
        if any(e["step"] == self.state.global_step for e in self.state.log_history if "eval_loss" in e):
            return {}  # measured before a resumed run was cut off
        model: Any = self.model
        model.eval()
        loss = hits = count = 0.0
        for i in range(0, len(self.job.validation), 16):
            found = token_losses(model, padded(self.job.validation[i : i + 16], self.pad_id, self.hidden).to(self.args.device))
            loss += found.losses.double().sum().item()
            hits += found.hits.sum().item()
            count += len(found.losses)
        metrics = {"eval_loss": loss / count, "eval_token_accuracy": hits / count}
        self._keep_best(metrics["eval_loss"])
        self.log(metrics)
        return metrics

    def _keep_best(self, loss: float) -> None:
        """Moves the adapter to `best/` when its loss is the lowest so far. Step 0, the base itself, takes part too."""
        record = self.folder / "best" / "step.json"
        if record.exists() and loss >= json.loads(record.read_text(encoding="utf-8"))["loss"]:
            return
        fresh = self.folder / "best.new"
        model: Any = self.model
        model.save_pretrained(str(fresh))
        (fresh / "step.json").write_text(json.dumps({"step": self.state.global_step, "loss": loss}), encoding="utf-8")
        shutil.rmtree(self.folder / "best", ignore_errors=True)
        fresh.replace(self.folder / "best")

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        whole = self.folder / f"checkpoint-{self.state.global_step}" / COMPLETE
        write_atomically(whole, str(self.seconds).encode("ascii"))
        kept = sorted(self.folder.glob("checkpoint-*"), key=lambda p: int(p.name.split("-")[1]))
        for old in kept[:-KEPT_CHECKPOINTS]:
            shutil.rmtree(old)


class _Rhythm(TrainerCallback):
    """When to validate and save: every few steps and at each epoch's end; and tells each point when it is complete."""

    def __init__(self, every: int, report: Callable[[Point], None]) -> None:
        self.every, self.report = every, report
        self._told = 0

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step % self.every == 0:
            control.should_evaluate = control.should_save = True

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step % self.every != 0:
            control.should_evaluate = control.should_save = True

    def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A step's training and validation figures are logged, and so told, one after the other."""
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
        eval_on_start=True,
        use_cpu=device == "cpu",
        disable_tqdm=True,
        report_to=[],
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )
