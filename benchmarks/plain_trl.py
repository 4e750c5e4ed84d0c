"""What sweep.py is measured against: the nine runs by a plain TRL script, one after another. python plain_trl.py PLAN.json

Each run loads the model, answers with it bare and with examples in the prompt, trains with TRL's SFTTrainer, and answers with
what came out, in batches by transformers' `generate`: what a careful script does that knows nothing of the run before.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from peer_rounds import hush
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, set_seed
from trl.trainer.sft_trainer import SFTTrainer

Chat = list[dict[str, str]]


def main(plan: dict[str, Any]) -> None:
    torch.set_num_threads(plan["threads"])
    hush()
    for run in plan["runs"]:
        print(f"{run['name']}: tuned {carried_out(plan, run):.3f}", flush=True)


def carried_out(plan: dict[str, Any], run: dict[str, Any]) -> float:
    """The share of test items that the tuned model answers exactly."""
    from peft import LoraConfig
    from trl.trainer.sft_config import SFTConfig

    set_seed(run["seed"])
    model, tokenizer = loaded(plan["model"], plan["dtype"]), AutoTokenizer.from_pretrained(plan["model"])
    for prompts in (plan["test"]["prompts"], plan["test"]["few_shot"]):
        answers(model, tokenizer, prompts, plan)
    with TemporaryDirectory() as folder:
        trainer: Any = SFTTrainer(
            model=model,
            args=SFTConfig(output_dir=folder, **run["arguments"]),
            train_dataset=dataset(plan["train"]),
            eval_dataset=dataset(plan["validation"]),
            processing_class=tokenizer,
            peft_config=LoraConfig(**plan["lora"]),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    tuned = trainer.model.merge_and_unload().float()
    answers(tuned, tokenizer, plan["asked_for_selection"], plan)
    said = answers(tuned, tokenizer, plan["test"]["prompts"], plan)
    right: list[bool] = [a.strip() == wanted for a, wanted in zip(said, plan["test"]["references"], strict=True)]
    return sum(right) / len(right)


def loaded(directory: str, dtype: str) -> Any:
    return AutoModelForCausalLM.from_pretrained(directory, dtype=getattr(torch, dtype), attn_implementation="eager")


def dataset(examples: list[dict[str, list[int]]]) -> Any:
    from datasets import Dataset

    return Dataset.from_list(examples)


def answers(model: Any, tokenizer: Any, prompts: list[Chat], plan: dict[str, Any]) -> list[str]:
    """Greedy, in batches padded on the left."""
    tokenizer.padding_side = "left"
    texts = [tokenizer.apply_chat_template(p, tokenize=False, add_generation_prompt=True) for p in prompts]
    said: list[str] = []
    for i in range(0, len(texts), plan["batch_size"]):
        asked = tokenizer(texts[i : i + plan["batch_size"]], return_tensors="pt", padding=True, add_special_tokens=False)
        with torch.inference_mode():
            found = model.eval().generate(**asked, do_sample=False, max_new_tokens=plan["max_new_tokens"])
        said += tokenizer.batch_decode(found[:, asked["input_ids"].shape[1] :], skip_special_tokens=True)
    return said


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
