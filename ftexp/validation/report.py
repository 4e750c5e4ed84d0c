"""What was found out about a dataset, as one value: the terminal, `--json`, the page and MLflow show this and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ftexp.validation.findings import Family, Finding
from ftexp.values import Value

SHOWN_OF_A_CHECK = 20


class DataFile(Value):
    """One file as it was read. `split` is the one that it was given for: train, where it is parted in three."""

    name: str
    split: str
    sha256: str
    bytes: int
    lines: int


class Histogram(Value):
    """`counts[i]` values lie from `edges[i]`, below `edges[i + 1]`; the last also at its upper edge. One edge more than counts."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


class Tokens(Value):
    """Of one pass over a split."""

    total: int
    p50: int
    p95: int
    longest: int
    histogram: Histogram


class Count(Value):
    """How often something is there: a number of turns, a reply, a language."""

    what: str
    count: int


class Alike(Value):
    """Examples that repeat an earlier one of their split. `near` is None where it wasn't looked for."""

    exact: int
    normalised: int
    but_for_numbers: int
    near: int | None


class SplitReport(Value):
    """`tokens` is None where they weren't counted. `labels` is empty where replies don't repeat, most frequent first."""

    name: str
    examples: int
    tokens: Tokens | None
    turns: tuple[Count, ...]  # user messages an example, by number
    labels: tuple[Count, ...]
    distinct_replies: int
    languages: tuple[Count, ...]  # of the replies; empty where not looked at
    alike: Alike


class Place(Value):
    """One thing found. `where` is a file and line, or the name of the dataset or a split."""

    where: str
    message: str


class Group(Value):
    """All that one check found. `line` says what the check looks for, `shown` are the first of `count`."""

    check: str
    family: Family
    severity: Literal["error", "warning"]
    line: str
    count: int
    shown: tuple[Place, ...]


class DataReport(Value):
    """A dataset, judged. It is whole even where errors stop a run; what couldn't be read is in `unread` and in no other count."""

    dataset: str
    files: tuple[DataFile, ...]  # empty for a dataset that comes with the package
    splits: tuple[SplitReport, ...]
    token_rule: str  # who counts: an encoding or a model; empty where tokens weren't counted
    groups: tuple[Group, ...]  # errors first
    errors: int
    warnings: int
    unread: int  # lines that are no examples
    seconds: float

    @property
    def examples(self) -> int:
        return sum(split.examples for split in self.splits)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those shown, errors first."""
        return tuple(Finding(g.check, g.severity, p.where, p.message) for g in self.groups for p in g.shown)

    def lines(self, severity: Literal["error", "warning"], most: int) -> list[str]:
        """A line for each of the first `most` findings of a check, and how many more there are."""
        lines = []
        for group in self.groups:
            if group.severity == severity:
                lines += [f"{place.where}: {place.message}" for place in group.shown[:most]]
                rest = group.count - len(group.shown[:most])
                lines += [f"{rest:,} more of the kind {group.check}"] if rest else []
        return lines


def grouped(findings: Sequence[Finding], families: dict[str, Family], sentences: dict[str, str]) -> tuple[Group, ...]:
    """By check, errors first, else in the order in which they were found."""
    by_check: dict[tuple[str, Literal["error", "warning"]], list[Finding]] = {}
    for finding in findings:
        by_check.setdefault((finding.check, finding.severity), []).append(finding)
    groups = [
        Group(
            check=check,
            family=families.get(check, "structure"),
            severity=severity,
            line=sentences.get(check, ""),
            count=len(found),
            shown=tuple(Place(where=f.where, message=f.message) for f in found[:SHOWN_OF_A_CHECK]),
        )
        for (check, severity), found in by_check.items()
    ]
    return tuple(sorted(groups, key=lambda g: g.severity != "error"))
