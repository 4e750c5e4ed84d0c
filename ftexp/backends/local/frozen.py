"""The layers below the first that learns give the same hidden states in every epoch: compute them once.

With the last 10 of 30 layers learning, this leaves a third of the forward pass to each step and each validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from ftexp.backends.local.chat import Encoded

Hidden = Mapping[Encoded, Tensor]  # (tokens, hidden size) by example, in the model's dtype

BATCH = 8
MOST_BYTES = 2 << 30  # beyond this the hidden states would crowd out the model


class _LayersFrom(nn.ModuleList):
    """All layers under their own names, of which a forward pass, which slices or iterates, sees those from `first` to `end`."""

    first, end = 0, 0

    def __iter__(self) -> Iterator[nn.Module]:
        return iter(list(self._modules.values())[self.first : self.end])

    def __getitem__(self, index: Any) -> Any:
        return list(self)[index]


def freeze_below(causal: Any, first: int, examples: Sequence[Encoded]) -> Hidden | None:
    """Hidden states at layer `first` of each example, after which `causal` starts there, given them as `inputs_embeds`.

    None, and the model as it was, where that isn't worth it or doesn't give what the whole model gives.
    """
    decoder = causal.get_decoder()
    tokens = sum(len(e.ids) for e in set(examples))
    kinds = set(getattr(causal.config, "layer_types", None) or ["full_attention"])
    if first == 0 or tokens * causal.config.hidden_size * causal.dtype.itemsize > MOST_BYTES or kinds != {"full_attention"}:
        return None
    whole, norm = decoder.layers, decoder.norm
    layers = _LayersFrom(whole)
    layers.first, layers.end = 0, first
    decoder.layers, decoder.norm = layers, nn.Identity()
    hidden = _hidden_states(decoder, sorted(set(examples), key=lambda e: (len(e.ids), e.ids, e.learned)))
    decoder.norm = norm
    layers.first, layers.end = first, len(whole)
    if not _agree(decoder, layers, max(examples, key=lambda e: len(e.ids)), hidden):
        decoder.layers = whole
        return None
    return hidden


@torch.no_grad()
def _hidden_states(decoder: Any, examples: Sequence[Encoded]) -> dict[Encoded, Tensor]:
    """Examples of one length together, which needs no padding; the same examples always fall into the same batches."""
    found: dict[Encoded, Tensor] = {}
    for _, same_length in groupby(examples, key=lambda e: len(e.ids)):
        group = list(same_length)
        for i in range(0, len(group), BATCH):
            batch = group[i : i + BATCH]
            states = decoder(input_ids=torch.tensor([e.ids for e in batch], device=decoder.device), use_cache=False).last_hidden_state
            found.update(zip(batch, states, strict=True))
    return found


@torch.no_grad()
def _agree(decoder: Any, layers: _LayersFrom, example: Encoded, hidden: Hidden) -> bool:
    """Whether starting at the first learning layer gives what the whole model gives; some architectures do more between layers."""
    ids = torch.tensor([example.ids], device=decoder.device)
    halved = decoder(inputs_embeds=hidden[example][None], use_cache=False).last_hidden_state
    first, layers.first = layers.first, 0
    whole = decoder(input_ids=ids, use_cache=False).last_hidden_state
    layers.first = first
    return bool(torch.allclose(halved, whole, rtol=1e-2, atol=1e-2))
