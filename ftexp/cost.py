"""What a run takes, as low, expected and high with the assumptions said: prices or measured rates times counted tokens. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from ftexp.prices import ModelPrice, TokenPrices
from ftexp.tokens import TokenCounts
from ftexp.values import Value

MOST_AUTO_EPOCHS = 25  # that a service picks by itself (OpenAI's cookbook, read 2026-11-22; unverified since)
DOUBTFUL_TOKENS = 3  # an example: the last part of the token rule, see ftexp.tokens


class Cost(Value):
    """What estimates take for granted, and what a break-even is reckoned with."""

    retries: float = Field(default=0.02, ge=0, le=1, description="a share from 0 to 1")
    monthly_requests: int | None = Field(default=None, ge=1, description="a whole number from 1, or null")
    base_prompt_tokens: int | None = Field(default=None, ge=1, description="a whole number from 1, or null for the few-shot prompt's")


class Range(Value):
    """Low, expected and high, in the unit of the field it stands in."""

    low: float = Field(ge=0)
    expected: float = Field(ge=0)
    high: float = Field(ge=0)

    @classmethod
    def exactly(cls, value: float) -> Range:
        return cls(low=value, expected=value, high=value)

    def __add__(self, other: Range) -> Range:
        return Range(low=self.low + other.low, expected=self.expected + other.expected, high=self.high + other.high)

    def __mul__(self, factor: float) -> Range:
        return Range(low=self.low * factor, expected=self.expected * factor, high=self.high * factor)


class Part(Value):
    """One step's share. Parts of one `key` are done once, whatever number of runs want them; one without a key is a run's own.

    `tokens_in` of training counts every pass. None: not measured.
    """

    name: str  # training, answers: base, loss: tuned, retries, ...
    key: str
    tokens_in: Range | None
    tokens_out: Range | None
    usd: Range | None
    seconds: Range | None


class Estimate(Value):
    """What a run takes; `without` leaves out what is on record. `billed` by a service, or else worked out on this machine, unless `by_us`
    is false: by a service that sends no bill.

    `usd` and `seconds` are None where a part of them isn't measured. On this machine `usd` is the price of its hours, where they have
    one (`hourly`).
    """

    billed: bool
    parts: tuple[Part, ...]
    assumptions: tuple[str, ...]
    hourly: bool = False
    by_us: bool = True
    epochs: Range | None = None

    @property
    def training_tokens(self) -> Range | None:
        return next((p.tokens_in for p in self.parts if p.name == TRAINING), None)

    @property
    def usd(self) -> Range | None:
        return total(p.usd for p in self.parts)

    @property
    def seconds(self) -> Range | None:
        return total(p.seconds for p in self.parts)

    def without_training(self) -> Estimate:
        return self.model_copy(update={"parts": tuple(p for p in self.parts if p.name != TRAINING), "epochs": None})

    def without(self, on_record: Collection[str]) -> Estimate:
        return self.model_copy(update={"parts": tuple(p for p in self.parts if not p.key or p.key not in on_record)})


NOTHING = Estimate(billed=False, parts=(), assumptions=())
TRAINING = "training"
PAIRS = "test pairs"


def total(ranges: Iterable[Range | None]) -> Range | None:
    """None as soon as one isn't known."""
    found = Range.exactly(0)
    for each in ranges:
        if each is None:
            return None
        found += each
    return found


def apart(estimates: Iterable[Estimate]) -> list[Estimate]:
    """Each of several runs without what one before it does for it."""
    seen, found = set[str](), []
    for each in estimates:
        found.append(each.without(seen))
        seen.update(p.key for p in each.parts)
    return found


def assumptions_of(estimates: Iterable[Estimate]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for e in estimates for line in e.assumptions))


@dataclass(frozen=True)
class Asking:
    """What one subject is asked, all items together, in tokens. A loss reads prompt and reference or reply, and writes nothing."""

    kind: Literal["answers", "loss", "reply_loss"]
    subject: str
    key: str
    items: int
    prompt_tokens: int
    reference_tokens: int
    most_tokens: int  # that one answer may have
    rate: str = ""  # the name under which its measured rate is kept
    name: str = ""

    @property
    def tokens_in(self) -> Range:
        prompts = Range.exactly(self.prompt_tokens)
        match self.kind:
            case "answers":
                return prompts
            case "loss":
                return prompts + Range.exactly(self.reference_tokens)
            case "reply_loss":
                return prompts + self._replies

    @property
    def tokens_out(self) -> Range:
        return self._replies if self.kind == "answers" else Range.exactly(0)

    @property
    def _replies(self) -> Range:
        """As long as the references are; at least half of that, at most what an answer may have. Up to that where there are none."""
        most = self.items * self.most_tokens
        expected = min(self.reference_tokens, most) or most
        return Range(low=expected / 2, expected=expected, high=most)


@dataclass(frozen=True)
class Work:
    """What a run has to do, counted. `tokens` is None where no tokenizer is at hand, and `asked` is empty then.

    Of preference pairs `tokens` counts both answers; the reference reads `reference_tokens` once, and the test split's are ranked
    at the end (`pairs`).
    """

    key: str
    examples: int
    tokens: TokenCounts | None
    n_epochs: int | Literal["provider_auto"]
    asked: tuple[Asking, ...]
    rate: str = ""
    reference_tokens: int = 0
    pairs: Asking | None = None


class Rate(Value):
    """Tokens a second: the last measured, and the slowest and fastest so far."""

    slowest: float = Field(gt=0)
    latest: float = Field(gt=0)
    fastest: float = Field(gt=0)


SPREAD = 0.2  # of a rate, at least, either way: other work on the machine, and what was measured once


def on_a_service(work: Work, price: ModelPrice | None, retries: float) -> Estimate:
    """Money by the price table. How long a service takes is not known beforehand, and it can't be asked for losses."""
    epochs = epochs_of(work.n_epochs, work.examples)
    counted, cost = _passes(work.tokens, work.examples, epochs), price.training if price else None
    usd = counted * (cost / 1e6) if counted and cost is not None else None
    parts = [Part(name=TRAINING, key=work.key, tokens_in=counted, tokens_out=None, usd=usd, seconds=None)]
    answers = [a for a in work.asked if a.kind == "answers"]
    for asking in answers:
        each = (price.tuned if asking.subject in TUNED else price.base) if price else None
        paid = request_usd(asking.tokens_in, asking.tokens_out, each) if each else None
        parts.append(_part(asking, usd=paid, seconds=None))
    if usd is None or price is None:
        return Estimate(billed=True, parts=tuple(parts), assumptions=(), epochs=epochs)
    asked_again = total(p.usd for p in parts[1:])
    share = Range(low=0, expected=retries, high=2 * retries)
    again = _times(asked_again, share) if asked_again else None
    parts.append(Part(name="retries", key="", tokens_in=None, tokens_out=None, usd=again, seconds=None))
    said = [*_epochs_said(work.n_epochs, epochs), _DOUBT, *([_LENGTHS, _retries_said(retries)] if answers else [])]
    return Estimate(billed=True, parts=tuple(parts), assumptions=tuple(said), epochs=epochs)


TUNED = ("tuned", "validation")  # subjects that the tuned model answers for

_DOUBT = f"training tokens: the service may bill {DOUBTFUL_TOKENS} less an example (low)"
_PAIRS = "preference pairs: both answers are read in each pass, and once more by the model that training begins with"
_LENGTHS = "answers: as long as the references; half of that (low), up to eval.generation.max_new_tokens each (high)"


def _retries_said(share: float) -> str:
    return f"retries: {share:.0%} of the answers are asked for again; none (low), twice that (high)"


def on_this_machine(work: Work, rates: Callable[[str], Rate | None], usd_per_hour: float | None) -> Estimate:
    """Time by the rates measured here, and the machine's hours where they have a price."""
    epochs = epochs_of(work.n_epochs, work.examples)
    counted = _passes(work.tokens, 0, epochs)
    if counted and work.reference_tokens:
        counted += Range.exactly(work.reference_tokens)

    def took(tokens: Range | None, rate: str) -> tuple[Range | None, Range | None]:
        found = rates(rate)
        seconds = _at_rate(tokens, found) if tokens and found else None
        return seconds, (seconds * (usd_per_hour / 3600) if seconds and usd_per_hour is not None else None)

    seconds, usd = took(counted, work.rate)
    parts = [Part(name=TRAINING, key=work.key, tokens_in=counted, tokens_out=None, usd=usd, seconds=seconds)]
    for asking in (*([work.pairs] if work.pairs else []), *work.asked):
        seconds, usd = took(asking.tokens_in + asking.tokens_out, asking.rate)
        parts.append(_part(asking, usd=usd, seconds=seconds))
    said = [f"rates: as measured on this machine, {SPREAD:.0%} either way or as far as they have varied", _LENGTHS]
    said += [_PAIRS] if work.reference_tokens else []
    known = tuple(said) if any(p.seconds for p in parts) else ()
    return Estimate(billed=False, parts=tuple(parts), assumptions=known, hourly=usd_per_hour is not None, epochs=epochs)


def epochs_of(n_epochs: int | Literal["provider_auto"], examples: int) -> Range:
    """What `provider_auto` comes to: 3, more for under 34 examples, fewer for over 8,333; half of that to twice that.

    The rule is of OpenAI's cookbook (read 2026-11-22), the spread a reasoned choice: the service has never said what it picks by.
    """
    if n_epochs != "provider_auto":
        return Range.exactly(n_epochs)
    expected = 3
    if 3 * examples < 100:
        expected = min(MOST_AUTO_EPOCHS, 100 // max(examples, 1))
    elif 3 * examples > 25_000:
        expected = max(1, 25_000 // examples)
    return Range(low=max(1, expected // 2), expected=expected, high=min(MOST_AUTO_EPOCHS, 2 * expected))


def request_usd(tokens_in: Range, tokens_out: Range, price: TokenPrices) -> Range:
    return tokens_in * (price.input / 1e6) + tokens_out * (price.output / 1e6)


def _passes(tokens: TokenCounts | None, doubtful_examples: int, epochs: Range) -> Range | None:
    if tokens is None:
        return None
    least = max(tokens.train - DOUBTFUL_TOKENS * doubtful_examples, 0)
    return Range(low=least * epochs.low, expected=tokens.train * epochs.expected, high=tokens.train * epochs.high)


def _part(asking: Asking, usd: Range | None, seconds: Range | None) -> Part:
    return Part(name=asking.name, key=asking.key, tokens_in=asking.tokens_in, tokens_out=asking.tokens_out, usd=usd, seconds=seconds)


def _at_rate(tokens: Range, rate: Rate) -> Range:
    slowest, fastest = min(rate.slowest, rate.latest * (1 - SPREAD)), max(rate.fastest, rate.latest * (1 + SPREAD))
    return Range(low=tokens.low / fastest, expected=tokens.expected / rate.latest, high=tokens.high / slowest)


def _times(one: Range, other: Range) -> Range:
    return Range(low=one.low * other.low, expected=one.expected * other.expected, high=one.high * other.high)


def _epochs_said(written: int | Literal["provider_auto"], epochs: Range) -> list[str]:
    if written != "provider_auto":
        return []
    return [
        f"epochs: the service picks them; about {epochs.expected:g} by the rule it once published, "
        f"{epochs.low:g} (low) to {epochs.high:g} (high); hyperparameters.n_epochs={epochs.expected:g} would settle it"
    ]
