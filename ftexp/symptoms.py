"""Each sign of a training that went wrong: what in its loss curve shows it, in figures, or empty where nothing does. Pure.

A rise or a fall counts where scatter doesn't explain it and it matters; the shares below say what matters.
"""

from __future__ import annotations

from functools import cached_property
from math import sqrt
from statistics import median

from ftexp.loss_curve import (
    Change,
    Curves,
    Scatter,
    Series,
    end_of,
    is_loss,
    level_around,
    lowest,
    rise_of,
    scatter_of,
    slope_of,
    trend_errors,
    without_spikes,
)

ENOUGH = 4  # validations, the base's own among them; fewer tell no direction
RISE, RISE_OF_GAIN = 0.05, 0.02  # validation rises by this share of its lowest and of what training gained: overfitting
ONE_RISE = 0.2  # where only one validation came after the lowest
LOST = 0.25  # of what was gained, in training and validation alike: divergence
NOT_LEARNED = 0.9  # of its start, where training loss has not fallen
LEARNED = 0.7  # of its start, where it has
NO_GAIN, SMALL_GAIN = 0.03, 0.1  # of the base's loss
STILL_FALLING = 0.04  # of the whole fall, in the last third of the steps
STEADY, LIKELY = 3.0, 2.0  # standard errors, where nothing was picked out, and where something else tells it too
BY_HEART, BY_HEART_SHARE = 0.05, 0.99  # training loss in nats, and share of its tokens that are the likeliest
FAR, FAR_TIMES = 0.3, 5.0  # validation loss above it, in nats and as often as it


class Seen:
    """A loss curve, with what several signs ask of it."""

    def __init__(self, curves: Curves) -> None:
        self.curves = curves
        self.train, validation = _usable(curves.train), _usable(curves.validation)
        steady = without_spikes(validation)
        self.validation = steady if len(steady) >= ENOUGH else validation
        self.is_enough = len(validation) >= ENOUGH

    @cached_property
    def scatter(self) -> Scatter:
        return scatter_of(self.validation)

    @cached_property
    def rise(self) -> Change | None:
        return rise_of(self.validation, self.scatter)

    @property
    def base(self) -> float:
        return self.validation[0][1]

    @property
    def has_base(self) -> bool:
        return self.validation[0][0] == 0

    @cached_property
    def gain(self) -> Change:
        """From the base to the lowest level of validation loss after it."""
        later = self.validation[1:]
        place = lowest(later)
        level, count = level_around(later, place, len(later) // 6)
        errors = (level - self.base) / (self.scatter.value * sqrt(1 + 1 / count))
        return Change(self.validation[0][0], self.base, later[place][0], level, self.scatter, errors)

    def gained(self, share: float) -> bool:
        """Whether validation left the base by such a share, for good or at its best."""
        later = [value for _, value in self.validation[1:]]
        stands_out = (self.base - median(later)) / (self.scatter.value * sqrt(1 + 1.57 / len(later))) >= STEADY
        return (stands_out or self.gain.is_fall) and self.gain.after <= (1 - share) * self.base

    @cached_property
    def train_scatter(self) -> Scatter:
        return scatter_of(self.train)

    @property
    def width(self) -> int:
        """Steps of which training loss is a level: one step is one batch."""
        return max(len(self.train) // 8, 3)

    def train_since(self, step: int) -> Change | None:
        """Training loss from around a step to the end; None without training loss."""
        if not self.train:
            return None
        before = [pair for pair in self.train if pair[0] <= step][-self.width :]
        before = before if len(before) >= 3 else list(self.train[:3])
        after = self.train[-self.width :]
        spread = self.train_scatter.value * 1.25 * sqrt(1 / len(before) + 1 / len(after))
        low, end = median(v for _, v in before), median(v for _, v in after)
        return Change(step, low, self.train[-1][0], end, self.train_scatter, (end - low) / spread)

    @cached_property
    def train_fell(self) -> Change | None:
        return self.train_since(-1)

    @property
    def train_learned(self) -> bool:
        return self.train_fell is not None and self.train_fell.is_fall and self.train_fell.after <= LEARNED * self.train_fell.before


def _usable(series: Series) -> Series:
    """What is a number, one a step."""
    return tuple(sorted({step: value for step, value in series if is_loss(value)}.items()))


def diverged(seen: Seen) -> str:
    for name, series in (("training", seen.curves.train), ("validation", seen.curves.validation)):
        for step, value in series:
            if not is_loss(value):
                return f"{name} loss was {value} at step {step}"
    return _both_rose(seen) or _never_learned(seen) if seen.is_enough else _training_rose(seen)


def _both_rose(seen: Seen) -> str:
    """Training too, if less surely than validation: one step of it is one batch."""
    rise = seen.rise
    since = seen.train_since(rise.from_step) if rise else None
    if rise is None or since is None or not rise.is_rise or since.errors < LIKELY:
        return ""
    if rise.size < max(LOST * seen.gain.size, RISE * rise.before) or since.size < RISE * since.before:
        return ""
    return f"{_told(rise, 'validation')}, and {_told(since, 'training')}: neither came back"


def _never_learned(seen: Seen) -> str:
    """Validation ends above the base, and training about where it began or above."""
    width, fell = max(len(seen.validation) // 4, 1), seen.train_fell
    end = end_of(seen.validation[1:], width)
    errors = (end - seen.base) / (seen.scatter.value * sqrt(1 + (1.57 / width if width > 2 else 1.0)))
    learned = fell is not None and fell.after < NOT_LEARNED * fell.before
    rose = fell is not None and fell.errors >= LIKELY
    if learned or errors < (LIKELY if rose else STEADY) or end < (1 + RISE) * seen.base:
        return ""
    told = _told(Change(seen.validation[0][0], seen.base, seen.validation[-1][0], end, seen.scatter, errors), "validation")
    return told + (f", while {_told(fell, 'training')}" if fell else "")


def _training_rose(seen: Seen) -> str:
    """Where too few validations tell."""
    fell = seen.train_fell
    if fell is None or len(seen.train) < 2 * seen.width or not fell.is_rise or fell.after < 1.5 * fell.before:
        return ""
    return _told(fell, "training")


def memorised(seen: Seen) -> str:
    """Training examples are known by heart, and validation is far from that. A small loss of pairs only says that they are told apart."""
    if not seen.train or seen.curves.of_pairs:
        return ""
    train = median(v for _, v in seen.train[-seen.width :])
    right = median([v for _, v in _usable(seen.curves.train_accuracy)[-seen.width :]] or [0.0])
    end = end_of(seen.validation, max(len(seen.validation) // 4, 1))
    if not (train <= BY_HEART or right >= BY_HEART_SHARE) or end < max(train + FAR, FAR_TIMES * train):
        return ""
    return f"training loss ends at {figure(train)}, as of examples known by heart, and validation loss at {figure(end)}"


def overfitted(seen: Seen) -> str:
    return _rose_alone(seen) or _gap(seen)


def _rose_alone(seen: Seen) -> str:
    rise = seen.rise
    if rise is None or not rise.is_rise:
        return ""
    one = rise.from_step == seen.validation[-2][0]
    if rise.size < max((ONE_RISE if one else RISE) * rise.before, RISE_OF_GAIN * seen.gain.size):
        return ""
    since = seen.train_since(rise.from_step)
    if since and since.is_rise:
        return ""
    times = f"{rise.size / rise.scatter.value:.0f} times its scatter of {figure(rise.scatter.value)}"
    return f"{_told(rise, 'validation')}, {times}" + (f"; {_told(since, 'training')}" if since else "")


def _gap(seen: Seen) -> str:
    """Training learned, and validation gained nothing by it."""
    if not seen.has_base or not seen.train_learned or seen.gained(NO_GAIN):
        return ""
    assert seen.train_fell, "training learned"
    return f"{_told(seen.train_fell, 'training')}, while validation loss hardly left the base's {figure(seen.base)}"


def unmoved(seen: Seen) -> str:
    """Neither training nor validation left the base."""
    if seen.train_learned or seen.gained(NO_GAIN):
        return ""
    fell = f"; {_told(seen.train_fell, 'training')}" if seen.train_fell else ""
    return f"validation loss went from {figure(seen.base)} to {figure(seen.gain.after)} at best{fell}"


def underfitted(seen: Seen) -> str:
    return _still_falls(seen) or _gained_little(seen)


def _still_falls(seen: Seen) -> str:
    """Validation loss, in the last two fifths of the steps."""
    last = seen.validation[-1][0]
    late = tuple(pair for pair in seen.validation[1:] if pair[0] >= 0.6 * last)
    late = late if len(late) > 1 else seen.validation[-2:]
    fall = -slope_of(late) * last / 3
    start = seen.base if seen.has_base or seen.train_fell is None else max(seen.base, seen.train_fell.before)
    whole = start - end_of(late, max(len(late) // 2, 1))
    if trend_errors(late, seen.scatter) > -STEADY or not 0 < STILL_FALLING * whole <= fall:
        return ""
    told = f"validation loss still fell when training ended, from {figure(late[0][1])} at step {late[0][0]} to {figure(late[-1][1])}"
    return f"{told} at step {last}: the last third of the steps brought {fall / whole:.0%} of the whole fall"


def _gained_little(seen: Seen) -> str:
    fell = seen.train_fell
    if not seen.has_base or seen.train_learned or seen.gained(SMALL_GAIN):
        return ""
    told = f"validation loss fell only from the base's {figure(seen.base)} to {figure(seen.gain.after)}"
    return told + (f"; {_told(fell, 'training')}" if fell else "")


def fitted(seen: Seen) -> str:
    gain, rise = seen.gain, seen.rise
    last = f"and {figure(seen.validation[-1][1])} at the end" if rise else "the last of them"
    return f"validation loss fell from {figure(gain.before)} to {figure(min(v for _, v in seen.validation))} at best, {last}"


def _told(change: Change, name: str) -> str:
    verb = "rose" if change.after > change.before else "fell"
    steps = f"around step {change.from_step}" if change.from_step > 0 else "at the start"
    return f"{name} loss {verb} from {figure(change.before)} {steps} to {figure(change.after)} by step {change.to_step}"


def figure(value: float) -> str:
    return f"{value:.3f}" if value >= 0.1 else f"{value:.2g}"
