"""Tokens a second in answering, against transformers' `generate` one prompt at a time, and in batches of the same size.

    python benchmarks/generation.py [--quick]

All three have the same float32 weights, the same fused attention, the same prompts, and answer greedily. Asked are the
quickstart's test items, once bare (`base`) and once behind three examples (`few_shot`). Ours answers all items in every round;
one at a time, each round takes another part of them, so that the rounds together cover all and their texts can be compared.
Counted are generated tokens without the one that ends an answer; reading the prompt is in the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import torch
from peer_rounds import hush, quick_wanted, quickstart, ratio, rounds, show_aim, show_machine, show_rounds
from transformers import AutoModelForCausalLM

from ftexp.backends.local.backend import LocalBackend
from ftexp.backends.local.model import LocalModel
from ftexp.backends.results import Generation
from ftexp.data.messages import Message
from ftexp.evaluation.items import SubjectName

AIM = 4.0
PAD_ID = 0  # any id: the mask says what is padding


@dataclass(frozen=True)
class Size:
    items: int
    max_new_tokens: int
    rounds: int


FULL, QUICK = Size(items=40, max_new_tokens=48, rounds=4), Size(items=8, max_new_tokens=12, rounds=2)


@dataclass
class Contest:
    """One set of prompts before all three; gathers the texts by item, to be compared at the end."""

    backend: LocalBackend
    peer_model: Any
    prompts: Sequence[Sequence[Message]]
    size: Size
    texts: dict[str, dict[int, str]] = field(default_factory=lambda: {"ftexp": {}, "one by one": {}, "batched": {}})

    def ours(self, number: int) -> float:
        generation = Generation(max_new_tokens=self.size.max_new_tokens, batch_size=self.size.items)
        found = self.backend.answers(None, self.prompts, generation, lambda done, remark: None)
        self.texts["ftexp"] |= {i: reply.text for i, reply in enumerate(found.replies)}
        return sum(reply.tokens_out for reply in found.replies) / found.seconds

    def one_by_one(self, number: int) -> float:
        return self._generated("one by one", [[i] for i in range(number, len(self.prompts), self.size.rounds)])

    def batched(self, number: int) -> float:
        return self._generated("batched", [list(range(len(self.prompts)))])

    def equal_to_ours(self, peer: str) -> int:
        return sum(self.texts["ftexp"][i] == text for i, text in self.texts[peer].items())

    def _generated(self, peer: str, batches: Sequence[Sequence[int]]) -> float:
        started, tokens = perf_counter(), 0
        for batch in batches:
            answers = generate(self.peer_model, self.backend, [self.prompts[i] for i in batch], self.size.max_new_tokens)
            tokens += sum(map(len, answers))
            self.texts[peer] |= {i: self.backend.tokenizer.decode(a) for i, a in zip(batch, answers, strict=True)}
        return tokens / (perf_counter() - started)


def main() -> None:
    size = QUICK if quick_wanted("ftexp's answers against transformers' generate") else FULL
    subject = quickstart()
    local = subject.local
    hush()
    show_machine(local.machine.threads, "torch", "transformers")
    print(f"{local.name}, float32, {size.items} items, at most {size.max_new_tokens} new tokens")
    backend, peer_model = warm(local)
    for name in ("base", "few_shot"):
        compare(name, Contest(backend, peer_model, subject.prepared.prompts[name][: size.items], size))


def warm(local: LocalModel) -> tuple[LocalBackend, Any]:
    """Both sides with their weights loaded and a first answer given."""
    backend, hello = local.backend(), (Message("user", "Hello"),)
    backend.answers(None, [hello], Generation(max_new_tokens=2, batch_size=1), lambda done, remark: None)
    model: Any = AutoModelForCausalLM.from_pretrained(str(local.directory), dtype=torch.float32, attn_implementation="sdpa")
    generate(model.eval(), backend, [hello], max_new_tokens=2)
    return backend, model


def compare(name: SubjectName, contest: Contest) -> None:
    one_by_one = list(rounds(contest.size.rounds, contest.ours, contest.one_by_one))
    show_rounds(f"answering, {name}", "one by one", one_by_one)
    show_aim(f"{AIM:g} times one by one", ratio(one_by_one) >= AIM)
    batched = list(rounds(contest.size.rounds, contest.ours, contest.batched))
    show_rounds(f"answering, {name}", "batched", batched)
    for peer in ("one by one", "batched"):
        print(f"  texts equal to those {peer}: {contest.equal_to_ours(peer)} of {len(contest.texts[peer])}")


def generate(model: Any, backend: LocalBackend, prompts: Sequence[Sequence[Message]], max_new_tokens: int) -> list[list[int]]:
    """Answers by transformers' own loop, prompts padded on the left, the ending token cut off."""
    ids = [backend.tokenizer.prompt_ids(p) for p in prompts]
    longest, end = max(map(len, ids)), backend.tokenizer.end_of_turn()
    found = model.generate(
        input_ids=torch.tensor([(PAD_ID,) * (longest - len(i)) + i for i in ids]),
        attention_mask=torch.tensor([(0,) * (longest - len(i)) + (1,) * len(i) for i in ids]),
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=end,
        pad_token_id=PAD_ID,
    )
    return [up_to(end, row) for row in found[:, longest:].tolist()]


def up_to(end: int, tokens: list[int]) -> list[int]:
    return tokens[: tokens.index(end)] if end in tokens else tokens


if __name__ == "__main__":
    main()
