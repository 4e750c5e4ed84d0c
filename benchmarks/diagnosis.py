"""How often a loss curve of a known kind gets the right diagnosis, beside the founding document's rule on the same curves.

    python benchmarks/diagnosis.py [--quick] [--seed N]

Every kind of the table is drawn 200 times, by a seed of the clock's that is printed. A curve is the level that a training of that
kind has, times noise: what the noise, the spikes and the number of validations are stands in the table. Those "at large" draw all of
that too, curve by curve, with noise that wanders in every other. The founding document's rule compares the last validation loss with
the last but two and knows overfitting alone, so it is right where it says so of curves that overfit or know their examples by heart,
and says nothing of the others. Ends with 1 where an aim is not met.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import exp, inf, nan, sqrt
from statistics import fmean

from peer_rounds import show_aim

from ftexp.diagnosis import Condition, Diagnosis, diagnose
from ftexp.loss_curve import Curves, Series
from ftexp.presets import Resolved

RIGHT, ALARMS = 0.95, 0.05  # aims: right at least, false alarms on noisy plateaus at most
EPOCHS = 3.0

Level = Callable[[float], float]  # of the share of training that is done


@dataclass(frozen=True)
class Kind:
    """`validation` and `train` are levels; `noise` and `batch_noise` what single values are off by, as shares of the level.

    `validations` are evenly spread over `steps`, the base's own the first of them. `spikes` are as many single values of training, and
    a quarter as many of validation, three times the level. `quantum`: validation loss comes in steps of it. `memory`: the share of a
    validation's noise that the one before it had.
    """

    name: str
    expected: Condition
    validation: Level
    train: Level
    noise: float = 0.02
    batch_noise: float = 0.15
    validations: int = 13
    steps: int = 120
    spikes: int = 0
    quantum: float = 0.0
    memory: float = 0.0
    broken: dict[float, float] = field(default_factory=dict)  # by share of training, a value that training loss has from there on


def falling(start: float, floor: float, speed: float) -> Level:
    return lambda share: floor + (start - floor) * exp(-speed * share)


def then_rising(level: Level, turn: float, rise: float, power: float = 1.0) -> Level:
    """From `turn` on by up to `rise`."""
    return lambda share: level(share) + (rise * ((share - turn) / (1 - turn)) ** power if share > turn else 0.0)


def flat(value: float) -> Level:
    return lambda share: value


def jumping(level: Level, at: float, to: float) -> Level:
    return lambda share: level(share) if share < at else to


WELL, WELL_TRAIN = falling(1.4, 0.4, 9), falling(1.4, 0.3, 9)
LEARNING = falling(1.4, 0.12, 5)  # training loss of curves that overfit
UNDER, UNDER_TRAIN = falling(1.4, 0.3, 1.5), falling(1.4, 0.25, 1.6)
LATE = then_rising(WELL, 0.6, 0.2)


def risen(share: float) -> float:
    return 1.4 + 1.5 * min(4 * share, 1)


KINDS = [
    Kind("well fitted, quiet", "well_fitted", WELL, WELL_TRAIN, noise=0.005),
    Kind("well fitted", "well_fitted", WELL, WELL_TRAIN),
    Kind("well fitted, noisy", "well_fitted", WELL, WELL_TRAIN, noise=0.08, batch_noise=0.3),
    Kind("well fitted, very noisy batches", "well_fitted", WELL, WELL_TRAIN, batch_noise=0.6),
    Kind("well fitted, spikes that come back", "well_fitted", WELL, WELL_TRAIN, spikes=4),
    Kind("well fitted, four validations", "well_fitted", WELL, WELL_TRAIN, validations=4, steps=30),
    Kind("well fitted, six validations", "well_fitted", WELL, WELL_TRAIN, validations=6, steps=50),
    Kind("well fitted, sixty validations", "well_fitted", WELL, WELL_TRAIN, noise=0.05, validations=60, steps=1200),
    Kind("well fitted, validation in quanta", "well_fitted", WELL, WELL_TRAIN, noise=0.04, quantum=0.05),
    Kind("well fitted, loss near nothing", "well_fitted", falling(1.4, 0.015, 9), falling(1.4, 0.01, 9), noise=0.15),
    Kind("well fitted, high loss", "well_fitted", falling(4.0, 2.2, 9), falling(4.0, 2.0, 9)),
    Kind("late overfitting", "overfitting", LATE, LEARNING),
    Kind("late overfitting, noisy", "overfitting", then_rising(WELL, 0.5, 0.3), LEARNING, noise=0.05, batch_noise=0.3),
    Kind("late overfitting, spikes", "overfitting", LATE, LEARNING, spikes=4),
    Kind("early overfitting", "overfitting", then_rising(falling(1.4, 0.4, 25), 0.15, 0.6), falling(1.4, 0.08, 6)),
    Kind("early overfitting that levels off", "overfitting", then_rising(falling(1.4, 0.4, 20), 0.2, 0.4, 0.4), falling(1.4, 0.1, 6)),
    Kind("slow overfitting", "overfitting", then_rising(WELL, 0.4, 0.09), LEARNING, noise=0.01, validations=25, steps=240),
    Kind("slow overfitting, sixty validations", "overfitting", then_rising(WELL, 0.4, 0.1), LEARNING, 0.04, 0.3, 60, 1200),
    Kind("overfitting, five epochs", "overfitting", then_rising(falling(1.4, 0.35, 14), 0.4, 0.5), LEARNING, validations=6, steps=50),
    Kind("overfitting, three epochs", "overfitting", then_rising(falling(1.4, 0.3, 12), 0.34, 0.5), LEARNING, validations=4, steps=30),
    Kind("overfitting, validation in quanta", "overfitting", then_rising(WELL, 0.5, 0.4), LEARNING, quantum=0.05, validations=16),
    Kind("training learns, validation stays", "overfitting", flat(1.4), LEARNING),
    Kind("overfitting from the start", "overfitting", then_rising(flat(1.4), 0.0, 0.8), LEARNING),
    Kind("by heart", "memorised", then_rising(falling(1.4, 0.5, 20), 0.2, 0.5), falling(1.4, 0.01, 12)),
    Kind("by heart, validation stays high", "memorised", falling(2.0, 1.2, 9), falling(2.0, 0.005, 14), noise=0.04),
    Kind("by heart, few validations", "memorised", falling(1.8, 0.9, 9), falling(1.8, 0.01, 14), validations=5, steps=40),
    Kind("underfitting", "underfitting", UNDER, UNDER_TRAIN),
    Kind("underfitting, noisy", "underfitting", UNDER, UNDER_TRAIN, noise=0.04, batch_noise=0.4),
    Kind("underfitting, four validations", "underfitting", UNDER, UNDER_TRAIN, validations=4, steps=30),
    Kind("underfitting, straight down", "underfitting", lambda s: 1.4 - 0.7 * s, lambda s: 1.4 - 0.75 * s),
    Kind("underfitting, late start", "underfitting", lambda s: 1.4 - max(s - 0.5, 0), lambda s: 1.4 - 1.1 * max(s - 0.5, 0)),
    Kind("plateau, quiet", "plateau", flat(1.4), flat(1.4), noise=0.005),
    Kind("plateau, noisy", "plateau", flat(1.4), flat(1.4), noise=0.05, batch_noise=0.3),
    Kind("plateau, very noisy", "plateau", flat(1.4), flat(1.4), noise=0.15, batch_noise=0.5),
    Kind("plateau, spikes", "plateau", flat(1.4), flat(1.4), noise=0.03, batch_noise=0.3, spikes=6),
    Kind("plateau, four validations", "plateau", flat(1.4), flat(1.4), noise=0.03, batch_noise=0.3, validations=4, steps=30),
    Kind("plateau, sixty validations", "plateau", flat(1.4), flat(1.4), noise=0.08, batch_noise=0.4, validations=60, steps=1200),
    Kind("plateau, validation in quanta", "plateau", flat(1.4), flat(1.4), noise=0.04, batch_noise=0.3, quantum=0.1),
    Kind("early divergence", "divergence", then_rising(flat(1.4), 0.1, 6.0, 0.3), then_rising(flat(1.4), 0.05, 6.0, 0.3)),
    Kind("late divergence", "divergence", jumping(WELL, 0.7, 3.0), jumping(WELL_TRAIN, 0.68, 3.0), noise=0.05, batch_noise=0.3),
    Kind("slow divergence", "divergence", then_rising(WELL, 0.4, 1.2), then_rising(WELL_TRAIN, 0.4, 1.2)),
    Kind("a spike that stays", "divergence", jumping(WELL, 0.5, 1.1), jumping(WELL_TRAIN, 0.5, 1.1)),
    Kind("rate so high that nothing is learned", "divergence", risen, risen, noise=0.1, batch_noise=0.4),
    Kind("no number", "divergence", WELL, WELL_TRAIN, broken={0.6: nan}),
    Kind("infinite, few validations", "divergence", WELL, WELL_TRAIN, validations=2, steps=10, broken={0.5: inf}),
    Kind("one validation", "too_short_to_tell", WELL, WELL_TRAIN, validations=1, steps=3),
    Kind("two validations", "too_short_to_tell", WELL, WELL_TRAIN, validations=2, steps=20),
    Kind("two validations, overfitting", "too_short_to_tell", then_rising(flat(0.8), 0, 0.4), LEARNING, validations=2, steps=10),
    Kind("three validations", "too_short_to_tell", UNDER, UNDER_TRAIN, validations=3, steps=20),
    Kind("three validations, noisy plateau", "too_short_to_tell", flat(1.4), flat(1.4), 0.1, 0.4, validations=3, steps=40),
]


AT_LARGE: list[Condition] = ["well_fitted", "overfitting", "underfitting", "plateau", "divergence"]


def at_large(expected: Condition, rng: random.Random) -> Kind:
    """Any of that condition: little noise to much, six validations to forty, a loss of half a nat to four at the start."""
    validations = rng.choice([6, 8, 10, 13, 16, 25, 40])
    validation, train = levels_at_large(expected, rng)
    return Kind(
        f"{expected.replace('_', ' ')}, at large",
        expected,
        validation,
        train,
        noise=rng.uniform(0.003, 0.05),
        batch_noise=rng.uniform(0.05, 0.5),
        validations=validations,
        steps=validations * rng.choice([5, 10, 20]),
        memory=rng.choice([0.0, 0.7]),
    )


def levels_at_large(expected: Condition, rng: random.Random) -> tuple[Level, Level]:
    """Of validation and training."""
    start = rng.uniform(0.5, 4)
    floor, speed = start * rng.uniform(0.1, 0.6), rng.uniform(8, 25)
    match expected:
        case "well_fitted":
            return falling(start, floor, speed), falling(start, floor * rng.uniform(0.6, 1), speed)
        case "overfitting":
            fell, learned = falling(start, floor, speed), falling(start, floor * rng.uniform(0.1, 0.3) + 0.06, rng.uniform(4, 8))
            return then_rising(fell, rng.uniform(0.15, 0.6), floor * rng.uniform(0.2, 1.2), rng.uniform(0.5, 1.5)), learned
        case "underfitting":
            speed = rng.uniform(0.5, 2)
            return falling(start, floor * 0.6, speed), falling(start, floor * 0.5, speed)
        case "divergence":
            at, to = rng.uniform(0.1, 0.8), start * rng.uniform(0.8, 4)
            return jumping(falling(start, floor, 9), at, to), jumping(falling(start, floor, 9), at - 0.02, to)
    return flat(start), flat(start)


def drawn(kind: Kind, rng: random.Random) -> Curves:
    """With a scale of its own, so that no two curves share their level."""
    scale, count = rng.uniform(0.7, 1.5), kind.steps
    places = sorted({round(i * count / max(kind.validations - 1, 1)) for i in range(kind.validations)})
    train = [(step, scale * kind.train(step / count) * off) for step, off in noisy(range(1, count + 1), kind.batch_noise, 0.0, rng)]
    validation = [(step, scale * kind.validation(step / count) * off) for step, off in noisy(places, kind.noise, kind.memory, rng)]
    for share, value in kind.broken.items():
        train = [(step, value if step >= share * count else loss) for step, loss in train]
    if kind.quantum:
        validation = [(step, round(loss / kind.quantum) * kind.quantum) for step, loss in validation]
    train, validation = with_spikes(train, kind.spikes, rng), with_spikes(validation, kind.spikes // 4, rng)
    return Curves(tuple(train), tuple(validation), epochs=EPOCHS)


def noisy(steps: Sequence[int], noise: float, memory: float, rng: random.Random) -> Iterator[tuple[int, float]]:
    """What the level of each step is multiplied with."""
    off = rng.gauss(0, noise)
    for step in steps:
        yield step, exp(off)
        off = memory * off + rng.gauss(0, noise * sqrt(1 - memory * memory))


def with_spikes(series: list[tuple[int, float]], spikes: int, rng: random.Random) -> list[tuple[int, float]]:
    """Not on the first and the last two values."""
    places = set(rng.sample(range(1, len(series) - 2), spikes)) if spikes else set[int]()
    return [(step, 3 * value if i in places else value) for i, (step, value) in enumerate(series)]


def diagnosed(curves: Curves) -> tuple[Diagnosis, ...]:
    steps = curves.train[-1][0]
    best = min(curves.validation, key=lambda pair: pair[1])[0]
    return diagnose(curves, best, steps, Resolved(n_epochs=3, batch_size=4, learning_rate_multiplier=1.0))


def seed_rule(training_loss: Sequence[float], validation_loss: Sequence[float]) -> bool:
    """`detect_overfitting` of the founding document, as it stands there."""
    if len(validation_loss) < 2:
        return False
    recent_val_trend = validation_loss[-1] - validation_loss[-3]
    recent_train_trend = training_loss[-1] - training_loss[-3]
    return recent_val_trend > 0 and recent_train_trend < 0


def seed_says(curves: Curves) -> str:
    """It gets training loss as it is best for it: the mean between two validations."""
    try:
        said = seed_rule(between(curves.train, curves.validation), [loss for _, loss in curves.validation])
    except IndexError:
        return "crashes"
    return "overfitting" if said else "nothing"


def between(train: Series, validation: Series) -> list[float]:
    steps = [step for step, _ in validation]
    parts = [[loss for step, loss in train if before < step <= after] for before, after in zip([-1, *steps], steps, strict=False)]
    return [fmean(part or [train[0][1]]) for part in parts]


@dataclass(frozen=True)
class Outcome:
    """What the curves of a kind were said to be. `alarms`: how many were called more than they are."""

    kind: Kind
    given: Counter[str]
    seed: Counter[str]
    alarms: int

    @property
    def right(self) -> float:
        return self.given[self.kind.expected] / self.given.total()

    @property
    def seed_right(self) -> float:
        wanted = "overfitting" if self.kind.expected in ("overfitting", "memorised") else "nothing"
        return self.seed[wanted] / self.seed.total()

    @property
    def line(self) -> str:
        others = [f"{name} {n / self.given.total():.1%}" for name, n in self.given.most_common() if name != self.kind.expected]
        crashes = f"  crashes {self.seed['crashes'] / self.seed.total():.0%}" if self.seed["crashes"] else ""
        start = f"  {self.kind.name:38} {self.kind.expected:18} {self.right:6.1%}"
        return f"{start}  {next(iter(others), ''):24} {self.seed_right:6.1%}{crashes}"


def outcome_of(kinds: Sequence[Kind], rng: random.Random) -> Outcome:
    """One curve each."""
    curves = [drawn(kind, rng) for kind in kinds]
    found = [diagnosed(c) for c in curves]
    alarms = sum(any(d.condition in ("overfitting", "divergence", "memorised") for d in ds) for ds in found)
    return Outcome(kinds[0], Counter(ds[0].condition for ds in found), Counter(map(seed_says, curves)), alarms)


def show(found: Sequence[Outcome]) -> bool:
    """Whether the aims are met."""
    print(f"\n  {'kind':38} {'expected':18} {'right':>6}  {'most frequent other':24} {'seed':>6}")
    for outcome in found:
        print(outcome.line)
    plateaus = [o for o in found if o.kind.expected == "plateau" and "quiet" not in o.kind.name]
    alarms = sum(o.alarms for o in plateaus) / sum(o.given.total() for o in plateaus)
    seed_alarms = sum(o.seed["overfitting"] for o in plateaus) / sum(o.seed.total() for o in plateaus)
    right, seed_right = fmean(o.right for o in found), fmean(o.seed_right for o in found)
    print(f"\n  {len(found)} kinds: right {right:.1%}, the founding document's rule {seed_right:.1%}")
    print(f"  false alarms on noisy plateaus: {alarms:.1%}, the founding document's rule {seed_alarms:.1%}")
    return right >= RIGHT and alarms <= ALARMS


def main() -> int:
    parser = argparse.ArgumentParser(description="how often a loss curve of a known kind gets the right diagnosis")
    parser.add_argument("--quick", action="store_true", help="20 draws a kind instead of 200")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32, help="of the draws; the clock's by default")
    arguments = parser.parse_args()
    rng, draws = random.Random(arguments.seed), 20 if arguments.quick else 200
    print(f"seed {arguments.seed}, {draws} draws a kind")
    started = time.perf_counter()
    found = [outcome_of([kind] * draws, rng) for kind in KINDS]
    found += [outcome_of([at_large(expected, rng) for _ in range(draws)], rng) for expected in AT_LARGE]
    met = show(found)
    print(f"  {time.perf_counter() - started:.0f} s for {draws * len(found):,} curves, drawing them included")
    show_aim(f"at least {RIGHT:.0%} right, at most {ALARMS:.0%} false alarms", met)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
