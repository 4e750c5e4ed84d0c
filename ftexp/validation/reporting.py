"""From what was found to the report. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ftexp.redaction import redacted
from ftexp.validation import language
from ftexp.validation.catalogue import CATALOGUE
from ftexp.validation.corpus import Corpus, Found, Repeats, findings_of_all, is_labelled, is_translation, languages, repeats
from ftexp.validation.findings import Finding
from ftexp.validation.report import Alike, Count, DataFile, DataReport, Group, Histogram, SplitReport, Tally, Tokens
from ftexp.validation.survey import SPLITS

MOST_LABELS = 50
_BINS = 24


def report_of(corpus: Corpus, tally: Tally, files: Sequence[DataFile] = (), unread: int = 0) -> DataReport:
    """`tally` holds what was found in single lines; what is found in the whole is added to it."""
    for found in findings_of_all(corpus):
        _add(tally, found)
    if is_translation(corpus):
        tally.drop(language.ANSWER.id)
    groups = tuple(map(_redacted, tally.groups(CATALOGUE, corpus.checks.severity)))
    return DataReport(
        dataset=corpus.asked.name,
        files=tuple(files),
        splits=tuple(_split(corpus, number) for number in range(3)),
        token_rule=corpus.survey.counted_by,
        groups=groups,
        errors=sum(g.count for g in groups if g.severity == "error"),
        warnings=sum(g.count for g in groups if g.severity == "warning"),
        unread=unread,
    )


def _add(tally: Tally, found: Found) -> None:
    for i, (where, message) in enumerate(found.shown):
        rest = found.count - len(found.shown) if i == len(found.shown) - 1 else 0
        tally.add(Finding(found.check.id, found.check.severity, where, message), 1 + rest)


def _split(corpus: Corpus, split: int) -> SplitReport:
    import numpy as np

    survey = corpus.survey
    replies, sizes = np.unique(survey.of("reply", split), return_counts=True)
    frequent = np.argsort(-sizes, kind="stable")[: MOST_LABELS if is_labelled(corpus, split) else 0]
    turns, counts = np.unique(survey.of("turns", split), return_counts=True)
    return SplitReport(
        name=SPLITS[split],
        examples=survey.size(split),
        tokens=tokens_of(survey.of("tokens", split)) if survey.counted_by and survey.size(split) else None,
        turns=tuple(Count(what=str(n), count=int(count)) for n, count in zip(turns, counts, strict=True)),
        labels=tuple(Count(what=redacted(survey.labels.get(int(replies[i]), "(a long reply)")), count=int(sizes[i])) for i in frequent),
        distinct_replies=len(replies),
        languages=_languages(corpus, split),
        alike=_alike(repeats(corpus, split)),
    )


def _languages(corpus: Corpus, split: int) -> tuple[Count, ...]:
    if not corpus.survey.looked_into:
        return ()
    return tuple(Count(what=tag or "too short to tell, or code", count=n) for tag, n in languages(corpus.survey, split).items())


def _redacted(group: Group) -> Group:
    """Messages quote what they found."""
    return group.model_copy(update={"shown": tuple(p.model_copy(update={"message": redacted(p.message)}) for p in group.shown)})


def _alike(found: Repeats) -> Alike:
    near = None if found.near is None else len(found.near)
    return Alike(exact=len(found.exact), normalised=len(found.typed), but_for_numbers=len(found.numbers), near=near)


def tokens_of(lengths: Any) -> Tokens:
    """Of at least one example."""
    import numpy as np

    lengths = np.asarray(lengths, np.int64)
    p50, p95 = (int(np.percentile(lengths, q, method="inverted_cdf")) for q in (50, 95))
    counts, edges = np.histogram(lengths, bins=min(_BINS, int(lengths.max() - lengths.min()) + 1))
    histogram = Histogram(edges=tuple(round(float(e), 2) for e in edges), counts=tuple(int(c) for c in counts))
    return Tokens(total=int(lengths.sum()), p50=p50, p95=p95, longest=int(lengths.max()), histogram=histogram)


def with_lengths(report: DataReport, rule: str, lengths: Mapping[str, Sequence[int]]) -> DataReport:
    """With the tokens that the model's own rule counts, by split; a split without lengths keeps what it has only under the same rule."""
    splits = [
        s.model_copy(
            update={"tokens": tokens_of(lengths[s.name]) if lengths.get(s.name) else s.tokens if rule == report.token_rule else None}
        )
        for s in report.splits
    ]
    return report.model_copy(update={"splits": tuple(splits), "token_rule": rule})


def with_findings(report: DataReport, findings: Sequence[Finding], severities: Mapping[str, str]) -> DataReport:
    """With what was found later, when the model was known."""
    tally = Tally()
    for finding in findings:
        tally.add(finding)
    groups = (*report.groups, *tally.groups(CATALOGUE, severities))
    warnings = sum(g.count for g in groups if g.severity == "warning")
    return report.model_copy(update={"groups": groups, "warnings": warnings, "errors": sum(g.count for g in groups) - warnings})
