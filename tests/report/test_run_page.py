"""The report of a run: what it says first, that its numbers are those given, and that nothing on it runs or loads."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser

import pytest

from ftexp.backends.results import Point
from ftexp.cost import Range
from ftexp.diagnosis import Diagnosis
from ftexp.evaluation.flips import Flip, Flips
from ftexp.evaluation.gates import GateReport, Judged, Result
from ftexp.evaluation.metrics.equal import ExactMatch
from ftexp.evaluation.metrics.measured import HeldOutLoss
from ftexp.evaluation.scoring import Comparison
from ftexp.evaluation.statistics import Difference, Mean
from ftexp.report.run.facts import Confusion, DataUsed, Fact, RunReport, Spent
from ftexp.report.run.markdown import markdown
from ftexp.report.run.page import page, passage, pieces
from ftexp.report.run.shown import gate_shown
from ftexp.report.run.verdict import outcome, verdict

HEADLINE, LOSS = "tickets/exact_match", "tickets/loss"
HOSTILE = [
    "<script>document.title='x'</script>",
    '"><img src=https://evil.example/x onerror=alert(1)>',
    "</style><svg onload=alert(1)>",
    "javascript:alert(1)",
    "--></title><iframe src=//evil.example>",
    "a\u202eexe.txt",
    "nul\0\x1b[31m",
    "half \ud800",
    "{{ 7 * 7 }}{% raw %}",
    "| a | `b` [c](https://evil.example)\n\n# d",
    "x" * 1_000_000,
    "\n" * 1_000_000,
    "",
]
TAGS = (
    " html head meta title style body header footer section h1 h2 h3 p span b i bdi br small time div dl dt dd ol ul li table caption "
    "colgroup col thead tbody tr th td figure figcaption details summary pre mark svg line circle path polyline text "
)
SECTIONS = ("Gates", "Scores", "Training", "Items that changed", "Diagnosis", "Data", "Cost and time", "Make it again")


def mean(value: float, low: float | None = None, high: float | None = None, n: int = 120) -> Mean:
    return Mean(value=value, standard_error=None, low=low, high=high, n=n)


def difference(value: float, low: float | None, high: float | None, n: int = 120) -> Difference:
    return Difference(value=value, low=low, high=high, n=n)


def judged(result: Result, text: str = "text", value: float | None = 0.8, limit: float = 0.5) -> Judged:
    low, high = (None, None) if value is None else (value - 0.1, value + 0.1)
    return Judged(
        gate=text,
        line=text,
        metric=text,
        result=result,
        compared=text,
        value=value,
        low=low,
        high=high,
        n=77,
        threshold=limit,
        wanted=text,
        reason=text,
        next_step=text,
        items_needed=620,
    )


def flips(text: str, count: int = 1) -> tuple[Flip, ...]:
    one = Flip(item=7, prompt=text, reference=text, said_before=text, said_after=text[::-1], before=0, after=1, reason=text)
    return (one,) * count


def points(steps: int) -> tuple[Point, ...]:
    return tuple(Point(step=n, epoch=n / 100, figures={"train/loss": 2.0 / n, "validation/loss": 2.5 / n}) for n in range(1, steps + 1))


def scores(found: Difference | None = None) -> Comparison:
    means = {
        HEADLINE: {"base": mean(0.123, 0.081, 0.202), "few_shot": mean(0.345), "tuned": mean(0.915, 0.868, 0.946)},
        LOSS: {"base": mean(1.342, 1.29, 1.4), "tuned": mean(0.019, 0.015, 0.023, 118)},
    }
    gap = {HEADLINE: {"base": found or difference(0.792, 0.705, 0.855)}, LOSS: {"base": difference(-1.323, -1.38, -1.27, 118)}}
    return Comparison.model_validate({"means": means, "differences": gap, "unscored": {LOSS: {"tuned": 2}}})


def bare(text: str = "mine") -> RunReport:
    """Everything that may be missing is."""
    return RunReport(
        goal="",
        run="a7fee7e79d",
        name=text,
        experiment="",
        started=datetime(2026, 11, 24, 9, 41),
        model=text,
        settings=(),
        data=DataUsed(text, "", "", 3, 1, 1),
        headline=HEADLINE,
        metrics={HEADLINE: ExactMatch(kind="exact_match")},
        comparison=Comparison(means={}, differences={}, unscored={}),
        confidence=0.95,
        few_shot=0,
        curve=(),
        best_step=None,
        version="0.1.0",
        written_on=date(2026, 11, 25),
    )


def full(text: str = "words", many: int = 1) -> RunReport:
    """`text` in every place that takes one."""
    named = f"{text[:5000]}/{text[:5000]}"
    return replace(
        bare(text),
        goal=text,
        run=text,
        experiment=text,
        settings=(Fact(text, text),) * many,
        data=DataUsed(text, text, text, 240, 60, 120, (text,) * many),
        metrics={HEADLINE: ExactMatch(kind="exact_match"), LOSS: HeldOutLoss(kind="held_out_loss"), named: ExactMatch(kind="exact_match")},
        comparison=scores(),
        few_shot=3,
        curve=(*points(300), Point(step=301, epoch=3, figures={f"train/{text[:5000]}": 1.0, text[:5000]: 1.0})),
        best_step=160,
        evaluated="The model evaluated is that of step 160, where the validation loss is lowest.",
        version=text,
        gates=GateReport(gates=(judged("pass", text), judged("not_measurable", text, None))),
        flips=Flips(metric=named, other=text, fixed=flips(text, many), broken=flips(text, many)),
        confusion=Confusion(text, (text,) * 3, (text,) * 4, ((1, 2, 3, 4),) * 3),
        diagnoses=(Diagnosis(condition="plateau", evidence=text, remedies=(text,) * many, override=text),),
        spent=(Spent(text, "seconds", Range(low=1, expected=2, high=3), 2.5), Spent(text, "usd", None, 0.123)),
        money=text,
        commands=(text,) * many,
        made_with=(Fact(text, text),) * many,
        packages=(text,) * many,
    )


class Read(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def words(written: str) -> str:
    """What a reader sees, in one line."""
    return " ".join(re.sub(r"<[^>]*>", "", written.partition("<body>")[2]).split())


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12].encode("ascii", "backslashreplace").decode())
def test_nothing_runs_or_loads_whatever_stands_in_any_text(text: str) -> None:
    written = page(full(text))
    found = Read(written)
    assert all(f" {tag} " in TAGS for tag in found.tags)
    assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("src", "href", "xlink:href", "action", "srcset")]
    assert all(re.fullmatch(r"(--share|flex-grow):[\d.]+", value) for name, value in found.attributes if name == "style")
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'") in found.attributes
    assert "<script" not in written and "url(" not in written.partition("<body>")[0] and "@import" not in written
    assert all(c.isprintable() or c == "\n" for c in written)
    assert len(written.encode("utf-8")) < 120_000


def test_a_page_of_very_much_is_bounded() -> None:
    long = "\0" * 1_000_000
    written = page(replace(full(long, many=3000), curve=points(5000)))
    assert len(written.encode("utf-8")) < 6_000_000  # 12 bytes for a control that is made visible
    assert page(replace(full(), curve=points(5000))).count("<circle") < 100


@pytest.mark.parametrize(
    ("found", "title", "tone"),
    [
        (difference(0.8, 0.72, 0.86), "Better than the base", "good"),
        (difference(-0.8, -0.86, -0.72), "Worse than the base", "bad"),
        (difference(0.01, -0.02, 0.04), "No difference from the base shown", "warn"),
        (difference(1.0, None, None, 1), "No difference from the base shown", "warn"),
    ],
)
def test_without_gates_the_interval_decides_the_first_words(found: Difference, title: str, tone: str) -> None:
    told = verdict(replace(full(), gates=None, comparison=scores(found)))
    assert (told.title, told.tone) == (title, tone)


def test_the_first_words_have_the_figure_and_the_items() -> None:
    told = words(page(replace(full(), gates=None)))
    assert "Better than the base +0.792 [+0.705, +0.855] exact match on 120 items" in told
    assert told.index("Better than the base") < told.index("Scores")


@pytest.mark.parametrize(
    ("results", "title", "tone", "line"),
    [
        (("pass", "pass"), "Better than the base, and every gate passes", "good", "All 2 gates pass."),
        (("pass", "fail"), "Better than the base, but 1 gate fails", "bad", "1 gate passes, 1 fails."),
        (("pass", "inconclusive"), "Better than the base, but not every gate is decided", "warn", "1 gate passes, 1 is undecided."),
        (("not_measurable",) * 2, "Better than the base, but not every gate is decided", "warn", "2 gates can't be measured."),
    ],
)
def test_with_gates_their_verdict_colours_the_first_words(results: tuple[Result, ...], title: str, tone: str, line: str) -> None:
    told = verdict(replace(full(), gates=GateReport(gates=tuple(judged(result) for result in results))))
    assert (told.title, told.tone, told.gates) == (title, tone, line)


def test_a_lower_loss_is_better_and_stands_at_the_right() -> None:
    assert outcome(difference(-1.3, -1.4, -1.2), lower_is_better=True) == "better"
    r = replace(full(), headline=LOSS)
    assert verdict(r).title.startswith("Better") and 'class="dot tuned" cx="97.93%"' in page(r)


def test_what_was_not_measured_is_said_and_never_a_0() -> None:
    told = words(page(bare()))
    assert "Not measured against the base exact match: no item has a score of both" in told
    assert "tuned not measured" in told and "0.000" not in told


def test_what_a_run_had_none_of_has_no_heading() -> None:
    told = page(bare())
    assert all(f"<h2>{title}</h2>" not in told for title in ("Gates", "Training", "Items that changed", "Diagnosis", "Cost and time"))
    assert "not stated" in told and "nan" not in told


def test_a_curve_of_one_point_is_a_dot() -> None:
    told = page(replace(bare(), curve=points(1), best_step=1))
    assert "step 1: 2.5" in told and "<polyline" not in told


def test_every_score_is_the_one_given() -> None:
    told = words(page(full()))
    for said in (
        "base 0.123 [0.081, 0.202] +0.792 [+0.705, +0.855] better",
        "few-shot (3) 0.345",
        "tuned 0.915 [0.868, 0.946]",
        "118 to 120 items, nats/token, lower is better",
        "−1.323 [−1.380, −1.270] better",
        "tuned 0.019 [0.015, 0.023]2 items unscored",
    ):
        assert said in told


def test_a_gate_says_its_result_in_words_with_value_threshold_and_what_to_do() -> None:
    told = words(page(replace(full(), gates=GateReport(gates=(judged("inconclusive", "do this", 0.8, 0.95),)))))
    assert all(said in told for said in ("? inconclusive", "0.800 [0.700, 0.900]", "0.95", "77 items", "620 items would decide it"))


def test_figures_of_any_size_are_drawn_inside_their_box() -> None:
    wild = replace(bare(), gates=GateReport(gates=(judged("fail", value=-1e308, limit=1e308), judged("fail", value=0, limit=1e-300))))
    curve = tuple(Point(step=n, epoch=0, figures={"train/loss": (-1) ** n * 1e308, "validation/loss": 1e-308}) for n in range(50))
    written = page(replace(wild, curve=curve, comparison=scores(difference(1e308, -1e308, 1e308))))
    places = [float(v) for v in re.findall(r'c?[xy][12]?="(-?[\w.+-]+)%"', written)]
    assert places and all(0 <= v <= 100 for v in places)
    assert "inf" not in words(written) and "nan" not in written


def test_a_value_far_below_its_threshold_stands_at_the_left_of_it() -> None:
    shown = gate_shown(judged("fail", value=-1e308, limit=1e308))
    assert shown.bar and shown.bar.middle < 40 and shown.threshold > 60


def test_broken_items_stand_before_fixed_ones_and_the_first_twenty_of_each_are_there() -> None:
    told = page(replace(full(), flips=Flips(metric=HEADLINE, other="base", fixed=flips("right", 80), broken=flips("wrong", 2))))
    assert told.index("<h3>Broken</h3>") < told.index("<h3>Fixed</h3>")
    assert told.count("Asked (item 7)") == 22 and "17 more fixed, of 77" in told


def test_a_long_text_is_cut_and_more_of_it_is_there_on_asking() -> None:
    told = page(replace(full(), flips=Flips(metric=HEADLINE, other="base", fixed=flips("ab " * 2000), broken=())))
    assert "6,000 characters, the first 1,000" in told
    assert passage("a\nb\x1b") == "a\nb⟨U+001B⟩" and passage("x" * 9, 4) == "xxxx…"


def test_the_words_that_the_reference_has_otherwise_are_marked() -> None:
    found = pieces('{"priority": "normal"}', '{"priority": "high"}')
    assert [p.text for p in found if p.odd] == ["normal"]
    assert not any(p.odd for p in pieces("Sorry, I can't.", '{"priority": "high"}'))


def test_an_empty_reply_is_said_to_be_nothing() -> None:
    assert pieces("", "yes") == ()
    assert "tuned said (1)nothing" in words(page(replace(full(), flips=Flips(metric=HEADLINE, other="base", fixed=flips(""), broken=()))))


def test_counts_of_answers_and_what_was_spent_are_there() -> None:
    r = replace(full(), confusion=Confusion("category", ("billing",), ("billing", "refund"), ((22, 3),)))
    told = words(page(r))
    assert "billingrefund billing223" in told
    assert "2 s (1 s to 3 s)" in told and "within the range" in told and "$0.123" in told


def test_the_markdown_says_the_same_without_texts_of_items() -> None:
    told = markdown(replace(full(), flips=Flips(metric=HEADLINE, other="base", fixed=flips("secret", 3), broken=())))
    assert told.startswith("# Better than the base, but not every gate is decided\n")
    assert "**+0.792 [+0.705, +0.855]** exact match on 120 items" in told
    assert "| tickets/exact match | 0.123 \\[0.081, 0.202\\] | 0.345 |" in told
    assert "0 broken, 3 fixed" in told and "secret" not in told


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12].encode("ascii", "backslashreplace").decode())
def test_no_text_breaks_out_of_its_place_in_the_markdown(text: str) -> None:
    told = markdown(full(text))
    assert all(c.isprintable() or c == "\n" for c in told) and len(told) < 30_000
    assert [line for line in told.splitlines() if line.startswith("#")] == [
        "# Better than the base, but not every gate is decided",
        *(f"## {title}" for title in SECTIONS),
    ]
    assert not re.search(r"(?<!\\)<(script|img|svg|iframe)", re.sub(r"`[^`]*`", "", told))
    assert markdown(bare(text)).startswith("# Not measured against the base\n")
