"""Did it come out the same? Pure.

Identical is promised for the same processor, thread count and packages. Elsewhere sums are taken in another order, and a run
reproduces when every loss is within 2 % and every score lies in the interval that was recorded with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from ftexp.backends.results import Point
from ftexp.reproduction.recorded import Outcome
from ftexp.values import Value

LOSS_TOLERANCE = 0.02
_ABOUT_A_SCORE = ("/n", "/ci_low", "/ci_high")


class Verdict(Value):
    """`first_difference` is the first step with any other figure, `diverged_at` the first with a loss out of tolerance.

    `remarks` say what else isn't the same, and what could not be compared.
    """

    kind: Literal["identical", "within tolerance", "diverged"]
    first_difference: int | None
    diverged_at: int | None
    remarks: tuple[str, ...]

    @property
    def is_reproduced(self) -> bool:
        return self.kind != "diverged"


def verify(recorded: Outcome, again: Outcome) -> Verdict:
    """What isn't on record isn't compared; without a curve or scores on record nothing is called identical."""
    ours, theirs = _by_step(recorded.curve), _by_step(again.curve)
    steps = sorted(ours.keys() | theirs.keys()) if ours else []
    first = next((s for s in steps if ours.get(s) != theirs.get(s)), None)
    out = next((s for s in steps if not _is_close(ours.get(s, {}), theirs.get(s, {}))), None)
    moved, differing = list(_moved(recorded.scores, again.scores)), list(_differing(recorded, again))
    remarks = (*differing, *moved, *_not_on_record(recorded))
    if out is not None or moved:
        return Verdict(kind="diverged", first_difference=first, diverged_at=out, remarks=remarks)
    is_identical = first is None and not differing and recorded.curve and recorded.scores
    kind: Literal["identical", "within tolerance"] = "identical" if is_identical else "within tolerance"
    return Verdict(kind=kind, first_difference=first, diverged_at=None, remarks=remarks)


def _by_step(curve: tuple[Point, ...]) -> dict[int, dict[str, float]]:
    return {p.step: p.figures for p in curve}


def _is_close(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether both have the same losses, and each is within tolerance."""
    names = {n for n in (*one, *other) if n.endswith("/loss")}
    return all(n in one and n in other and abs(one[n] - other[n]) <= LOSS_TOLERANCE * abs(one[n]) for n in names)


def _moved(recorded: Mapping[str, float], again: Mapping[str, float]) -> Iterator[str]:
    """Scores outside of their recorded interval; one without an interval must be the same."""
    for name in recorded:
        if name.endswith(_ABOUT_A_SCORE):
            continue
        low, high = (recorded.get(f"{name}/{end}", recorded[name]) for end in ("ci_low", "ci_high"))
        if name not in again:
            yield f"{name}: {recorded[name]:.4g} then, not measured now"
        elif not low <= again[name] <= high:
            interval = f"[{low:.4g}, {high:.4g}]" if low < high else f"{low:.4g}"
            yield f"{name}: {again[name]:.4g}, outside of the {interval} on record"


def _differing(recorded: Outcome, again: Outcome) -> Iterator[str]:
    for subject in recorded.answers:
        if recorded.answers[subject] != again.answers.get(subject):
            yield f"answers of {subject} differ"
    if recorded.adapter_sha256 is not None and recorded.adapter_sha256 != again.adapter_sha256:
        yield "the adapter differs"
    if changed := [n for n in recorded.scores if recorded.scores[n] != again.scores.get(n)]:
        yield f"{len(changed)} of {len(recorded.scores)} scores and interval ends differ"


def _not_on_record(recorded: Outcome) -> Iterator[str]:
    there = {"curve": recorded.curve, "scores": recorded.scores, "answers": recorded.answers, "adapter": recorded.adapter_sha256}
    if missing := [what for what, found in there.items() if not found]:
        yield f"not on record, so not compared: {', '.join(missing)}"
