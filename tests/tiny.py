"""A model, data and a project directory small enough to run everything for real in a second."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ftexp.cli import main
from ftexp.data import jsonl
from ftexp.data.messages import Example, Message

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
END_OF_TURN = "<|im_end|>"
CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are helpful<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
PLACES = ("Taipei", "Tainan", "Hualien", "Kaohsiung", "Taichung", "Keelung")
QUESTIONS = {
    "When does the shop in {} open?": "The shop in {} opens at nine.",
    "How do I get to {}?": "Take the train to {}.",
    "Who answers the phone in {}?": "Our team in {} does.",
    "Do you ship to {}?": "Yes, we ship to {} in two days.",
    "What is the rent in {}?": "The rent in {} is low.",
    "Is it raining in {}?": "No, it is dry in {}.",
    "Can I park in {}?": "There is a car park in {}.",
    "Why is {} famous?": "People like the food in {}.",
    "Which bus goes to {}?": "Bus nine goes to {}.",
    "How big is {}?": "Nobody has measured {}.",
}


# A sweep of four runs.
FOUR_RUNS = ("-m", "seed=0,1", "hyperparameters.n_epochs=1,2", "eval.few_shot=1")


def chat(question: str, answer: str, origin: str = "chat") -> Example:
    return Example((Message("user", question), Message("assistant", answer)), origin)


def chats(count: int = 60) -> tuple[Example, ...]:
    """Free-text questions and answers, no prompt twice."""
    pairs = [(q.format(place), a.format(place)) for place in PLACES for q, a in QUESTIONS.items()]
    return tuple(chat(q, a, f"chats.jsonl line {n}") for n, (q, a) in enumerate(pairs[:count], start=1))


def pairs(count: int = 60) -> tuple[Example, ...]:
    """The same with an answer that tells nothing beside each right one."""
    shrugs = ("I can not say.", "Who knows.", "No idea, sorry.")
    return tuple(replace(e, rejected=Message("assistant", shrugs[n % 3])) for n, e in enumerate(chats(count)))


def write_chats(path: Path, count: int = 60) -> Path:
    jsonl.write(path, chats(count))
    return path


def write_tokenizer(directory: Path, template: str | None = CHATML) -> None:
    """A byte-level BPE of 512 tokens, and a chat template like SmolLM2's."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=512, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator((m.content for e in chats() for m in e.messages), trainer)
    tokenizer.save(str(directory / "tokenizer.json"))
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|im_start|>",
        "eos_token": END_OF_TURN,
        "pad_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
    } | ({"chat_template": template} if template else {})
    (directory / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")


def write_model(directory: Path, seed: int = 1) -> Path:
    """A random Llama of 35,000 parameters. Its end-of-turn token is made likely, so that some answers end and some don't."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    directory.mkdir()
    write_tokenizer(directory)
    shape = LlamaConfig(
        vocab_size=512,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.2,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = LlamaForCausalLM(shape).eval()
    with torch.no_grad():
        model.get_input_embeddings().weight[2] *= 1.8
    model.save_pretrained(str(directory))
    return directory


@dataclass(frozen=True)
class Said:
    """What one command came to."""

    code: int
    out: str
    err: str

    @property
    def run(self) -> str:
        """The id of the run that was told about."""
        return re.findall(r"ftexp ui ([0-9a-f]{10})", self.out)[-1]


def ftexp(*words: str) -> Said:
    """A command, in this process."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(word) for word in words])
    return Said(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Project:
    """A project directory with `chats.jsonl` in it; commands run in the current directory, which it is."""

    path: Path
    model: Path

    @property
    def overrides(self) -> list[str]:
        """A run of a second."""
        return [
            "model=local",
            f"model.provider.path={self.model}",
            "model.provider.dtype=float32",
            "model.provider.threads=1",
            "model.provider.lora.learning_rate=0.02",
            "dataset=jsonl",
            "dataset.path=chats.jsonl",
            "hyperparameters.n_epochs=1",
            "hyperparameters.batch_size=8",
            "hyperparameters.learning_rate_multiplier=1.0",
            "eval.generation.max_new_tokens=4",
        ]

    def run(self, *words: str) -> Said:
        return ftexp("run", *self.overrides, *words)


@dataclass(frozen=True)
class Finished:
    """A project with one finished run. Tests that change it take `copy_of_finished`."""

    project: Project
    said: Said


@contextmanager
def new_project(path: Path, model: Path, database: Path | None) -> Iterator[Project]:
    """`path` as the current directory, with caches of its own; `database` is an empty MLflow store to begin with."""
    path.mkdir()
    write_chats(path / "chats.jsonl")
    if database:
        shutil.copy(database, path / "mlflow.db")
    with in_project(path):
        yield Project(path, model)


@contextmanager
def in_project(path: Path) -> Iterator[None]:
    """Nothing outside `path` is written, and tables are as wide as they like."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.setenv("FTEXP_CACHE", str(path / "cache"))
        patch.setenv("TIKTOKEN_CACHE_DIR", str(path / "cache" / "tiktoken"))
        patch.setenv("COLUMNS", "240")
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        yield
