"""What a run came to, in words: the first thing that its report says. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from ftexp.evaluation.gates import GateReport, Result
from ftexp.evaluation.statistics import Difference, Mean
from ftexp.report.run.facts import RunReport
from ftexp.report.saying import NOT_MEASURED
from ftexp.validation.findings import counted

Outcome = Literal["better", "worse", "undecided", "not measured"]
Tone = Literal["good", "warn", "bad", "grey"]

_TITLES = {
    "better": "Better than the base",
    "worse": "Worse than the base",
    "undecided": "No difference from the base shown",
    "not measured": "Not measured against the base",
}
_TONES: dict[str, Tone] = {
    "better": "good",
    "pass": "good",
    "undecided": "warn",
    "inconclusive": "warn",
    "worse": "bad",
    "fail": "bad",
    "not measured": "grey",
}
_ONE: dict[Result, str] = {
    "pass": "passes",
    "fail": "fails",
    "inconclusive": "is undecided",
    "not_measurable": "can't be measured",
}
_SEVERAL: dict[Result, str] = {
    "pass": "pass",
    "fail": "fail",
    "inconclusive": "are undecided",
    "not_measurable": "can't be measured",
}


@dataclass(frozen=True)
class Verdict:
    """`figure` is the difference of the headline metric, empty where it wasn't measured; `gates` a sentence, empty without any."""

    tone: Tone
    title: str
    figure: str
    line: str
    gates: str


def verdict(r: RunReport) -> Verdict:
    found = r.difference(r.headline, "base")
    came = outcome(found, r.lower_is_better(r.headline))
    gates = r.gates if r.gates and r.gates.gates else None
    what = in_words(r.headline.rpartition("/")[2])
    return Verdict(
        tone=_TONES[gates.verdict if gates else came],
        title=_TITLES[came] + (_besides(gates, came) if gates else ""),
        figure=interval(found, "+") if found else "",
        line=f"{what} on {counted(found.n, 'item')}" if found else f"{what}: no item has a score of both",
        gates=gates_line(gates) if gates else "",
    )


def outcome(found: Difference | None, lower_is_better: bool) -> Outcome:
    """No difference is shown where the interval holds 0, and where one item can't tell an interval."""
    if found is None:
        return "not measured"
    if found.low is None or found.high is None or found.low <= 0 <= found.high:
        return "undecided"
    return "better" if (found.low > 0) != lower_is_better else "worse"


def gates_line(gates: GateReport) -> str:
    """`2 gates pass, 1 fails, 1 is undecided.`"""
    counts = Counter(g.result for g in gates.gates)
    if counts["pass"] == len(gates.gates) > 1:
        return f"All {len(gates.gates)} gates pass."
    said = [f"{n} {(_ONE if n == 1 else _SEVERAL)[result]}" for result in _ONE if (n := counts[result])]
    first, _, rest = said[0].partition(" ")
    return ", ".join([f"{first} gate{'' if first == '1' else 's'} {rest}", *said[1:]]) + "."


def _besides(gates: GateReport, came: Outcome) -> str:
    """So that no title says better in the colour of a failed gate without a word on it."""
    failed = sum(g.result == "fail" for g in gates.gates)
    if failed:
        return f"{', but' if came == 'better' else ', and'} {counted(failed, 'gate')} {'fails' if failed == 1 else 'fail'}"
    if gates.verdict == "pass":
        return ", and every gate passes" if came == "better" else ", but every gate passes"
    return ", but not every gate is decided" if came == "better" else ", and not every gate is decided"


def in_words(name: str) -> str:
    return name.replace("_", " ")


def interval(found: Mean | Difference | None, sign: str = "") -> str:
    """`+0.792 [+0.705, +0.855]`."""
    if found is None:
        return NOT_MEASURED
    if found.low is None or found.high is None:
        return figure(found.value, sign)
    return f"{figure(found.value, sign)} [{figure(found.low, sign)}, {figure(found.high, sign)}]"


def figure(value: float, sign: str = "") -> str:
    """Three decimals; figures too large or too small for them in three digits, as in 2.5e-05."""
    fits = value == 0 or 0.001 <= abs(value) < 1e7
    whole = abs(value) >= 1000
    return f"{value:{sign},.1f}" if fits and whole else f"{value:{sign}.3f}" if fits else f"{value:{sign}.3g}"
