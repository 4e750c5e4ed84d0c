"""What was found out about a dataset, as one value: the terminal, `--json`, the page and MLflow show this and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ftexp.validation.findings import Check, Family, Finding
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

    @property
    def examples(self) -> int:
        return sum(split.examples for split in self.splits)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those shown, errors first."""
        return tuple(Finding(g.check, g.severity, p.where, p.message) for g in self.groups for p in g.shown)

    def of(self, severity: Literal["error", "warning"]) -> tuple[Group, ...]:
        return tuple(g for g in self.groups if g.severity == severity)

    def lines(self, severity: Literal["error", "warning"], most: int) -> list[str]:
        """A line for each of the first `most` findings of a check, and how many more there are."""
        lines = []
        for group in self.groups:
            if group.severity == severity:
                lines += [f"{place.where}: {place.message}" for place in group.shown[:most]]
                rest = group.count - len(group.shown[:most])
                lines += [f"{rest:,} more of the kind {group.check}"] if rest else []
        return lines


class Tally:
    """Findings as they come: all are counted, the first of each kind are kept."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Literal["error", "warning"]], int] = {}
        self._shown: dict[tuple[str, Literal["error", "warning"]], list[Place]] = {}

    def add(self, finding: Finding, count: int = 1) -> None:
        """`count` above 1 is for findings that are counted and not told."""
        key = finding.check, finding.severity
        shown = self._shown.setdefault(key, [])
        self._counts[key] = self._counts.get(key, 0) + count
        if len(shown) < SHOWN_OF_A_CHECK:
            shown.append(Place(where=finding.where, message=finding.message))

    def drop(self, check: str) -> None:
        """As if it had not been looked for."""
        for key in [key for key in self._counts if key[0] == check]:
            del self._counts[key], self._shown[key]

    def merge(self, later: Tally) -> None:
        for key, count in later._counts.items():
            self._counts[key] = self._counts.get(key, 0) + count
            shown = self._shown.setdefault(key, [])
            shown.extend(later._shown[key][: SHOWN_OF_A_CHECK - len(shown)])

    def groups(self, catalogue: Mapping[str, Check], severities: Mapping[str, str]) -> tuple[Group, ...]:
        """With the severities of the config, errors first, else in the order in which they were found."""
        found = []
        for (ident, own), count in self._counts.items():
            severity = severities.get(ident, own)
            if severity == "error" or severity == "warning":
                check, shown = catalogue[ident], tuple(self._shown[ident, own])
                found.append(Group(check=ident, family=check.family, severity=severity, line=check.line, count=count, shown=shown))
        return tuple(sorted(found, key=lambda g: g.severity != "error"))
