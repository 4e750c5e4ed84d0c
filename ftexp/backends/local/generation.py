"""Greedy answers, many at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Stops:
    """Generation of an answer ends at one of `end_ids` (left out of it) or after `max_new_tokens`."""

    end_ids: frozenset[int]
    pad_id: int
    max_new_tokens: int


def batch_plan(prompts: Sequence[Ids], batch_size: int) -> tuple[tuple[int, ...], ...]:
    """Which prompts go together, by index: prompts of like length, the longest first. Pure, so that it repeats."""
    order = sorted(range(len(prompts)), key=lambda i: (-len(prompts[i]), i))
    return tuple(tuple(order[i : i + batch_size]) for i in range(0, len(order), batch_size))


def shared_prefix(prompts: Sequence[Ids]) -> int:
    """How many first tokens all prompts have in common, at least one token of each left over."""
    shortest, longest = min(prompts), max(prompts)
    common = next((i for i, (a, b) in enumerate(zip(shortest, longest, strict=False)) if a != b), len(shortest))
    return min(common, min(map(len, prompts)) - 1)


@dataclass(frozen=True)
class Continuation:
    """`seconds` until it ended, and until its first token, both from when its batch was begun."""

    ids: Ids
    seconds: float
    first_token_seconds: float


@torch.inference_mode()
def greedy(
    model: Any, prompts: Sequence[Ids], plan: Sequence[Sequence[int]], stops: Stops, done: Callable[[list[Continuation], float], None]
) -> None:
    """The likeliest continuation of each prompt that the `plan` names; `done` is told batch by batch, with the seconds it took.

    System message and examples, which all prompts share, are read once for all of them. An answer that has ended
    leaves its batch. transformers' `generate` does neither, which costs it more than half of the time here
    (benchmarks/generation.py).
    """
    prefix = shared_prefix(prompts)
    began = time.monotonic()
    cache = _prefix_cache(model, prompts[0][:prefix])
    for batch in plan:
        found = _continue(model, [prompts[i][prefix:] for i in batch], prefix, cache, stops)
        done(found, time.monotonic() - began)
        began = time.monotonic()


def _prefix_cache(model: Any, prefix: Ids) -> Any:
    from transformers import DynamicCache

    cache = DynamicCache(config=model.config)
    if prefix:
        model(input_ids=torch.tensor([prefix], device=model.device), past_key_values=cache, use_cache=True, logits_to_keep=1)
    return cache


def _continue(model: Any, rests: Sequence[Ids], prefix: int, prefix_cache: Any, stops: Stops) -> list[Continuation]:
    """One batch. Rows are left-padded behind the shared prefix; `alive` maps rows of the tensors to rows of the batch."""
    began, first, ended = time.monotonic(), 0.0, [0.0] * len(rests)
    ids, mask = _left_padded(rests, prefix, stops.pad_id, model.device)
    cache = deepcopy(prefix_cache)
    if prefix:
        cache.batch_repeat_interleave(len(rests))
    positions = mask.cumsum(-1)[:, prefix:] - 1
    answers: list[list[int]] = [[] for _ in rests]
    alive = list(range(len(rests)))
    for _ in range(stops.max_new_tokens):
        logits = model(
            input_ids=ids, attention_mask=mask, position_ids=positions.clamp(min=0), past_key_values=cache, use_cache=True, logits_to_keep=1
        ).logits[:, -1]
        chosen = logits.argmax(-1)
        taken = time.monotonic() - began
        first = first or taken
        for row in alive:
            ended[row] = taken
        keep = [row for row, token in enumerate(chosen.tolist()) if token not in stops.end_ids]
        for row in keep:
            answers[alive[row]].append(int(chosen[row]))
        if not keep:
            break
        if len(keep) < len(alive):
            rows = torch.tensor(keep, device=model.device)
            alive, chosen, mask, positions = [alive[row] for row in keep], chosen[rows], mask[rows], positions[rows]
            cache.batch_select_indices(rows)
        ids = chosen[:, None]
        mask = torch.cat([mask, mask.new_ones(len(alive), 1)], dim=-1)
        positions = positions[:, -1:] + 1
    return [Continuation(tuple(answer), seconds, first) for answer, seconds in zip(answers, ended, strict=True)]


def _left_padded(rests: Sequence[Ids], prefix: int, pad_id: int, device: Any) -> tuple[Tensor, Tensor]:
    """Ids (rows, longest) and the attention mask over prefix and ids (rows, prefix + longest)."""
    longest = max(map(len, rests))
    ids = torch.tensor([(pad_id,) * (longest - len(r)) + r for r in rests], device=device)
    mask = torch.tensor([(1,) * prefix + (0,) * (longest - len(r)) + (1,) * len(r) for r in rests], device=device)
    return ids, mask
