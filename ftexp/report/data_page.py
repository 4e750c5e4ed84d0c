"""A checked dataset as one page to look at: the verdict, the shapes of the data, and everything found. Nothing on it runs or loads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ftexp.report.pages import template, visible
from ftexp.validation.findings import counted
from ftexp.validation.language import name_of
from ftexp.validation.report import Count, DataReport, Group, Histogram, SplitReport, Tokens

MOST_ROWS = 8  # of a distribution; the others are summed up
MOST_PLACES = 10  # of what one check found
COLOURS = {"train": "one", "validation": "two", "test": "three"}
_WORDS = {
    "file": "The file",
    "structure": "Structure of the examples",
    "size": "How many",
    "diversity": "Variety",
    "duplicates": "Duplicates",
    "leakage": "Leakage between the splits",
    "labels": "Answers and labels",
    "length": "Lengths",
    "language": "Language",
    "content": "What is inside the texts",
    "template": "Chat template",
}


@dataclass(frozen=True)
class Verdict:
    kind: str  # good, warn or bad
    title: str
    line: str


@dataclass(frozen=True)
class Column:
    """One bar of a histogram, in percent of the highest."""

    height: float
    title: str


@dataclass(frozen=True)
class Lengths:
    """Tokens of a split; the places of p50 and p95 are in percent of the axis."""

    split: str
    colour: str
    tokens: Tokens
    columns: tuple[Column, ...]
    low: str
    high: str
    p50: float
    p95: float


@dataclass(frozen=True)
class Share:
    """A part of a split: `width` in percent of the widest bar beside it."""

    split: str
    colour: str
    count: int
    share: float
    width: float

    @property
    def percent(self) -> str:
        return f"{100 * self.share:.1f} %" if 0 < self.share < 0.1 else f"{100 * self.share:.0f} %"


@dataclass(frozen=True)
class Row:
    what: str
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Distribution:
    title: str
    line: str
    rows: tuple[Row, ...]
    rest: str = ""


@dataclass(frozen=True)
class FamilyFound:
    title: str
    groups: tuple[Group, ...]


def page(report: DataReport) -> str:
    splits = [s for s in report.splits if s.examples]
    written = template("data_page.html.j2").render(
        r=report,
        verdict=_verdict(report),
        splits=[_share(s.name, s.examples, report.examples, 1) for s in splits],
        lengths=[_lengths(s.name, s.tokens) for s in splits if s.tokens],
        distributions=_distributions(splits),
        families=_families(report.groups),
        tokens=sum(s.tokens.total for s in splits if s.tokens) if any(s.tokens for s in splits) else None,
        counted=counted,
        most=MOST_PLACES,
    )
    return written + "\n"


def _verdict(r: DataReport) -> Verdict:
    if r.errors:
        warned = f" {counted(r.warnings, 'warning')} besides." if r.warnings else ""
        return Verdict("bad", f"{counted(r.errors, 'error')} to mend", f"A run stops here, before anything is trained or paid for.{warned}")
    if r.warnings:
        return Verdict("warn", f"Sound, with {counted(r.warnings, 'warning')}", "A run goes on. Look at each once: it may be meant.")
    return Verdict("good", "Sound", "No check found anything to mend.")


def _lengths(split: str, tokens: Tokens) -> Lengths:
    edges = tokens.histogram.edges or (0.0, 0.0)
    low, high = edges[0], edges[-1]

    def place(value: float) -> float:
        return min(100.0, max(0.0, 100 * (value - low) / (high - low))) if high > low else 50.0

    return Lengths(
        split=split,
        colour=COLOURS.get(split, "one"),
        tokens=tokens,
        columns=_columns(tokens.histogram),
        low=f"{low:,.0f}",
        high=f"{high:,.0f}",
        p50=place(tokens.p50),
        p95=place(tokens.p95),
    )


def _columns(h: Histogram) -> tuple[Column, ...]:
    most = max(h.counts, default=0) or 1
    ends = zip(h.counts, h.edges, h.edges[1:], strict=False)
    return tuple(Column(100 * n / most, f"{counted(n, 'example')} of {low:,.0f} to {high:,.0f} tokens") for n, low, high in ends)


def _distributions(splits: Sequence[SplitReport]) -> list[Distribution]:
    turns = _distribution("Turns", "User messages in an example.", splits, lambda s: s.turns, _turns, by_number=True)
    labels = _distribution("Replies that repeat", "Labels, where the task is to choose one.", splits, lambda s: s.labels, visible)
    languages = _distribution("Languages", "Of the replies.", splits, lambda s: s.languages, lambda what: visible(name_of(what)))
    return [d for d in (turns, languages, _alike(splits), labels) if d.rows]


def _turns(number: str) -> str:
    return f"{number} turn" if number == "1" else f"{number} turns"


def _distribution(
    title: str,
    line: str,
    splits: Sequence[SplitReport],
    of: Callable[[SplitReport], Iterable[Count]],
    name: Callable[[str], str],
    by_number: bool = False,
) -> Distribution:
    tables = [(s, Counter({c.what: c.count for c in of(s)})) for s in splits]
    total = sum((table for _, table in tables), Counter[str]())
    names = [what for what, _ in total.most_common()]
    first = names[:MOST_ROWS]
    if by_number:
        first.sort(key=lambda what: (len(what), what))
    widest = max((table[what] / s.examples for s, table in tables for what in first), default=0) or 1
    rows = tuple(Row(name(what), tuple(_share(s.name, table[what], s.examples, widest) for s, table in tables)) for what in first)
    left = names[MOST_ROWS:]
    rest = f"and {len(left):,} more, in {counted(sum(total[what] for what in left), 'example')}" if left else ""
    return Distribution(title, line, rows, rest)


def _alike(splits: Sequence[SplitReport]) -> Distribution:
    kinds: tuple[tuple[str, Callable[[SplitReport], int | None]], ...] = (
        ("the same", lambda s: s.alike.exact),
        ("but for case and spaces", lambda s: s.alike.normalised),
        ("but for numbers", lambda s: s.alike.but_for_numbers),
        ("nearly", lambda s: s.alike.near),
    )
    measured = [(what, [(s, n) for s in splits if (n := of(s)) is not None]) for what, of in kinds]
    rows = tuple(Row(what, tuple(_share(s.name, n, s.examples, 1) for s, n in found)) for what, found in measured if found)
    unmeasured = "" if all(s.alike.near is not None for s in splits) else "near-duplicates were not looked for in every split"
    return Distribution("Duplicates", "Examples that repeat an earlier one of their split.", rows, unmeasured)


def _share(split: str, count: int, of: int, widest: float) -> Share:
    share = count / of if of else 0.0
    return Share(split, COLOURS.get(split, "one"), count, share, 100 * share / widest)


def _families(groups: Sequence[Group]) -> list[FamilyFound]:
    """Those with an error first, otherwise in the order of the table of checks."""
    found = [FamilyFound(title, tuple(g for g in groups if g.family == family)) for family, title in _WORDS.items()]
    return sorted((f for f in found if f.groups), key=lambda f: all(g.severity != "error" for g in f.groups))
