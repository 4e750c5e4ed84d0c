"""What a check found, and telling it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ftexp.errors import DataError

Severity = Literal["error", "warning"]
Family = Literal["file", "structure", "size", "diversity", "duplicates", "leakage", "labels", "length", "language", "content", "template"]
SHOWN_OF_A_KIND = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked for. `id` is stable, `line` says in a sentence what it is and why it matters.

    `fixed`: can't be softened by the config, since what it finds can't be trained on.
    """

    id: str
    family: Family
    severity: Severity
    line: str
    fixed: bool = False

    def found(self, where: str, message: str) -> Finding:
        return Finding(self.id, self.severity, where, message)


Fault = tuple[Check, str]
"""What a check found, before it is known where: the check and the message."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is a stable id, `where` a file and line as in `train.jsonl line 17`. An error stops the run."""

    check: str
    severity: Severity
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def raise_on_errors(findings: Sequence[Finding]) -> None:
    """Raises DataError with the errors among the findings, at most a few of a kind and the count of the rest."""
    errors = [f for f in findings if f.severity == "error"]
    if errors:
        raise DataError(
            *shown(errors), f"{counted(len(errors), 'error')} in the data; nothing was trained. Mend the lines above and run again."
        )


def shown(findings: Sequence[Finding]) -> list[str]:
    """A line for each of the first findings of a kind, in the order of the file, and how many more there are."""
    lines, counts = [], dict[str, int]()
    for finding in findings:
        counts[finding.check] = counts.get(finding.check, 0) + 1
        if counts[finding.check] <= SHOWN_OF_A_KIND:
            lines.append(str(finding))
    more = [f"{n - SHOWN_OF_A_KIND} more of the kind {check}" for check, n in counts.items() if n > SHOWN_OF_A_KIND]
    return lines + more


def counted(n: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")
