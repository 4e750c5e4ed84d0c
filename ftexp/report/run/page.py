"""The report of a run as one page to look at: what it came to first, then what that rests on. Nothing on it runs or loads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from ftexp.evaluation.flips import Flip
from ftexp.report.pages import template, visible
from ftexp.report.run.curves import charts
from ftexp.report.run.facts import RunReport
from ftexp.report.run.shown import against_shown, confusion_shown, gate_shown, spent_shown, suites_shown
from ftexp.report.run.verdict import figure, in_words, verdict
from ftexp.validation.findings import counted

MOST_FLIPS = 20  # of each kind
OPEN_FLIPS = 3  # that are seen without asking for the others
MOST_LINES = 100  # of warnings, gates and the like: nobody reads on
MOST_SETTINGS = 24
MOST_PACKAGES = 600
MOST_WORDS = 300  # that are compared one by one
SHORT, LONG = 280, 1000  # characters of a text at first sight, and on asking


@dataclass(frozen=True)
class Piece:
    """Some words of a reply; `odd` where the reference has others."""

    text: str
    odd: bool


@dataclass(frozen=True)
class FlipShown:
    flip: Flip
    said_before: tuple[Piece, ...]
    said_after: tuple[Piece, ...]


@dataclass(frozen=True)
class FlipsShown:
    """The first of the `count` that there are."""

    what: str  # broken or fixed
    count: int
    shown: tuple[FlipShown, ...]


def page(r: RunReport) -> str:
    written = template("run/page.html.j2", passage=passage, minus=minus).render(
        r=r,
        verdict=verdict(r),
        headline=list(against_shown(r, r.headline).values()),
        gates=[gate_shown(g) for g in r.gates.gates[:MOST_LINES]] if r.gates else [],
        suites=suites_shown(r),
        charts=charts(r.curve, r.best_step),
        flips=_flips(r),
        confusion=confusion_shown(r.confusion) if r.confusion else None,
        spent=spent_shown(r.spent[:MOST_LINES]),
        share=f"{100 * r.confidence:g} %",
        counted=counted,
        words=in_words,
        figure=figure,
        most=MOST_LINES,
        most_settings=MOST_SETTINGS,
        most_packages=MOST_PACKAGES,
        open_flips=OPEN_FLIPS,
        short=SHORT,
        longest=LONG,
    )
    return written + "\n"


def passage(text: str, longest: int = LONG) -> str:
    """Like `visible`, with its line breaks."""
    lines = text[:longest].split("\n")
    shown = "\n".join(visible(line, longest) for line in lines[:40])
    return shown + ("…" if len(text) > longest or len(lines) > 40 else "")


def minus(text: str) -> str:
    """With the sign that is as wide as a plus."""
    return text.replace("-", "−")


def pieces(said: str, reference: str) -> tuple[Piece, ...]:
    """A reply, and which words of it the reference doesn't have there. None is odd where hardly any is the same, or they are many."""
    shown, wanted = _words(visible(said, SHORT)), _words(visible(reference, SHORT))
    same = SequenceMatcher(None, wanted, shown, autojunk=False)
    if not wanted or max(len(wanted), len(shown)) > MOST_WORDS or same.ratio() < 0.4:
        return (Piece("".join(shown), False),) if shown else ()
    found = [Piece("".join(shown[low:high]), kind != "equal") for kind, _, _, low, high in same.get_opcodes()]
    return tuple(p for p in found if p.text)


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9_.-]+|\s+|.", text)


def _flips(r: RunReport) -> list[FlipsShown]:
    """Broken first: what got worse is what has to be known."""
    kinds = (("broken", r.flips.broken), ("fixed", r.flips.fixed)) if r.flips else ()
    return [FlipsShown(what, len(found), tuple(_flip(f) for f in found[:MOST_FLIPS])) for what, found in kinds]


def _flip(flip: Flip) -> FlipShown:
    return FlipShown(flip, pieces(flip.said_before, flip.reference), pieces(flip.said_after, flip.reference))
