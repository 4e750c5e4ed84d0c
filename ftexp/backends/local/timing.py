"""How fast a model trains on this machine: a few real steps and one validation, timed."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median

from ftexp.backends.local.backend import LocalBackend
from ftexp.backends.local.job import Job, Lesson, tokens_of
from ftexp.backends.results import Point

STEPS = 6
VALIDATED = 32  # examples


@dataclass(frozen=True)
class Measurement:
    """`tokens_per_second` is that of the whole job, with its validations. `adapter` is what the few steps gave."""

    tokens_per_second: float
    steps: int
    adapter: Path


def timed_training(backend: LocalBackend, job: Job, folder: Path) -> Measurement:
    """Trains a small part of the job in `folder`."""
    told = list[float]()

    def note(_: Point) -> None:
        told.append(time.monotonic())

    small = part_of(job)
    trained = backend.train(small, folder, note)
    taken = [after - before for before, after in pairwise(told)]
    step = median(taken[1:-1] or taken)  # the first warms up, the last has a validation and a checkpoint
    read = _validations(job) * len(job.validation) + (len(job.train + job.validation) if job.reference_tokens else 0)
    seconds = job.steps * step + read * max(taken[-1] - step, 0.0) / len(small.validation)
    return Measurement(job.tokens / seconds, small.steps, trained.adapter)


def part_of(job: Job) -> Job:
    """One pass over a few batches of examples that are as long as all are."""
    train, validation = _spread(job.train, STEPS * job.batch_size), _spread(job.validation, VALIDATED)
    return replace(job, train=train, validation=validation, n_epochs=1, validate_every=STEPS)


def _spread(lessons: tuple[Lesson, ...], count: int) -> tuple[Lesson, ...]:
    """From the middle of as many equal parts of the lessons, by length."""
    by_length = sorted(lessons, key=lambda one: tokens_of([one]))
    if count >= len(by_length):
        return tuple(by_length)
    return tuple(by_length[(2 * i + 1) * len(by_length) // (2 * count)] for i in range(count))


def _validations(job: Job) -> int:
    """At the start, every so many steps, and at the end of each epoch."""
    return 1 + sum(step % job.validate_every == 0 or step % job.steps_per_epoch == 0 for step in range(1, job.steps + 1))
