"""Gates as a table for a terminal, and the verdict in a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftexp.evaluation.flips import Flips
from ftexp.evaluation.gates import GateReport, Judged
from ftexp.report.saying import NOT_MEASURED
from ftexp.report.terminal import shortened

if TYPE_CHECKING:
    from rich.table import Table

SHOWN_BROKEN = 3

_SAID = {"pass": "pass", "fail": "FAIL", "inconclusive": "inconclusive", "not_measurable": "not measurable"}
_STYLES = {"pass": "green", "fail": "bold red", "inconclusive": "yellow", "not_measurable": "dim"}
_VERDICTS = {
    "pass": "every gate passes",
    "fail": "fails: {failed}",
    "inconclusive": "nothing fails, and not everything is shown: {open}",
}


def gates_table(report: GateReport, confidence: float) -> Table:
    """A row a gate: what was asked, what came out and from how many items, and what to do where it doesn't pass."""
    from rich.table import Table
    from rich.text import Text

    caption = f"[ ] {confidence:.0%} intervals over items; gates by interval are decided together (Holm)"
    table = Table(title="gates", title_justify="left", caption=Text(caption), caption_justify="left")
    for column in ("gate", "verdict", "measured", "n", "wanted", "next step"):
        table.add_column(column, overflow="fold", justify="right" if column == "n" else "left")
    for gate in report.gates:
        verdict = Text(_SAID[gate.result], style=_STYLES[gate.result])
        what = gate.next_step if gate.result == "pass" or not gate.reason else f"{gate.reason}; {gate.next_step}".rstrip("; ")
        table.add_row(Text(gate.gate), verdict, Text(measured(gate)), f"{gate.n:,}", Text(f"{gate.compared} {gate.wanted}"), Text(what))
    return table


def verdict_line(report: GateReport) -> str:
    failed = ", ".join(g.gate for g in report.gates if g.result == "fail")
    undecided = ", ".join(f"{g.gate} ({_SAID[g.result]})" for g in report.gates if g.result in ("inconclusive", "not_measurable"))
    return _VERDICTS[report.verdict].format(failed=failed, open=undecided)


def flips_lines(flips: Flips) -> list[str]:
    """How many items changed, and the worst of those that broke."""
    other, metric = flips.other.replace("_", "-"), flips.metric.partition("/")[2]
    lines = [f"changed   {len(flips.fixed):,} items fixed, {len(flips.broken):,} broken against {other} by {metric}"]
    for flip in flips.broken[:SHOWN_BROKEN]:
        asked, said, wanted = (shortened(t.replace("\n", " "), 90) for t in (flip.prompt, flip.said_after, flip.reference))
        lines.append(f"broken    {asked!r}: said {said!r}, expected {wanted!r}")
    return lines


def measured(gate: Judged) -> str:
    if gate.value is None:
        return NOT_MEASURED
    interval = f" [{gate.low:.3f}, {gate.high:.3f}]" if gate.low is not None and gate.high is not None else ""
    return f"{gate.value:.3f}{interval}"
