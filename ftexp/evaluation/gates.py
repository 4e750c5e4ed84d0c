"""Gates: a condition on a score, and whether the run meets it as far as its items can tell. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from ftexp.errors import ExitCode
from ftexp.values import Value

Result = Literal["pass", "fail", "inconclusive", "not_measurable"]
Fact = Literal["wants_variety"]  # of the `suitability` group
Against = Literal["value", "base", "few_shot"]

OF_VALUE = ("at_least", "at_most", "above")
OF_BOTH = ("better_by", "margin", "ratio_at_most")


class Gate(Value):
    """One line of a checklist: exactly one condition on the tuned model's figure, or on that beside the figure of `against`.

    `chance` is what guessing gets: where the other subject isn't above it, nothing can get worse, and the gate isn't measurable.
    """

    line: str = Field(min_length=1, description="the question in words")
    metric: str = Field(description="SUITE/METRIC, one of the metrics above")
    against: Against = Field(default="value", description="value, base or few_shot")
    at_least: float | None = Field(default=None, description="a number, or null")
    at_most: float | None = Field(default=None, description="a number, or null")
    above: float | None = Field(default=None, description="a number, or null")
    better_by: float | None = Field(default=None, ge=0, description="a number from 0, or null")
    margin: float | None = Field(default=None, gt=0, description="a number above 0, or null")
    ratio_at_most: float | None = Field(default=None, gt=0, description="a number above 0, or null")
    by: Literal["interval", "point"] = Field(default="interval", description="interval or point")
    chance: float | None = Field(default=None, description="a number, or null")
    only_if: Fact | None = Field(default=None, description="wants_variety or null")
    remedy: str = Field(default="", description="what to try where it fails, best an override")

    @model_validator(mode="after")
    def _has_one_condition(self) -> Gate:
        expected = OF_VALUE if self.against == "value" else OF_BOTH
        if len(self._conditions) != 1 or self._conditions[0] not in expected:
            found = " and ".join(self._conditions) or "no condition"
            raise ValueError(f"found {found}, expected one of {', '.join(expected)} (against {self.against})")
        if self.chance is not None and self.against == "value":
            raise ValueError("found chance, which the other subject has to be above; expected it only against base or few_shot")
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}

    @property
    def _conditions(self) -> list[str]:
        return [name for name in (*OF_VALUE, *OF_BOTH) if getattr(self, name) is not None]

    def rule(self, lower_is_better: bool) -> Rule:
        """The condition on what is compared, for a metric of this direction."""
        other = "few-shot" if self.against == "few_shot" else self.against
        sign = -1 if lower_is_better else 1
        (name,) = self._conditions
        x = float(getattr(self, name))
        match name:
            case "at_least":
                return Rule(x, upwards=True, strict=False, wanted=f"at least {x:g}")
            case "at_most":
                return Rule(x, upwards=False, strict=False, wanted=f"at most {x:g}")
            case "above":
                return Rule(x, upwards=True, strict=True, wanted=f"more than {x:g}")
            case "better_by":
                return Rule(sign * x + 0.0, not lower_is_better, True, f"better than {other}" + (f" by more than {x:g}" if x else ""))
            case "margin":
                return Rule(-sign * x, not lower_is_better, False, f"worse than {other} by at most {x:g}")
        return Rule(x, upwards=False, strict=False, wanted=f"at most {x:g} times {other}")

    @property
    def compared(self) -> str:
        """What the rule is about."""
        if self.against == "value":
            return "tuned"
        return f"tuned {'-' if self.ratio_at_most is None else '/'} {self.against.replace('_', '-')}"


@dataclass(frozen=True)
class Rule:
    """What is compared has to be above (`upwards`) or below the threshold, or on it where that isn't `strict`."""

    threshold: float
    upwards: bool
    strict: bool
    wanted: str

    def is_met(self, value: float) -> bool:
        if value == self.threshold:
            return not self.strict
        return (value > self.threshold) == self.upwards


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
    """Every gate that applies, in the order of the config. `left_out` are the names of the others, and what they apply to."""

    gates: tuple[Judged, ...]
    left_out: dict[str, str] = Field(default_factory=dict)

    @property
    def verdict(self) -> Literal["pass", "fail", "inconclusive"]:
        """A gate that isn't measurable is no pass."""
        results = {g.result for g in self.gates}
        return "fail" if "fail" in results else "pass" if results <= {"pass"} else "inconclusive"

    @property
    def exit_code(self) -> ExitCode:
        return {"pass": ExitCode.OK, "fail": ExitCode.GATE_FAILED, "inconclusive": ExitCode.INCONCLUSIVE}[self.verdict]
