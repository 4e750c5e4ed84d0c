"""What a training makes small, and what it measures on the way: the loss of the answers' tokens, or of preference pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ftexp.backends.local.answers_only import Batch, padded, token_losses
from ftexp.backends.local.chat import Encoded
from ftexp.backends.local.frozen import Hidden
from ftexp.backends.local.job import Job, Lesson, Pair

VALIDATED_AT_ONCE = 16  # lessons


@dataclass(frozen=True)
class Measured:
    """`losses` has an entry for each token or pair, and their mean is made small; `figures` are averaged likewise."""

    losses: Tensor
    figures: dict[str, Tensor]


class Objective(Protocol):
    def batch(self, lessons: Sequence[Any]) -> dict[str, Any]:
        """Tensors of some lessons, `mask` among them: 1 for each token that is read."""

    def measured(self, model: Any, batch: Mapping[str, Any]) -> Measured: ...


@dataclass(frozen=True)
class AnswersOnly:
    """Supervised: cross-entropy of the learned tokens."""

    pad_id: int
    hidden: Hidden | None

    def batch(self, lessons: Sequence[Encoded]) -> dict[str, Any]:
        return vars(padded(lessons, self.pad_id, self.hidden))

    def measured(self, model: Any, batch: Mapping[str, Any]) -> Measured:
        found = token_losses(model, Batch(**batch))
        return Measured(found.losses, {"token_accuracy": found.hits})


@dataclass(frozen=True)
class Preference:
    """DPO (Rafailov et al. 2023, arXiv 2305.18290, equation 7). `reference` is by how much the model that training began with finds the
    preferred answer likelier than the other, in nats.

    Not by TRL's DPOTrainer, which has no loss apart from itself: it tokenises anew, cuts what is long, computes the layers that don't
    learn in each step and the reference in each pass, and its checkpoints aren't ours. The tests hold this loss against its.
    """

    pad_id: int
    hidden: Hidden | None
    beta: float
    reference: Mapping[Pair, float]

    def batch(self, lessons: Sequence[Pair]) -> dict[str, Any]:
        read = padded([*(p.preferred for p in lessons), *(p.rejected for p in lessons)], self.pad_id, self.hidden)
        return vars(read) | {"reference": torch.tensor([self.reference[p] for p in lessons])}

    def measured(self, model: Any, batch: Mapping[str, Any]) -> Measured:
        read = {name: value for name, value in batch.items() if name != "reference"}
        found, pairs = token_losses(model, Batch(**read)), len(batch["reference"])
        answers = -torch.zeros(2 * pairs, device=found.losses.device).index_add(0, found.rows, found.losses)
        margins = self.beta * (answers[:pairs] - answers[pairs:] - batch["reference"])
        figures = {"reward_margin": margins.detach(), "reward_accuracy": ranked_right(margins)}
        return Measured(-logsigmoid(margins), figures | {"token_accuracy": found.hits[found.rows < pairs]})


def ranked_right(margins: Tensor) -> Tensor:
    """1 where the preferred answer is ahead; a tie is half, so that a model that hasn't learned yet is where chance is."""
    return (torch.sign(margins.detach()) + 1) / 2


def objective_of(model: Any, job: Job, pad_id: int, hidden: Hidden | None) -> Objective:
    """`model` has learned nothing yet: as it is, it is the reference."""
    parts = [[one for one in part if isinstance(one, Pair)] for part in (job.train, job.validation)]
    if not parts[0]:
        return AnswersOnly(pad_id, hidden)
    nats = (each for part in parts for batch in preferences(model, part, pad_id, hidden) for each in batch)
    return Preference(pad_id, hidden, job.beta, dict(zip([*parts[0], *parts[1]], nats, strict=True)))


@torch.no_grad()
def preferences(model: Any, pairs: Sequence[Pair], pad_id: int, hidden: Hidden | None = None) -> Iterator[list[float]]:
    """By how many nats the model finds each preferred answer likelier than the other.

    Batch by batch as in validation: in bfloat16 a likelihood depends on its batch, and the first validation is to find no difference.
    """
    model.eval()
    as_it_is = Preference(pad_id, hidden, 1.0, dict.fromkeys(pairs, 0.0))
    for i in range(0, len(pairs), VALIDATED_AT_ONCE):
        some = pairs[i : i + VALIDATED_AT_ONCE]
        yield as_it_is.measured(model, _on_device(as_it_is.batch(some), model.device)).figures["reward_margin"].tolist()


@torch.no_grad()
def validated(model: Any, lessons: Sequence[Lesson], objective: Objective) -> dict[str, float]:
    """Means over all tokens or pairs, whatever batches they come in."""
    model.eval()
    sums: dict[str, float] = {}
    counts: dict[str, int] = {}
    for i in range(0, len(lessons), VALIDATED_AT_ONCE):
        found = objective.measured(model, _on_device(objective.batch(lessons[i : i + VALIDATED_AT_ONCE]), model.device))
        for name, values in {"loss": found.losses, **found.figures}.items():
            sums[name] = sums.get(name, 0.0) + values.double().sum().item()
            counts[name] = counts.get(name, 0) + len(values)
    return {name: sums[name] / counts[name] for name in sums}


def _on_device(batch: Mapping[str, Any], device: Any) -> dict[str, Any]:
    return {name: value if value is None else value.to(device) for name, value in batch.items()}
