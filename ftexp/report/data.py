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
    from rich.table import Table

    table = Table()
    table.add_column("split")
    for column in (
        "examples",
        "tokens",
        "p50",
        "p95",
        "longest",
        "turns",
        "replies",
        "repeat exactly",
        "typed otherwise",
        "other numbers",
        "nearly",
    ):
        table.add_column(column, justify="right", overflow="fold")
    for split in report.splits:
        table.add_row(split.name, *_cells(split))
    return table


def _cells(split: SplitReport) -> list[str]:
    tokens, alike = split.tokens, split.alike
    lengths = [f"{n:,}" for n in (tokens.total, tokens.p50, tokens.p95, tokens.longest)] if tokens else [NOT_MEASURED, "", "", ""]
    turns = f"{split.turns[0].what} to {split.turns[-1].what}" if len(split.turns) > 1 else split.turns[0].what if split.turns else ""
    near = "not looked for" if alike.near is None else f"{alike.near:,}"
    repeated = [f"{n:,}" for n in (alike.exact, alike.normalised, alike.but_for_numbers)]
    return [f"{split.examples:,}", *lengths, turns, f"{split.distinct_replies:,}", *repeated, near]


def finding_lines(report: DataReport) -> list[str]:
    lines = [f"error     {shortened(line)}" for line in report.lines("error", SHOWN_OF_A_KIND)]
    lines += [f"warning   {shortened(line)}" for line in report.lines("warning", SHOWN_OF_A_KIND)]
    told = [f"unread    {counted(report.unread, 'line')}, in no count above"] if report.unread else []
    errors = counted(report.errors, "error") if report.errors else "no errors"
    warnings = counted(report.warnings, "warning") if report.warnings else "no warnings"
    return [*lines, *told, f"{errors}, {warnings}"]
