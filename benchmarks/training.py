"""Tokens a second in training, against TRL's SFTTrainer, and as a share of what the processor's matrix unit can do.

    python benchmarks/training.py [--quick]

Both sides get the same token ids and labels in the same order (same seed), bfloat16 weights, eager attention, no gradient
checkpointing, the same LoRA, the same optimizer and schedule, a log line each step, and at the start and each epoch's end one
validation example and one checkpoint. Timed is the whole call that trains; that is for ftexp also putting the adapters on,
for TRL not. Tokens are those of the examples, padding not counted. The mean training losses are shown beside each other:
they must be near, or the two did not do the same work.

The share of the matrix limit counts the multiplications that the examples need, at two operations each (Kaplan et al. 2020,
arXiv 2001.08361, section 2.1), with the frozen parts left out. For an example of T tokens, of which S are learned:
every layer forward: T * (2 * its weights + 4 * T * heads * head size); a layer with adapters backward: T * (2 * its weights
+ 8 * T * heads * head size), since frozen weights get no gradient; adapters: T * 6 * their weights; the head, on learned
tokens only: S * 4 * vocabulary * width. Work that is saved (as by keeping what frozen layers gave) still counts. The limit
is the best of bare products in the shapes of the model's layers, taken before every turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal

import torch
from datasets import Dataset
from peer_rounds import hush, quick_wanted, quickstart, ratio, rounds, show_aim, show_machine, show_rounds
from peft import LoraConfig
from torch.nn.functional import linear
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, set_seed
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from ftexp.backends.local.answers_only import IGNORED
from ftexp.backends.local.chat import Encoded
from ftexp.backends.local.job import Job, sequences_of, tokens_of
from ftexp.backends.local.model import LocalModel

AIM = 1.5
BATCH_SIZE = 4


@dataclass(frozen=True)
class Size:
    """Of one side of one round."""

    rounds: int
    epochs: int
    steps_per_epoch: int

    @property
    def steps_in_all(self) -> int:
        return 2 * self.rounds * self.epochs * self.steps_per_epoch


FULL, QUICK = Size(rounds=5, epochs=3, steps_per_epoch=8), Size(rounds=1, epochs=2, steps_per_epoch=5)


@dataclass(frozen=True)
class Measured:
    tokens_per_second: float
    mean_loss: float


def main() -> None:
    size = QUICK if quick_wanted("ftexp's training against TRL's") else FULL
    subject = quickstart()
    local = subject.local
    job = subject.local.job(subject.prepared.hyperparameters, 0, subject.prepared.config.training)
    torch.set_num_threads(local.machine.threads)
    hush()
    show_machine(local.machine.threads, "torch", "transformers", "peft", "trl")
    print(f"{local.name}, {local.machine.dtype}, {size.steps_in_all} steps for each table, batch {BATCH_SIZE}")
    for layers in (10, "all"):
        compare(local, shortened(job, size, "all" if layers == "all" else 10), size)


def shortened(job: Job, size: Size, layers: int | Literal["all"]) -> Job:
    examples = job.train[: BATCH_SIZE * size.steps_per_epoch]
    lora = job.lora.model_copy(update={"layers": layers})
    return replace(job, train=examples, validation=job.validation[:1], n_epochs=size.epochs, batch_size=BATCH_SIZE, lora=lora)


def compare(local: LocalModel, job: Job, size: Size) -> None:
    limits: list[float] = []
    losses: dict[str, list[float]] = {"ftexp": [], "TRL": []}

    def ours(number: int) -> float:
        limits.append(matrix_limit(local, job))
        found = trained_by_ftexp(local, replace(job, seed=number))
        losses["ftexp"].append(found.mean_loss)
        return found.tokens_per_second

    def peer(number: int) -> float:
        limits.append(matrix_limit(local, job))
        found = trained_by_trl(local, replace(job, seed=number))
        losses["TRL"].append(found.mean_loss)
        return found.tokens_per_second

    found = list(rounds(size.rounds, ours, peer))
    show_rounds(f"training, layers={job.lora.layers}", "TRL SFTTrainer", found)
    print("  mean training loss: " + ", ".join(f"{side} {fmean(values):.4f}" for side, values in losses.items()))
    sides = {"ftexp": median(r.ours for r in found), "TRL": median(r.peer for r in found)}
    show_share(local, job, sides, max(limits))
    show_aim(f"{AIM} times TRL", ratio(found) >= AIM)


def show_share(local: LocalModel, job: Job, sides: dict[str, float], limit: float) -> None:
    per_token = sum(flops(local, job, e) for e in sequences_of(job.train)) / tokens_of(job.train)
    print(f"  {local.machine.dtype} matrix limit {limit / 1e9:.0f} GFLOP/s; {per_token / 1e6:.0f} MFLOP a token")
    print("  share of it reached, median: " + ", ".join(f"{side} {per_token * rate / limit:.0%}" for side, rate in sides.items()))


def trained_by_ftexp(local: LocalModel, job: Job) -> Measured:
    with TemporaryDirectory() as folder:
        found = local.backend().train(job, Path(folder), lambda point: None)
    losses = [p.figures["train/loss"] for p in found.curve if "train/loss" in p.figures]
    return Measured(job.tokens / found.seconds, fmean(losses))


def trained_by_trl(local: LocalModel, job: Job) -> Measured:
    set_seed(job.seed)
    with TemporaryDirectory() as folder:
        trainer: Any = SFTTrainer(
            model=fresh_model(local),
            args=arguments(job, folder),
            train_dataset=dataset(sequences_of(job.train)),
            eval_dataset=dataset(sequences_of(job.validation)),
            processing_class=AutoTokenizer.from_pretrained(str(local.directory)),
            peft_config=lora(local, job),
        )
        trainer.remove_callback(PrinterCallback)
        started = perf_counter()
        trainer.train()
        seconds = perf_counter() - started
    return Measured(job.tokens / seconds, fmean(entry["loss"] for entry in trainer.state.log_history if "loss" in entry))


def fresh_model(local: LocalModel) -> Any:
    dtype = getattr(torch, local.machine.dtype)
    return AutoModelForCausalLM.from_pretrained(str(local.directory), dtype=dtype, attn_implementation="eager")


def dataset(examples: tuple[Encoded, ...]) -> Dataset:
    return Dataset.from_list([{"input_ids": list(e.ids), "labels": labels(e)} for e in examples])


def labels(example: Encoded) -> list[int]:
    return [token if learned else IGNORED for token, learned in zip(example.ids, example.learned, strict=True)]


def lora(local: LocalModel, job: Job) -> LoraConfig:
    layers = layer_count(local)
    return LoraConfig(
        r=job.lora.rank,
        lora_alpha=int(job.lora.alpha),
        lora_dropout=job.lora.dropout,
        target_modules=list(job.lora.target_modules),
        layers_to_transform=None if job.lora.layers == "all" else list(range(layers - job.lora.layers, layers)),
        task_type="CAUSAL_LM",
    )


def arguments(job: Job, folder: str) -> SFTConfig:
    return SFTConfig(
        output_dir=folder,
        num_train_epochs=job.n_epochs,
        per_device_train_batch_size=job.batch_size,
        learning_rate=job.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=round(job.steps * job.lora.warmup_share),
        weight_decay=job.lora.weight_decay,
        max_grad_norm=job.lora.max_gradient_norm,
        seed=job.seed,
        data_seed=job.seed,
        max_length=None,
        bf16=False,  # no autocast on top of bfloat16 weights
        gradient_checkpointing=False,
        use_cpu=True,
        logging_steps=1,
        eval_on_start=True,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        disable_tqdm=True,
        report_to=[],
        dataloader_pin_memory=False,
    )


def matrix_limit(local: LocalModel, job: Job) -> float:
    """FLOP/s of bare products in the shapes of one layer, with the tokens of one batch; the best of three tries."""
    tokens = job.batch_size * max(len(e.ids) for e in sequences_of(job.train))
    dtype = getattr(torch, local.machine.dtype)
    weights = [torch.randn(out, into, dtype=dtype) for into, out in layer_shapes(local)]
    inputs = {into: torch.randn(tokens, into, dtype=dtype) for into, _ in layer_shapes(local)}
    operations = 2 * tokens * sum(w.numel() for w in weights)
    return max(operations * 30 / seconds_of_products(weights, inputs, times=30) for _ in range(3))


def seconds_of_products(weights: list[torch.Tensor], inputs: dict[int, torch.Tensor], times: int) -> float:
    started = perf_counter()
    with torch.inference_mode():
        for _ in range(times):
            for weight in weights:
                linear(inputs[weight.shape[1]], weight)
    return perf_counter() - started


def flops(local: LocalModel, job: Job, example: Encoded) -> float:
    """Of one pass over one example, forward and backward; see the top of this file."""
    c, tokens = model_config(local), len(example.ids)
    adapted = c.num_hidden_layers if job.lora.layers == "all" else job.lora.layers
    weights = sum(into * out for into, out in layer_shapes(local))
    attention = 4 * tokens * c.num_attention_heads * c.head_dim
    adapters = sum(job.lora.rank * (into + out) for into, out in layer_shapes(local))
    forward = tokens * c.num_hidden_layers * (2 * weights + attention)
    backward = tokens * adapted * (2 * weights + 2 * attention)
    return float(forward + backward + tokens * adapted * 6 * adapters + example.learned_count * 4 * c.vocab_size * c.hidden_size)


def layer_shapes(local: LocalModel) -> Iterator[tuple[int, int]]:
    """Inputs and outputs of the seven matrices of a Llama layer."""
    c = model_config(local)
    queries, keys = c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim
    yield from ((c.hidden_size, queries), (c.hidden_size, keys), (c.hidden_size, keys), (queries, c.hidden_size))
    yield from ((c.hidden_size, c.intermediate_size), (c.hidden_size, c.intermediate_size), (c.intermediate_size, c.hidden_size))


def layer_count(local: LocalModel) -> int:
    return int(model_config(local).num_hidden_layers)


def model_config(local: LocalModel) -> Any:
    from transformers import LlamaConfig

    return LlamaConfig.from_pretrained(str(local.directory))


if __name__ == "__main__":
    main()
