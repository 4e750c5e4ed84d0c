"""How fast this machine trains, answers and measures losses: a little of each real kind of work, timed and kept for estimates."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ftexp.backends.local.backend import LocalBackend
from ftexp.backends.local.timing import timed_training
from ftexp.backends.opening import LocalModel
from ftexp.cost import Kind
from ftexp.data.messages import Example, Message
from ftexp.estimating import rate_name
from ftexp.evaluation.items import Item
from ftexp.run import Prepared
from ftexp.state import State

ITEMS = 8  # of each subject; fewer than a batch, so the rate is rather too low than too high


def measure(p: Prepared, model: LocalModel, state: State, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """What was timed, as the name of its rate and a line to be told. Rates that are `known` aren't timed again."""
    if model.work in known:
        return
    backend, job = model.backend(), model.job(p.hyperparameters, p.config.seed, p.config.training)
    with TemporaryDirectory(prefix="ftexp-measure-") as folder:
        training = timed_training(backend, job, Path(folder))
        state.journal.measured(model.work, training.tokens_per_second)
        yield model.work, f"{training.steps} training steps at {training.tokens_per_second:.0f} tokens/s"
        for kind, subject in _wanted(p):
            name = rate_name(model, kind, subject, p.config.evaluation.generation.batch_size)
            rate = _rate(p, model, backend, kind, subject, training.adapter if subject == "tuned" else None)
            state.journal.measured(name, rate)
            yield name, f"{kind}: {subject} at {rate:.0f} tokens/s"


def _wanted(p: Prepared) -> list[tuple[Kind, str]]:
    answers: list[tuple[Kind, str]] = [("answers", subject) for subject in p.prompts]
    return answers + ([("loss", subject) for subject in p.prompts] if p.config.evaluation.needs_losses() else [])


def _rate(p: Prepared, model: LocalModel, backend: LocalBackend, kind: Kind, subject: str, adapter: Path | None) -> float:
    """Tokens a second, those of prompts and of answers together."""
    asked = [
        (prompt, item) for name, prompts in p.prompts.items() if name == subject for prompt, item in zip(prompts, p.items, strict=True)
    ]
    some = asked[:: max(1, len(asked) // ITEMS)][:ITEMS]
    started = time.monotonic()
    if kind == "answers":
        replies = backend.answers(adapter, [prompt for prompt, _ in some], p.config.evaluation.generation, _unwatched).replies
        tokens = sum(r.tokens_in + r.tokens_out for r in replies)
    else:
        backend.losses(adapter, [_with_reference(prompt, item) for prompt, item in some], _unwatched)
        tokens = sum(len(model.tokenizer.prompt_ids(prompt)) + model.tokenizer.count(item.reference) for prompt, item in some)
    return tokens / (time.monotonic() - started)


def _with_reference(prompt: Sequence[Message], item: Item) -> Example:
    return Example((*prompt, Message("assistant", item.reference)), item.origin)


def _unwatched(done: int, remark: str) -> None:
    pass
