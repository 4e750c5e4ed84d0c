from __future__ import annotations

import csv
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO

import pytest
from compared import run
from rich.console import Console

from ftexp.compare import RunsCompared, compare_runs
from ftexp.report.comparison import csv as as_csv
from ftexp.report.comparison import html, markdown, terminal
from ftexp.report.comparison.tables import metric_grid, runs_grid, short_keys

HOSTILE = "<script>alert(1)</script> | [x](http://example.com) `code` \u202etxt.exe \x1b[31m 訂單"
CONFIG = {"seed": "0", "hyperparameters.n_epochs": "3", "goal": "=HYPERLINK(A1)"}


def compared() -> RunsCompared:
    one = run("a", [0, 0, 1], config=CONFIG, name="@one", questions=[HOSTILE, "y", "z"])
    other = run(
        "b", [1, 1, 0], config=CONFIG | {"seed": "-1", "goal": HOSTILE}, name=HOSTILE, questions=[HOSTILE, "y", "z"], replies=[HOSTILE] * 3
    )
    return compare_runs([one, other], notes=["left out"])


def in_terminal(c: RunsCompared) -> str:
    console = Console(file=StringIO(), width=300)
    for part in terminal.shown(c):
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_key_is_as_short_as_it_can_be_told_by() -> None:
    keys = ("hyperparameters.n_epochs", "dataset.split.seed", "seed", "model.name", "dataset.name")
    assert list(short_keys(keys).values()) == ["n_epochs", "split.seed", "seed", "model.name", "dataset.name"]


def test_the_table_of_runs_has_a_column_for_each_key_that_differs() -> None:
    grid = runs_grid(compared())
    assert grid.header == ("run", "name", "seed", "goal", "best validation loss", "trained in", "evaluated in")
    assert grid.rows[0] == ("a", "@one", "0", "=HYPERLINK(A1)", "1.500", "1 min 0 s", "30 s")


def test_what_was_not_measured_is_said_and_never_a_0() -> None:
    runs = compare_runs([run("a", [1]), replace(run("b", [1]), billed_usd=None, best_validation_loss=None)])
    assert runs_grid(runs).header[-1] == "billed"
    assert [row[2] for row in runs_grid(runs).rows] == ["1.500", "not measured"]
    assert [row[-1] for row in runs_grid(runs).rows] == ["$0.00", "not measured"]


def test_a_metric_has_base_once_then_a_row_a_run() -> None:
    c = compare_runs([run("a", [0] * 20), run("b", [1] * 20, name="second")])
    grid = metric_grid(c.metrics[0], c)
    assert grid.header == ("run", "", "score", "against a", "fixed", "broken")
    assert [row[0] for row in grid.rows] == ["base", "a", "b"]
    assert re.fullmatch(r"\+1\.000 \[\+0\.\d{3}, \+1\.000\] better", grid.rows[2][3])
    assert grid.rows[2][1:3] + grid.rows[2][4:] == ("second", "1.000 [0.839, 1.000]", "20", "0")


def test_where_base_is_not_the_same_each_run_shows_its_own() -> None:
    c = compare_runs([run("a", [1, 1]), run("b", [1, 1], base=[1, 1])])
    assert metric_grid(c.metrics[0], c).header[:3] == ("run", "", "base")
    assert "1.000 [0.342, 1.000]" in html.written(c)


def test_the_terminal_shows_counts_and_no_texts_of_items() -> None:
    text = in_terminal(compared())
    assert "cost: nothing billed: trained on this machine" in text and "left out" in text
    assert "b says" not in text and "a of y" not in text


def test_text_of_a_run_cannot_steer_the_terminal() -> None:
    text = in_terminal(compared())
    assert "<script>" in text, "it is shown"
    assert not any(c in text for c in "\x1b\u202e")


def test_text_of_a_run_is_text_in_markdown() -> None:
    text = markdown.written(compared())
    for line in text.splitlines():
        outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)  # what is in no code span
        assert not re.search(r"(?<!\\)(<script|\[x\])", outside), line
    assert not any(c in text for c in "\x1b\u202e")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows[:3]}) == 1, "a bar in a text begins no cell"


def test_markdown_lists_the_items_that_were_fixed_and_broken() -> None:
    text = markdown.written(compare_runs([run("a", [0, 0, 1]), run("b", [1, 0, 0])]))
    assert "### test/right: fixed by b (1)\n\n- asked `q0`, expected `a of q0`\n  - a said `a says 0`\n  - b said `b says 0`\n" in text
    assert "### test/right: broken by b (1)\n\n- asked `q2`" in text


def test_long_lists_of_items_are_cut_and_say_so() -> None:
    c = compare_runs([run("a", [0] * 30), run("b", [1] * 30)])
    for text in (markdown.written(c), html.written(c)):
        assert text.count("a of q") == 20 and "and 10 more" in text


@pytest.mark.parametrize(("text", "span"), [("a", "`a`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("", "`  `"), ("a\nb", "`a b`")])
def test_a_code_span_holds_any_text(text: str, span: str) -> None:
    assert markdown.code(text) == span


def rows_of(c: RunsCompared) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(as_csv.written(c))))


def test_csv_has_a_row_a_run_with_raw_figures_named_as_in_mlflow() -> None:
    one, other = rows_of(compared())
    assert (one["run"], one["score/tuned/test/right"], one["score/tuned/test/right/n"]) == ("a", str(1 / 3), "3")
    assert (other["score/delta_base/test/right"], other["validation/loss"], other["time/train_seconds"]) == (str(2 / 3), "1.5", "60.0")
    assert (other["against"], other["against/test/right"], other["fixed/test/right"], other["broken/test/right"]) == (
        "a",
        str(1 / 3),
        "2",
        "1",
    )
    assert one["against/test/right"] == ""


def test_text_in_csv_is_no_formula_and_a_negative_number_stays_one() -> None:
    one, other = rows_of(compared())
    assert (one["name"], one["goal"]) == ("'@one", "'=HYPERLINK(A1)")
    assert (one["seed"], other["seed"]) == ("0", "-1")
    assert "\x1b" not in other["name"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@A1", " =1", "\n=1", "＝1"])
def test_what_a_spreadsheet_would_take_for_a_formula_gets_an_apostrophe(text: str) -> None:
    assert as_csv.defused(text).startswith("'")
    assert as_csv.defused("a=1") == "a=1"


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_the_page_runs_no_script_and_loads_nothing() -> None:
    text = html.written(compared())
    page = Page(text)
    assert not page.tags & {"script", "a", "img", "link", "iframe", "object", "form", "base"}
    assert not [name for name, _ in page.attributes if name in ("src", "href", "action") or name.startswith("on")]
    assert "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'" in text
    assert "url(" not in text and "@import" not in text


def test_text_of_a_run_is_text_in_the_page() -> None:
    text = html.written(compared())
    assert "&lt;script&gt;alert(1)" in text and "訂單" in text
    assert not any(c in text for c in "\x1b\u202e")


def test_the_page_lists_the_items_that_were_fixed_and_broken() -> None:
    text = html.written(compare_runs([run("a", [0, 0, 1]), run("b", [1, 0, 0])]))
    assert re.search(r"<summary>1 fixed by <span class=\"id\">b</span>", text)
    assert (
        "<dt>asked</dt><dd>q2</dd><dt>expected</dt><dd>a of q2</dd><dt>a said</dt><dd>a says 2</dd><dt>b said</dt><dd>b says 2</dd>" in text
    )
