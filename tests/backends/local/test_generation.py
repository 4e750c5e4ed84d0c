from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny import END_OF_TURN, chats

from ftexp.backends.kept import KeptBatches
from ftexp.backends.local.backend import LocalBackend
from ftexp.backends.local.generation import batch_plan
from ftexp.backends.results import Answers, Generation
from ftexp.data.messages import Message

Prompt = tuple[Message, ...]


def questions(*texts: str) -> list[Prompt]:
    return [(Message("user", text),) for text in texts]


SHARED_PREFIX = [e.prompt for e in chats()[:24]]
NO_PREFIX = [(Message("system", text), *prompt[0:1]) for text, prompt in zip("abcdefgh", SHARED_PREFIX, strict=False)]
LENGTHS = questions("Hi", "How are you today?", "What is the rent in Taipei? " * 4, "x", "你好，請問幾點開門？😀")
TWINS = questions("Hi", "Hi", "Hi there", "Hi")
PROMPTS = {"shared prefix": SHARED_PREFIX, "no prefix": NO_PREFIX, "lengths": LENGTHS, "twins": TWINS, "alone": LENGTHS[:1]}


@pytest.fixture(scope="module")
def model(backend: LocalBackend) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(str(backend.directory)).eval()


def answers(backend: LocalBackend, prompts: list[Prompt], batch_size: int = 5, max_new_tokens: int = 12) -> Answers:
    return backend.answers(None, prompts, Generation(max_new_tokens=max_new_tokens, batch_size=batch_size), lambda *_: None)


def one_by_one(model: Any, backend: LocalBackend, prompts: list[Prompt], max_new_tokens: int = 12) -> list[str]:
    """transformers' own greedy answers."""
    import torch

    found = []
    for prompt in prompts:
        ids = torch.tensor([backend.tokenizer.prompt_ids(prompt)])
        output = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=max_new_tokens, eos_token_id=2, pad_token_id=0
        )
        found.append(backend.tokenizer.decode(output[0, ids.shape[1] :].tolist()))
    return found


@pytest.mark.parametrize("batch_size", [1, 5, 64])
@pytest.mark.parametrize("case", PROMPTS)
def test_answers_equal_those_of_transformers_one_by_one(case: str, batch_size: int, backend: LocalBackend, model: Any) -> None:
    found = answers(backend, PROMPTS[case], batch_size)
    assert [r.text for r in found.replies] == one_by_one(model, backend, PROMPTS[case])


def test_an_answer_ends_at_the_end_of_the_turn_or_at_its_longest(backend: LocalBackend) -> None:
    lengths = [r.tokens_out for r in answers(backend, SHARED_PREFIX).replies]
    assert max(lengths) == 12
    assert 0 < min(lengths) < 12
    assert {r.tokens_out for r in answers(backend, SHARED_PREFIX, max_new_tokens=1).replies} == {1}


def test_a_reply_says_what_it_took(backend: LocalBackend) -> None:
    replies = answers(backend, LENGTHS).replies
    assert [r.tokens_in for r in replies] == [len(backend.tokenizer.prompt_ids(p)) for p in LENGTHS]
    assert not any(END_OF_TURN in r.text for r in replies)


def test_progress_is_told_up_to_the_last_answer(backend: LocalBackend) -> None:
    reached: list[int] = []
    backend.answers(None, LENGTHS, Generation(max_new_tokens=2, batch_size=2), lambda done, _: reached.append(done))
    assert reached == [2, 4, 5]


def test_the_plan_has_every_prompt_once_and_keeps_like_lengths_together() -> None:
    prompts = [(0,) * length for length in (3, 9, 1, 9, 4, 7, 3)]
    plan = batch_plan(prompts, 3)
    assert plan == ((1, 3, 5), (4, 0, 6), (2,))
    assert plan == batch_plan(list(prompts), 3)


def test_answers_come_with_the_plan_that_they_were_made_by(backend: LocalBackend) -> None:
    ids = [backend.tokenizer.prompt_ids(p) for p in LENGTHS]
    assert answers(backend, LENGTHS, batch_size=2).batch_plan == batch_plan(ids, 2)


def test_the_base_answers_the_same_after_a_tuned_model_was_asked(backend: LocalBackend, tuned: Any) -> None:
    generation = Generation(max_new_tokens=12, batch_size=8)
    found = (backend.answers(a, SHARED_PREFIX, generation, lambda *_: None).replies for a in (None, tuned, None))
    before, with_adapter, after = ([r.text for r in replies] for replies in found)
    assert before == after != with_adapter


@pytest.fixture(scope="module")
def tuned(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A random adapter."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("adapter")
    base = AutoModelForCausalLM.from_pretrained(model.config._name_or_path)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        adapted = get_peft_model(base, LoraConfig(r=4, lora_alpha=64, target_modules=["q_proj", "v_proj"], init_lora_weights=False))
    adapted.save_pretrained(str(folder))
    return folder


def test_batches_that_were_kept_are_not_generated_again(backend: LocalBackend, tmp_path: Path) -> None:
    whole = answers(backend, LENGTHS, batch_size=2)
    kept = KeptBatches(tmp_path / "batches.jsonl")
    told: list[int] = []

    def cut_off(done: int, _: str) -> None:
        told.append(done)
        if len(told) == 2:
            raise KeyboardInterrupt

    generation = Generation(max_new_tokens=12, batch_size=2)
    with pytest.raises(KeyboardInterrupt):
        backend.answers(None, LENGTHS, generation, cut_off, kept)
    with kept.path.open("ab") as file:
        file.write(b'{"number": 2, "rep')  # cut off while it was written
    assert sorted(kept.read()) == [0, 1]
    again = backend.answers(None, LENGTHS, generation, lambda done, _: told.append(done), kept)
    assert told[2] == 5, "the first two batches were there"
    assert [r.text for r in again.replies] == [r.text for r in whole.replies]
    assert len(kept.read()) == len(again.batch_plan)
