"""A data report in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftexp.config import RunConfig
from ftexp.report.terminal import NOT_MEASURED, shortened
from ftexp.validation.findings import counted
from ftexp.validation.report import DataReport, SplitReport

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

SHOWN_OF_A_KIND = 5


def shown(report: DataReport, config: RunConfig, out: Console) -> None:
    """What there is, then what was found, errors first."""
    for line in head_lines(report, config):
        out.print(line, highlight=False, markup=False, soft_wrap=True)
    out.print(splits_table(report))
    for line in finding_lines(report):
        out.print(line, highlight=False, markup=False, soft_wrap=True)


def head_lines(report: DataReport, config: RunConfig) -> list[str]:
    dataset = config.dataset
    row = config.checks.size.training.get(dataset.task_type)
    advice = (
        f"{row.minimum:,} training examples at least, {row.advised[0]:,} to {row.advised[1]:,} advised, {row.best:,} best"
        if row
        else "none"
    )
    lines = [f"dataset   {report.dataset} (licence: {dataset.license or 'not stated'}; source: {dataset.source or 'not stated'})"]
    lines += [f"file      {f.name}: {counted(f.lines, 'line')}, {f.bytes:,} bytes, sha256 {f.sha256[:16]}" for f in report.files]
    return [*lines, f"advised   for {dataset.task_type}: {advice}", f"tokens    by {report.token_rule or NOT_MEASURED}"]


def splits_table(report: DataReport) -> Table:
    """A column a split, so that it fits a narrow terminal."""
    from rich.table import Table

    table = Table()
    table.add_column("")
    for split in report.splits:
        table.add_column(split.name, justify="right")
    for row in zip(*(_figures(split) for split in report.splits), strict=True):
        table.add_row(row[0][0], *(value for _, value in row))
    return table


def _figures(split: SplitReport) -> list[tuple[str, str]]:
    tokens, alike, turns = split.tokens, split.alike, [count.what for count in split.turns]
    lengths = f"{tokens.p50:,} / {tokens.p95:,} / {tokens.longest:,}" if tokens else NOT_MEASURED
    return [
        ("examples", f"{split.examples:,}"),
        ("tokens", f"{tokens.total:,}" if tokens else NOT_MEASURED),
        ("  an example: half / 95 % / all up to", lengths),
        ("user messages an example", f"{turns[0]} to {turns[-1]}" if len(turns) > 1 else "".join(turns)),
        ("different replies", f"{split.distinct_replies:,}"),
        ("repeat an earlier one exactly", f"{alike.exact:,}"),
        ("  but for case, width, white space", f"{alike.normalised:,}"),
        ("  but for numbers", f"{alike.but_for_numbers:,}"),
        ("  nearly", "not looked for" if alike.near is None else f"{alike.near:,}"),
    ]


def finding_lines(report: DataReport) -> list[str]:
    lines = [f"error     {shortened(line)}" for line in report.lines("error", SHOWN_OF_A_KIND)]
    lines += [f"warning   {shortened(line)}" for line in report.lines("warning", SHOWN_OF_A_KIND)]
    told = [f"unread    {counted(report.unread, 'line')}, in no count above"] if report.unread else []
    errors = counted(report.errors, "error") if report.errors else "no errors"
    warnings = counted(report.warnings, "warning") if report.warnings else "no warnings"
    return [*lines, *told, f"{errors}, {warnings}"]
