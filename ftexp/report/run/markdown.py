"""The report of a run as Markdown: what the page says, but for the curves and the texts of items."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ftexp.report.comparison.markdown import code
from ftexp.report.comparison.terminal import one_line
from ftexp.report.run.curves import charts
from ftexp.report.run.facts import RunReport
from ftexp.report.run.shown import SUBJECTS, MetricShown, gate_shown, spent_shown, subject_name, suites_shown
from ftexp.report.run.verdict import in_words, verdict

MOST_LINES = 100


def markdown(r: RunReport) -> str:
    return "\n".join(_lines(r)) + "\n"


def _lines(r: RunReport) -> Iterator[str]:
    v = verdict(r)
    yield from (f"# {v.title}", "", escaped(r.goal or r.name), "")
    yield (f"**{v.figure}** " if v.figure else "") + escaped(v.line) + (f". {v.gates}" if v.gates else "")
    yield from ("", f"Run {code(r.run[:300])} of {r.started:%Y-%m-%d %H:%M}: {escaped(r.model)} on {escaped(r.data.name)}.")
    yield from _section("Gates", _gates(r))
    yield from _section("Scores", _scores(r))
    yield from _section("Training", _points([*(c.described for c in charts(r.curve, r.best_step)), *filter(None, [r.pairs])]))
    yield from _section("Items that changed", _flips(r))
    yield from _section("Diagnosis", _diagnoses(r))
    yield from _section("Data", _data(r))
    yield from _section("Cost and time", _costs(r))
    yield from _section("Make it again", _again(r))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Nothing where there are no lines."""
    found = list(lines)
    yield from ("", f"## {title}", "", *found) if found else ()


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(header)
    yield "| " + " | ".join(map(escaped, names)) + " |"
    yield "|" + " --- |" * len(names)
    yield from ("| " + " | ".join(map(escaped, row)) + " |" for row in rows)


def _points(lines: Iterable[str]) -> Iterator[str]:
    yield from (f"- {escaped(line)}" for line in lines)


def _gates(r: RunReport) -> Iterator[str]:
    shown = [gate_shown(g) for g in r.gates.gates[:MOST_LINES]] if r.gates else []
    header = ("gate", "result", "compared", "found", "items", "why", "next")
    rows = (
        (j.line, j.result.replace("_", " "), j.compared, g.number, f"{j.n:,}", j.reason, j.next_step) for g in shown for j in (g.judged,)
    )
    yield from _table(header, rows) if shown else ()


def _scores(r: RunReport) -> Iterator[str]:
    shown = [(suite.name, m) for suite in suites_shown(r) for m in suite.metrics]
    there = [s for s in SUBJECTS if any(s == found.subject for _, m in shown for found in m.subjects)]
    others = [s for s in there if s != "tuned"]
    if not shown:
        return
    header = ["metric", *(subject_name(s, r) for s in there), *(f"tuned - {subject_name(s, r)}" for s in others), ""]
    yield from _table(header, ([f"{suite}/{m.name}", *_cells(m, there, others), m.note] for suite, m in shown))
    unscored = [f"{suite}/{m.name}: {s.unscored:,} unscored by {s.name}" for suite, m in shown for s in m.subjects if s.unscored]
    yield from ("", *_points(unscored)) if unscored else ()


def _cells(m: MetricShown, there: Iterable[str], others: Iterable[str]) -> list[str]:
    """Empty for a subject that wasn't asked."""
    found = {s.subject: s for s in m.subjects}
    means = [found[s].number if s in found else "" for s in there]
    against = [a for s in others for a in [found[s].against if s in found else None]]
    return [*means, *(f"{a.number} {a.outcome}" if a else "" for a in against)]


def _flips(r: RunReport) -> Iterator[str]:
    if r.flips:
        by = f"by {in_words(r.flips.metric)}, tuned against {r.flips.other.replace('_', '-')}"
        yield f"{len(r.flips.broken):,} broken, {len(r.flips.fixed):,} fixed {escaped(by)}."


def _diagnoses(r: RunReport) -> Iterator[str]:
    for d in r.diagnoses[:MOST_LINES]:
        yield f"- **{in_words(d.condition)}**: {escaped(d.evidence)}" + (f"; try {code(d.override[:300])}" if d.override else "")
        yield from (f"  - {escaped(remedy)}" for remedy in d.remedies[:MOST_LINES])


def _data(r: RunReport) -> Iterator[str]:
    d = r.data
    sizes = f"{d.train:,} training, {d.validation:,} validation, {d.test:,} test"
    stated = f"licence: {d.license or 'not stated'}; source: {d.source or 'not stated'}"
    yield from _points((f"{d.name}: {sizes}", stated, *(f"warning: {line}" for line in d.warnings[:MOST_LINES])))


def _costs(r: RunReport) -> Iterator[str]:
    shown = spent_shown(r.spent[:MOST_LINES])
    yield from _table(("part", "estimated", "took", ""), ((s.name, s.estimated, s.actual, s.where) for s in shown)) if shown else ()
    yield from ([""] if shown else []) + [escaped(r.money)] if r.money else ()


def _again(r: RunReport) -> Iterator[str]:
    yield from (f"- {code(line[:300])}" for line in r.commands[:MOST_LINES])
    yield from _points(f"{f.name}: {f.value}" for f in (*r.settings, *r.made_with)[:MOST_LINES])


def escaped(text: str) -> str:
    """A backslash before what Markdown or HTML would read as more than a letter."""
    return re.sub(r"([\\`*_\[\]<>&|~#])", r"\\\1", one_line(text[:500], 400))  # cut first: a text may have millions of characters
