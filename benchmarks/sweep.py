"""Nine runs of epochs by learning rates: `ftexp run -m` with joblib, against a plain TRL script that does them one by one.

    python benchmarks/sweep.py [--quick]

Both do the same nine times: the same examples, LoRA, optimizer, schedule and batches, validation and a checkpoint each epoch,
greedy answers of base, few-shot and tuned to the test items, and of tuned to the validation items. The script (plain_trl.py)
has all cores for each run and loads torch once; ftexp has a fresh directory, and a thread for each of its processes. Timed are
the whole processes; ftexp's also reads, checks, prices, records and ranks. The scores are shown beside each other: they
must be near, or the two did not do the same work.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from peer_rounds import quick_wanted, show_aim, show_machine
from training import arguments, labels, lora

from ftexp.backends.local.chat import Encoded
from ftexp.backends.local.job import sequences_of
from ftexp.data.messages import Message
from ftexp.run import Prepared, Record
from ftexp.state import State
from ftexp.sweep.expand import expand
from ftexp.sweep.prepared import PreparedSweep, prepare_sweep
from ftexp.sweep.results import find_sweep

AIM = 0.5  # of the script's time
ARGUMENTS = """
num_train_epochs per_device_train_batch_size learning_rate lr_scheduler_type warmup_steps weight_decay max_grad_norm seed data_seed
max_length bf16 gradient_checkpointing use_cpu logging_steps eval_on_start eval_strategy save_strategy save_total_limit
disable_tqdm report_to dataloader_pin_memory
"""


@dataclass(frozen=True)
class Size:
    train: int
    validation: int
    test: int
    epochs: str


FULL, QUICK = Size(40, 24, 40, "1,3,5"), Size(12, 8, 12, "1,2,3")


def main() -> None:
    size = QUICK if quick_wanted("nine runs of a sweep, against a plain TRL script") else FULL
    words = [
        "experiment=epochs_lr_sweep",
        f"dataset.train_examples={size.train}",
        f"dataset.validation_examples={size.validation}",
        f"dataset.test_examples={size.test}",
        f"hyperparameters.n_epochs={size.epochs}",
    ]
    show_machine(os.cpu_count() or 1, "hydra-joblib-launcher", "torch", "transformers", "peft", "trl", "mlflow")
    print(f"nine runs, epochs {size.epochs}, {size.train} / {size.validation} / {size.test} examples")
    with TemporaryDirectory() as folder:
        ours = timed([sys.executable, "-m", "ftexp", "run", "-m", *words], Path(folder))
        scores = scores_of(Path(folder))
    print(f"  ftexp with joblib     {ours:7.1f} s   tuned, exact: {' '.join(f'{s:.3f}' for s in scores)}")
    with TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps(plan_of(prepare_sweep(expand(words, Path(folder), True), State(Path(folder))))), encoding="utf-8")
        script = Path(__file__).parent / "plain_trl.py"
        peer = timed([sys.executable, str(script), str(plan)], Path(folder))
    print(f"  plain TRL, one by one {peer:7.1f} s")
    print(f"  ftexp takes {ours / peer:.2f} of the script's time")
    show_aim(f"at most {AIM:g} of it", ours <= AIM * peer)


def timed(command: list[str], directory: Path) -> float:
    started = perf_counter()
    ended = subprocess.run(command, cwd=directory, capture_output=True, text=True, encoding="utf-8")
    seconds = perf_counter() - started
    if ended.returncode:
        raise SystemExit(ended.stdout + ended.stderr)
    print("".join(f"    {line}\n" for line in ended.stdout.splitlines() if ": tuned" in line), end="")
    return seconds


def scores_of(directory: Path) -> list[float]:
    """Of the tuned model of each run, in the order of the runs."""
    state = State(directory)
    runs = [state.journal.run(cell.run) for cell in find_sweep("last", state).cells]
    records = [Record.model_validate_json(run.record) for run in runs if run and run.record]
    return [r.comparison.means["tickets/exact_match"]["tuned"].value for r in records]


def plan_of(sweep: PreparedSweep) -> dict[str, Any]:
    """What the script needs to know, by the same rules as ours."""
    first = sweep.cells[0].prepared
    local, generation = first.model.local, first.config.evaluation.generation
    assert local, "the model is on this machine"
    job = local.job(first.hyperparameters, first.config.seed, first.config.training)
    settings = lora(local, job)
    return {
        "model": str(local.directory),
        "dtype": local.machine.dtype,
        "threads": os.cpu_count(),
        "batch_size": generation.batch_size,
        "max_new_tokens": generation.max_new_tokens,
        "train": [as_row(e) for e in sequences_of(job.train)],
        "validation": [as_row(e) for e in sequences_of(job.validation)],
        "asked_for_selection": [chat(i.prompt) for i in first.validation_items],
        "test": {
            "prompts": [chat(p) for p in first.prompts["base"]],
            "few_shot": [chat(p) for p in first.prompts["few_shot"]],
            "references": [i.reference for i in first.items],
        },
        "lora": {
            "r": settings.r,
            "lora_alpha": settings.lora_alpha,
            "lora_dropout": settings.lora_dropout,
            "target_modules": sorted(settings.target_modules or ()),
            "layers_to_transform": settings.layers_to_transform,
            "task_type": "CAUSAL_LM",
        },
        "runs": [run_of(cell.prepared, cell.title) for cell in sweep.cells],
    }


def run_of(p: Prepared, title: str) -> dict[str, Any]:
    assert p.model.local, "the model is on this machine"
    found = vars(arguments(p.model.local.job(p.hyperparameters, p.config.seed, p.config.training), ""))
    return {"name": title, "seed": p.config.seed, "arguments": {name: found[name] for name in ARGUMENTS.split()}}


def as_row(example: Encoded) -> dict[str, list[int]]:
    return {"input_ids": list(example.ids), "labels": labels(example)}


def chat(messages: tuple[Message, ...]) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in messages]


if __name__ == "__main__":
    main()
