"""The page of a checked dataset: what it says, and that nothing on it runs or loads."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from ftexp.report.data_page import page
from ftexp.report.pages import visible
from ftexp.validation.report import Alike, Count, DataFile, DataReport, Group, Histogram, Place, SplitReport, Tokens

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=https://evil.example/x onerror=alert(1)>',
    "</style><svg onload=alert(1)>",
    "javascript:alert(1)",
    '=HYPERLINK("https://evil.example")',
    "a\u202eexe.txt",
    "nul\0\x1b[31m",
    "half \ud800",
    "{{ 7 * 7 }}",
    "x" * 1_000_000,
]


def split(name: str, examples: int, *, text: str = "yes", tokens: bool = True) -> SplitReport:
    counts = Tokens(total=900, p50=30, p95=48, longest=60, histogram=Histogram(edges=(0, 30, 60), counts=(examples, 0)))
    return SplitReport(
        name=name,
        examples=examples,
        tokens=counts if tokens else None,
        turns=(Count(what="1", count=examples),),
        labels=(Count(what=text, count=examples),),
        distinct_replies=1,
        languages=(Count(what="zh-Hant", count=examples),),
        alike=Alike(exact=0, normalised=1, but_for_numbers=2, near=None),
    )


def group(severity: str, count: int, text: str, check: str = "secret", family: str = "content") -> Group:
    shown = (Place(where=text, message=text),)
    return Group.model_validate({"check": check, "family": family, "severity": severity, "line": "Why.", "count": count, "shown": shown})


def report(text: str = "mine", *, groups: tuple[Group, ...] = (), splits: tuple[SplitReport, ...] | None = None) -> DataReport:
    return DataReport(
        dataset=text,
        files=(DataFile(name=text, split="train", sha256="a" * 64, bytes=1, lines=1),),
        splits=(split("train", 80, text=text), split("test", 20)) if splits is None else splits,
        token_rule="o200k_base",
        groups=groups,
        errors=sum(g.count for g in groups if g.severity == "error"),
        warnings=sum(g.count for g in groups if g.severity == "warning"),
        unread=0,
    )


class Read(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12].encode("ascii", "backslashreplace").decode())
def test_nothing_runs_or_loads_whatever_the_data_says(text: str) -> None:
    written = page(report(text, groups=(group("error", 3, text),)))
    found = Read(written)
    assert not {"script", "img", "svg", "iframe", "link", "object", "a", "form", "base"} & set(found.tags)
    assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("src", "href", "action")]
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'") in found.attributes
    styles = "".join(value for name, value in found.attributes if name == "style")
    assert "url(" not in written.split("<body>")[0] and "(" not in styles
    assert len(written.encode("utf-8")) < 60_000
    assert all(c.isprintable() or c == "\n" for c in written)


def test_what_can_not_be_seen_is_made_visible_and_long_text_is_shortened() -> None:
    assert visible("a\u202eb\0\ud800\u200b") == "a⟨U+202E⟩b⟨U+0000⟩⟨U+D800⟩⟨U+200B⟩"
    assert visible("訂單\nabc") == "訂單 ⏎ abc"
    assert visible("x" * 10, longest=4) == "xxxx…"


def test_the_verdict_comes_first() -> None:
    assert "<b>Sound</b>" in page(report())
    assert "<b>Sound, with 1 warning</b>" in page(report(groups=(group("warning", 1, "x"),)))
    told = page(report(groups=(group("error", 1200, "x"), group("warning", 2, "x"))))
    assert "<b>1,200 errors to mend</b>" in told and "2 warnings besides." in told


def test_a_finding_has_its_meaning_its_first_places_and_how_many_more() -> None:
    told = page(report(groups=(group("warning", 7, "mine.jsonl line 17"),)))
    assert all(part in told for part in ("What is inside the texts", "Why.", "mine.jsonl line 17", "and 6 more"))


def test_families_with_errors_stand_before_the_others() -> None:
    told = page(report(groups=(group("error", 1, "x"), group("warning", 1, "x", "blank_line", "file"))))
    assert told.index("What is inside the texts") < told.index("The file")


def test_distributions_are_shown_by_split() -> None:
    told = page(report())
    assert all(part in told for part in ("1 turn<", "Traditional Chinese", "80 · 100 %", "half below <b>30</b>", "1,800"))
    assert "80 examples of 0 to 30 tokens" in told


def test_what_was_not_measured_is_said_and_never_a_0() -> None:
    told = page(report(splits=(split("train", 5, tokens=False),)))
    assert "<b>not counted</b>" in told and "near-duplicates were not looked for" in told and "Tokens in an example" not in told


def test_a_file_without_a_good_line_has_a_page_too() -> None:
    told = page(report(splits=(), groups=(group("error", 1, "x"),)))
    assert "<b>1 error to mend</b>" in told and "What the data is like" not in told
