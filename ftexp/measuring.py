"""How fast this machine trains, answers and measures losses: a little of each real kind of work, timed and kept for estimates."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ftexp.backends.local.backend import LocalBackend
from ftexp.backends.local.job import tokens_of
from ftexp.backends.local.model import LocalModel
from ftexp.backends.local.timing import timed_training
from ftexp.cost import PAIRS
from ftexp.data.messages import Example, Message
from ftexp.estimating import rate_name
from ftexp.evaluation.asking import Ask, asks
from ftexp.run import Prepared
from ftexp.state import State

ITEMS = 8  # of each subject; fewer than a batch, so the rate is rather too low than too high


def measure(p: Prepared, model: LocalModel, state: State, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """What was timed, as the name of its rate and a line to be told. Rates that are `known` aren't timed again."""
    if model.training_work in known:
        return
    backend, job = model.backend(), model.job(p.hyperparameters, p.config.seed, p.config.training)
    with TemporaryDirectory(prefix="ftexp-measure-") as folder:
        training = timed_training(backend, job, Path(folder))
        state.journal.measured(model.training_work, training.tokens_per_second)
        yield model.training_work, f"{training.steps} training steps at {training.tokens_per_second:.0f} tokens/s"
        if model.test_pairs:
            some = model.test_pairs[:ITEMS]
            rate = 2 * tokens_of(some) / backend.margins(training.adapter, None, some, 1.0, _unwatched).seconds
            state.journal.measured(model.pairs_work, rate)
            yield model.pairs_work, f"{PAIRS} at {rate:.0f} tokens/s"
        for ask in asks(p.config.evaluation, p.questions):
            name = rate_name(model, ask)
            rate = _rate(model, backend, ask, training.adapter if ask.subject == "tuned" else None)
            state.journal.measured(name, rate)
            yield name, f"{ask.name} at {rate:.0f} tokens/s"


def _rate(model: LocalModel, backend: LocalBackend, ask: Ask, adapter: Path | None) -> float:
    """Tokens a second, those of prompts and of answers together."""
    q = ask.questions
    asked = list(zip(q.prompts[ask.subject], q.items, strict=True))
    some = asked[:: max(1, len(asked) // ITEMS)][:ITEMS]
    prompts, texts = [prompt for prompt, _ in some], [item.reference for _, item in some]
    if ask.kind == "reply_loss":
        adapter, texts = None, [r.text or "." for r in backend.answers(None, prompts, q.generation, _unwatched).replies]
    started = time.monotonic()
    if ask.kind == "answers":
        replies = backend.answers(adapter, prompts, q.generation, _unwatched).replies
        tokens = sum(r.tokens_in + r.tokens_out for r in replies)
    else:
        backend.losses(adapter, [Example((*p, Message("assistant", t)), "") for p, t in zip(prompts, texts, strict=True)], _unwatched)
        tokens = sum(len(model.tokenizer.prompt_ids(p)) + model.tokenizer.count(t) for p, t in zip(prompts, texts, strict=True))
    return tokens / (time.monotonic() - started)


def _unwatched(done: int, remark: str) -> None:
    pass
