"""From a prepared run to what it takes: its prompts counted, with the prices, the measured rates, and the key of each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ftexp.backends.embedded import cache_root
from ftexp.backends.opening import LocalModel, Opening
from ftexp.backends.providers import OpenAIProvider
from ftexp.cost import Asking, Estimate, Kind, Rate, Work, on_a_service, on_this_machine
from ftexp.data.messages import Example, Message
from ftexp.evaluation.items import Item, Prompts
from ftexp.evaluation.suites import Evaluation
from ftexp.keys import Keys
from ftexp.state import State
from ftexp.tokens import hosted_counter, offline_encoding
from ftexp.values import Value, digest

if TYPE_CHECKING:
    from ftexp.run import Prepared

VALIDATION = "validation"  # the subject: the tuned model on the validation examples


class Said(Value):
    """Tokens of all prompts together, and of all references."""

    items: int
    prompts: int
    references: int


def count_asked(model: Opening, prompts: Prompts, items: Sequence[Item], validation: Sequence[Item]) -> dict[str, Said]:
    """By subject; empty where no tokenizer is at hand."""
    if model.local is None and model.price is None:
        return {}
    prompt, text = _counters(model)
    references = sum(text(i.reference) for i in items)
    found = {str(s): Said(items=len(items), prompts=sum(map(prompt, asked)), references=references) for s, asked in prompts.items()}
    there = [i.prompt for i in validation]
    said = Said(items=len(there), prompts=sum(map(prompt, there)), references=sum(text(i.reference) for i in validation))
    return {**found, VALIDATION: said}


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
    work, cost = work_of(p, keys), p.config.cost
    provider = p.config.model.provider
    if isinstance(provider, OpenAIProvider):
        return on_a_service(work, p.model.price, cost.retries)

    def rate(name: str) -> Rate | None:
        return state.journal.throughput(name) if state.exists and name else None

    return on_this_machine(work, rate, provider.usd_per_hour)


def work_of(p: Prepared, keys: Keys | None) -> Work:
    by_part = _keys(keys) if keys else _hosted_keys(p)
    asked = tuple(_asking(p, kind, subject, by_part) for kind, subject in _wanted(p.config.evaluation, p.prompts) if subject in p.asked)
    rate = p.model.local.work if p.model.local else ""
    return Work(by_part["training"], len(p.data.splits.train), p.model.tokens, p.hyperparameters.n_epochs, asked, rate)


def _wanted(evaluation: Evaluation, prompts: Prompts) -> list[tuple[Kind, str]]:
    found: list[tuple[Kind, str]] = [("answers", str(s)) for s in prompts]
    found += [("loss", str(s)) for s in prompts] if evaluation.needs_losses() else []
    there: Kind = "loss" if evaluation.headline_is_loss else "answers"
    return found + ([(there, VALIDATION)] if evaluation.measure_validation else [])


def _asking(p: Prepared, kind: Kind, subject: str, keys: dict[str, str]) -> Asking:
    said, generation = p.asked[subject], p.config.evaluation.generation
    rate = rate_name(p.model.local, kind, subject, generation.batch_size) if p.model.local else ""
    key = keys.get(f"{kind}: {subject}", "")
    return Asking(kind, subject, key, said.items, said.prompts, said.references, generation.max_new_tokens, rate)


def rate_name(model: LocalModel, kind: Kind, subject: str, batch_size: int) -> str:
    """What answering or measuring is timed under: like work goes at a like rate, and the tuned model's is one whatever it answers."""
    return f"{model.work} {kind} {'tuned' if subject == VALIDATION else subject} {batch_size}"


def _keys(keys: Keys) -> dict[str, str]:
    answers = {f"answers: {s}": k.value for s, k in keys.answers.items()}
    losses = {f"loss: {s}": k.value for s, k in keys.losses.items()}
    there = {f"{kind}: {VALIDATION}": keys.validation.value for kind in ("answers", "loss")} if keys.validation else {}
    return {"training": keys.train.value, **answers, **losses, **there}


def _hosted_keys(p: Prepared) -> dict[str, str]:
    """What tells hosted steps apart, until there are such steps."""
    c, data = p.config, p.data.digests
    values = p.hyperparameters.model_copy(update={"preset": None})
    train = digest("hosted", c.model.provider, data["train"], data["validation"], c.training.method, values, c.seed, c.replicate)
    base = digest("hosted", c.model.provider, c.replicate)
    keys = {"training": train}
    for subject in (*p.prompts, VALIDATION):
        of = train if subject in ("tuned", VALIDATION) else base
        shown = (data["train"], c.evaluation.few_shot) if subject == "few_shot" else ()
        keys[f"answers: {subject}"] = digest(of, subject, data["test"], data["validation"], shown, c.evaluation.generation)
    return keys
