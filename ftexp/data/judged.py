"""The report on a dataset in memory, from the cache where the same data was judged by the same rules before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache as once
from pathlib import Path
from time import perf_counter

from pydantic import ValidationError

from ftexp.data.messages import Example, Splits
from ftexp.files import write_atomically
from ftexp.validation.checks import Checks
from ftexp.validation.corpus import Asked, Corpus
from ftexp.validation.report import DataFile, DataReport, Tally
from ftexp.validation.reporting import report_of
from ftexp.validation.survey import Rule, survey_of
from ftexp.values import digest

WORTH_KEEPING = 0.5  # seconds


def judged(
    splits: Splits,
    tally: Tally,
    files: Sequence[DataFile],
    unread: int,
    asked: Asked,
    checks: Checks,
    cache: Path | None = None,
    count: Rule | None = None,
) -> DataReport:
    """`count` is the name of a token rule and what counts by it."""
    parts = (splits.train, splits.validation, splits.test)
    key = _key(parts, files, asked, checks, count[0] if count else "")
    if kept := kept_report(cache, key):
        return kept
    started = perf_counter()
    examples = sum(map(len, parts))
    inside = checks if examples <= checks.content.most_examples else None
    survey = survey_of(parts, count, examples <= checks.near.most_examples, inside, tally)
    report = report_of(Corpus.of(survey, checks, asked), tally, files, unread)
    if cache is not None and perf_counter() - started > WORTH_KEEPING:
        keep_report(cache, key, report)
    return report


def kept_report(cache: Path | None, key: str) -> DataReport | None:
    """None where none is kept, or what is kept can't be read."""
    try:
        return DataReport.model_validate_json((cache / f"{key}.json").read_bytes()) if cache else None
    except (OSError, ValidationError):
        return None  # it is made anew and written over


def keep_report(cache: Path, key: str, report: DataReport) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    write_atomically(cache / f"{key}.json", report.model_dump_json().encode("utf-8"))


@once
def rules() -> str:
    """A digest of the code that judges: a changed rule judges again."""
    folders = (Path(__file__).parent, Path(__file__).parent.parent / "validation")
    return hashlib.sha256(b"".join(p.read_bytes() for folder in folders for p in sorted(folder.glob("*.py")))).hexdigest()


def _key(parts: Sequence[Sequence[Example]], files: Sequence[DataFile], asked: Asked, checks: Checks, count: str) -> str:
    """Files are known by their bytes; what comes with the package, and parts of a file, by what they say."""
    said = [[(e.origin, e.said) for e in part] for part in parts]
    return digest(
        rules(),
        [f.model_dump() for f in files],
        said,
        asked.name,
        asked.task_type,
        asked.is_cut,
        vars(asked.limit) if asked.limit else None,
        checks,
        count,
    )
