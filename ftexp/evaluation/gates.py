"""Gates: a condition on a score, and whether the run meets it as far as its items can tell. Pure."""

from __future__ import annotations

from typing import Literal

from ftexp.errors import ExitCode
from ftexp.values import Value

Result = Literal["pass", "fail", "inconclusive", "not_measurable"]


class Judged(Value):
    """One gate's outcome. `value` with its interval is what was compared with `threshold`: `compared` says what it is of, like
    "tuned - base". All four are None where nothing was measured. `wanted` is the condition in words, `reason` why it came out so,
    `next_step` what to do now. `items_needed` would decide it; None where that can't be said, or it is decided.
    """

    gate: str
    line: str
    metric: str
    result: Result
    compared: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    threshold: float
    wanted: str
    reason: str
    next_step: str
    items_needed: int | None = None


class GateReport(Value):
    """Every gate, in the order of the config."""

    gates: tuple[Judged, ...]

    @property
    def verdict(self) -> Literal["pass", "fail", "inconclusive"]:
        """A gate that isn't measurable is no pass."""
        results = {g.result for g in self.gates}
        return "fail" if "fail" in results else "pass" if results <= {"pass"} else "inconclusive"

    @property
    def exit_code(self) -> ExitCode:
        return {"pass": ExitCode.OK, "fail": ExitCode.GATE_FAILED, "inconclusive": ExitCode.INCONCLUSIVE}[self.verdict]
