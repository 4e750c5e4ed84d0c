"""From a prepared run to what it takes: its prompts counted, with the prices, the measured rates, and the key of each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from ftexp.backends.embedded import cache_root
from ftexp.backends.local.job import tokens_of
from ftexp.backends.local.model import LocalModel
from ftexp.backends.opening import Opening
from ftexp.backends.providers import OpenAIProvider
from ftexp.cost import PAIRS, TRAINING, Asking, Estimate, Rate, Work, on_a_service, on_this_machine
from ftexp.data.messages import Example, Message
from ftexp.evaluation.asking import Ask
from ftexp.evaluation.items import VALIDATION
from ftexp.keys import Key, Keys
from ftexp.state import State
from ftexp.tokens import hosted_counter, offline_encoding
from ftexp.values import Value

if TYPE_CHECKING:
    from ftexp.run import Prepared


class Said(Value):
    """Tokens of all prompts together, and of all references."""

    items: int
    prompts: int
    references: int


def count_asked(model: Opening, asked: Iterable[Ask]) -> dict[str, Said]:
    """By part of the evaluation; empty where no tokenizer is at hand."""
    if model.local is None and model.price is None:
        return {}
    prompt, text = _counters(model)

    def said(ask: Ask) -> Said:
        q = ask.questions
        prompts, references = sum(map(prompt, q.prompts[ask.subject])), sum(text(i.reference) for i in q.items)
        return Said(items=len(q.items), prompts=prompts, references=references)

    return {part: said(ask) for part, ask in {ask.part: ask for ask in asked}.items()}


def _counters(model: Opening) -> tuple[Callable[[tuple[Message, ...]], int], Callable[[str], int]]:
    """Of a prompt, and of a text by itself. A prompt has no doubtful part: its last 3 tokens begin the answer."""
    if model.local:
        tokenizer = model.local.tokenizer
        return lru_cache(None)(lambda prompt: len(tokenizer.prompt_ids(prompt))), tokenizer.count
    assert model.price, "checked by the caller"
    cache = cache_root() / "tiktoken"
    count, encoder = hosted_counter(model.price.encoding, cache), offline_encoding(model.price.encoding, cache)
    return lru_cache(None)(lambda prompt: count(Example(prompt, ""))), lambda text: len(encoder.encode_ordinary(text))


def estimate_of(p: Prepared, keys: Keys | None, state: State) -> Estimate:
    """Of the whole run, steps on record too. A later call may know rates that an earlier one couldn't."""
    found = _estimated(work_of(p, keys), p, state)
    return found if p.trains else found.without_training()


def _estimated(work: Work, p: Prepared, state: State) -> Estimate:
    provider = p.config.model.provider
    if isinstance(provider, OpenAIProvider):
        at_service = on_a_service(work, p.model.price, p.config.cost.retries)
        return at_service.model_copy(update={"billed": provider.is_billed, "by_us": False})

    def rate(name: str) -> Rate | None:
        return state.journal.throughput(name) if state.exists and name else None

    return on_this_machine(work, rate, provider.usd_per_hour)


def work_of(p: Prepared, keys: Keys | None) -> Work:
    by_step = _keys(p, keys) if keys else {TRAINING: ""}
    asked = tuple(_asking(p, ask, by_step.get(ask.step, "")) for ask in p.asks if ask.part in p.asked)
    local, examples, epochs = p.model.local, len(p.data.splits.train), p.hyperparameters.n_epochs
    if local is None:
        return Work(by_step[TRAINING], examples, p.model.tokens, epochs, asked)
    pairs = _pairs(local, keys.pairs) if keys and keys.pairs and p.trains else None
    return Work(by_step[TRAINING], examples, p.model.tokens, epochs, asked, local.training_work, local.reference_tokens, pairs)


def _pairs(model: LocalModel, key: Key) -> Asking:
    """Read by the tuned model, and by what it began with."""
    tokens = 2 * tokens_of(model.test_pairs)
    return Asking("loss", "tuned", key.value, len(model.test_pairs), tokens, 0, 0, model.pairs_work, PAIRS)


def _asking(p: Prepared, ask: Ask, key: str) -> Asking:
    said, most = p.asked[ask.part], ask.questions.generation.max_new_tokens
    rate = rate_name(p.model.local, ask) if p.model.local else ""
    return Asking(ask.kind, ask.subject, key, said.items, said.prompts, said.references, most, rate, ask.name)


def rate_name(model: LocalModel, ask: Ask) -> str:
    """What answering or measuring is timed under: like work goes at a like rate, and the tuned model's is one on test and validation."""
    part = "tuned" if ask.part == VALIDATION else ask.questions.name if ask.kind == "reply_loss" else ask.part
    return f"{model.work} {ask.kind} {part} {ask.questions.generation.batch_size}"


def _keys(p: Prepared, keys: Keys) -> dict[str, str]:
    there = {ask.step: keys.validation.value for ask in p.asks if ask.part == VALIDATION and keys.validation}
    return {TRAINING: keys.train.value, **{step: key.value for step, key in keys.asked.items()}, **there}
