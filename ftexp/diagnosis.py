"""What the loss curve and the scores say about how it was trained, and the override to try next. Pure.

The conditions and their remedies are those of ftexp's founding document, and a few that it doesn't name. It calls it overfitting when
validation loss begins to rise while training loss goes on falling; `ftexp.symptoms` says when a rise is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from ftexp import remedies, symptoms
from ftexp.backends.stopping import EarlyStopping
from ftexp.loss_curve import Curves
from ftexp.presets import Resolved
from ftexp.remedies import Setting
from ftexp.side_effects import Copied, Forgotten
from ftexp.symptoms import Seen
from ftexp.validation.findings import counted
from ftexp.values import Value

Condition = Literal["well_fitted", "overfitting", "underfitting", "divergence", "plateau", "forgetting", "memorised", "too_short_to_tell"]
SEVEREST_FIRST: tuple[Condition, ...] = (
    "divergence",
    "forgetting",
    "memorised",
    "overfitting",
    "plateau",
    "underfitting",
    "too_short_to_tell",
    "well_fitted",
)


class Diagnosis(Value):
    """One condition: `evidence` in figures, `remedies` in words, and the command line's `override` most worth trying; empty: none."""

    condition: Condition
    evidence: str
    remedies: tuple[str, ...]
    override: str


COPIED = 0.1  # share of replies
Override = Callable[[Setting], str]  # empty: nothing to change there
_REMEDIES: dict[Condition, tuple[tuple[str, ...], tuple[Override, ...]]] = {
    "divergence": (remedies.DIVERGENCE, (remedies.lower_rate,)),
    "forgetting": (remedies.FORGETTING, (remedies.lower_rate,)),
    "memorised": (remedies.MEMORISED, (remedies.fewer_epochs, remedies.lower_rate)),
    "overfitting": (remedies.OVERFITTING, (remedies.fewer_epochs, remedies.stop_early, remedies.lower_rate)),
    "plateau": (remedies.PLATEAU, (remedies.higher_rate, remedies.more_epochs)),
    "underfitting": (remedies.UNDERFITTING, (remedies.more_epochs, remedies.higher_rate)),
    "too_short_to_tell": (remedies.TOO_SHORT, (remedies.more_epochs,)),
    "well_fitted": ((), ()),
}


def diagnose(
    curves: Curves,
    best_step: int,
    steps: int,
    hyperparameters: Resolved,
    early_stopping: EarlyStopping | None = None,
    forgotten: Sequence[Forgotten] = (),
    copied: Copied | None = None,
) -> tuple[Diagnosis, ...]:
    """At least one, the most severe first. `steps` were done; the model that is evaluated is that of `best_step`."""
    setting = Setting(hyperparameters, early_stopping, curves.epochs, best_step / steps if steps else 1.0)
    found = dict(_of_curve(Seen(curves)))
    if forgotten:
        found["forgetting"] = _worse(forgotten)
    if copied and copied.replies >= max(COPIED * copied.of, 2):
        copies = f"{copied.replies} of {copied.of} replies are wrong, and word for word the answer of a training example"
        found["memorised"] = "; ".join(filter(None, (found.get("memorised", ""), copies)))
        found.pop("well_fitted", None)
    return tuple(_diagnosis(c, found[c], setting) for c in SEVEREST_FIRST if c in found)


def try_next(diagnoses: Sequence[Diagnosis], seed: int) -> str:
    """The one override most worth trying. Where nothing is to be changed another seed, which tells how much of the result is luck."""
    return next((d.override for d in diagnoses if d.override), f"seed={(seed + 1) % 2**31}")


def _of_curve(seen: Seen) -> Iterator[tuple[Condition, str]]:
    """Each condition with its evidence. Fewer validations than enough tell nothing but a divergence."""
    diverged = symptoms.diverged(seen)
    if diverged:
        yield "divergence", diverged
    elif not seen.is_enough:
        yield "too_short_to_tell", f"{counted(len(seen.validation), 'validation')}; {symptoms.ENOUGH} are the fewest that tell a direction"
    else:
        yield from _of_whole(seen)


def _of_whole(seen: Seen) -> Iterator[tuple[Condition, str]]:
    memorised, overfitted = symptoms.memorised(seen), symptoms.overfitted(seen)
    if memorised:
        yield "memorised", memorised
    if overfitted:
        yield "overfitting", overfitted
    if memorised or overfitted:
        return
    if unmoved := symptoms.unmoved(seen):
        yield "plateau", unmoved
    elif underfitted := symptoms.underfitted(seen):
        yield "underfitting", underfitted
    else:
        yield "well_fitted", symptoms.fitted(seen)


def _worse(forgotten: Sequence[Forgotten]) -> str:
    each = (f"{f.metric} went from {f.base:.3f} to {f.base + f.change:.3f}, by [{f.low:+.3f}, {f.high:+.3f}]" for f in forgotten)
    return "worse than the base: " + "; ".join(each)


def _diagnosis(condition: Condition, evidence: str, setting: Setting) -> Diagnosis:
    words, overrides = _REMEDIES[condition]
    override = next((found for each in overrides if (found := each(setting))), "")
    return Diagnosis(condition=condition, evidence=evidence, remedies=words, override=override)
