"""Loss on the assistant's tokens, with logits computed for those alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from ftexp.backends.local.chat import Encoded
from ftexp.backends.local.frozen import Hidden

IGNORED = -100


@dataclass(frozen=True)
class Batch:
    """Right-padded: `ids`, `mask` and `labels` are (examples, longest); a label is IGNORED where nothing is learned.

    `hidden`, (examples, longest, hidden size), stands for the ids where the lower layers were computed before.
    """

    ids: Tensor
    mask: Tensor
    labels: Tensor
    hidden: Tensor | None = None

    def to(self, device: torch.device | str) -> Batch:
        hidden = None if self.hidden is None else self.hidden.to(device)
        return Batch(self.ids.to(device), self.mask.to(device), self.labels.to(device), hidden)

    @property
    def inputs(self) -> dict[str, Tensor]:
        """What a decoder is given."""
        read = {"input_ids": self.ids} if self.hidden is None else {"inputs_embeds": self.hidden}
        return {**read, "attention_mask": self.mask}


def padded(examples: Sequence[Encoded], pad_id: int, hidden: Hidden | None = None) -> Batch:
    longest = max(len(e.ids) for e in examples)
    ids = torch.full((len(examples), longest), pad_id)
    mask = torch.zeros((len(examples), longest), dtype=torch.long)
    labels = torch.full((len(examples), longest), IGNORED)
    for row, example in enumerate(examples):
        n = len(example.ids)
        ids[row, :n] = torch.tensor(example.ids)
        mask[row, :n] = 1
        labels[row, :n] = torch.tensor([i if learned else IGNORED for i, learned in zip(example.ids, example.learned, strict=True)])
    return Batch(ids, mask, labels, pad_sequence([hidden[e] for e in examples], batch_first=True) if hidden else None)


@dataclass(frozen=True)
class TokenLosses:
    """One entry a learned token, in row order: its loss in nats, whether it was the likeliest token, and its row."""

    losses: Tensor
    hits: Tensor
    rows: Tensor


def token_losses(model: Any, batch: Batch) -> TokenLosses:
    """Losses of the learned tokens. The head, a third of a small model's work, runs on their positions only.

    The picking happens before the head because its output, tokens times vocabulary, is what costs time and memory.
    """
    targets = batch.labels[:, 1:]
    wanted = targets != IGNORED
    logits = _logits(model, batch, wanted)
    losses = cross_entropy(logits, targets[wanted], reduction="none")
    return TokenLosses(losses, logits.argmax(-1) == targets[wanted], wanted.nonzero()[:, 0])


def _logits(model: Any, batch: Batch, wanted: Tensor) -> Tensor:
    causal = model.get_base_model() if hasattr(model, "get_base_model") else model
    if _has_plain_head(causal):
        hidden = causal.get_decoder()(**batch.inputs, use_cache=False).last_hidden_state
        picked: Tensor = causal.get_output_embeddings()(hidden[:, :-1][wanted])
    else:
        picked = causal(**batch.inputs, use_cache=False).logits[:, :-1][wanted]
    return picked.float()


def _has_plain_head(causal: Any) -> bool:
    """Whether logits are just the head's output: some models scale or cap them afterwards."""
    return not any(
        getattr(causal.config, name, None) for name in ("final_logit_softcapping", "logits_scaling", "logit_scale", "lm_head_multiplier")
    )
