"""What came of an augmentation, in the terminal: counts, samples, the effect on the data, and how to measure that on the score."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ftexp.augmentation.rows import Came, Made, Row, users_of
from ftexp.augmentation.writing import MANIFEST, Manifest
from ftexp.compose import Composed
from ftexp.data.loading import Loaded
from ftexp.data.messages import Example
from ftexp.report.saying import program
from ftexp.validation.facts import facts_of
from ftexp.validation.report import DataReport

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

SAMPLES = 4
_LONGEST_REFUSED = 160
_LONGEST = 400  # characters of a text that is shown


def show(manifest: Manifest, came: Came, data: Loaded, after: DataReport, composed: Composed, directory: Path, out: Console) -> None:
    for line in (*_made_lines(manifest, came), *_sample_lines(came)):
        out.print(line, highlight=False, markup=False, soft_wrap=True)
    out.print(_effect(data, after, came))
    for line in _closing_lines(manifest, composed, directory):
        out.print(line, highlight=False, markup=False, soft_wrap=True)


def _made_lines(manifest: Manifest, came: Came) -> list[str]:
    how = ", ".join(f"{name} {count:,}" for name, count in manifest.made.items() if name != manifest.kind)
    lines = [f"made      {len(came.made.pairs):,} training rows" + (f": {how}" if how else "")]
    return [*lines, *refused_lines(came.made), *(f"note      {note}" for note in came.notes)]


def refused_lines(made: Made) -> list[str]:
    """A line a reason, the most frequent first, with the first text that it was said of."""
    shown = {why: f"; the first: {_shown(text)[:_LONGEST_REFUSED]}" for why, text in made.refused_texts.items()}
    return [f"refused   {count:,}: {why}{shown.get(why, '')}" for why, count in made.refused.most_common()]


def _sample_lines(came: Came) -> list[str]:
    """Of rows that something else was done to each, as far as there are such, then of rows all over the data."""
    pairs, seen, found = came.made.pairs, set[str](), list[tuple[Example, Row]]()
    for pair in pairs:
        if not seen >= set(pair[1].provenance.how):
            seen.update(pair[1].provenance.how)
            found.append(pair)
    spread = [pair for pair in pairs[:: max(len(pairs) // SAMPLES, 1)] if pair not in found]
    return [line for example, row in [*found, *spread][:SAMPLES] for line in _sample(example, row)]


def _sample(example: Example, row: Row) -> list[str]:
    how = ", ".join(row.provenance.how) or row.provenance.kind
    lines = ["", f"{example.origin} ({how})"]
    if row.example.rejected:
        texts = [("asked", users_of(example)[-1]), ("right", example.reference), ("wrong", row.example.rejected.content)]
    else:
        changed = [pair for pair in zip(users_of(example), users_of(row.example), strict=True) if pair[0] != pair[1]]
        texts = [text for before, after in changed for text in (("before", before), ("after", after))]
    return [*lines, *(f"  {name:<7} {_shown(text)}" for name, text in texts)]


def _shown(text: str) -> str:
    plain = text.replace("\n", "\\n")
    return plain if len(plain) <= _LONGEST else plain[:_LONGEST] + "…"


def _effect(data: Loaded, after: DataReport, came: Came) -> Table:
    """The figures of `ftexp check` on the training part, as it was and as it is now."""
    from rich.table import Table

    table = Table()
    for heading in ("training part", "before", "after"):
        table.add_column(heading, justify="left" if heading == "training part" else "right")
    now = [row.example for row in came.parts["train"]]
    if any(e.rejected for e in now):
        table.add_row("different wrong answers", "0", f"{len({e.rejected.content for e in now if e.rejected}):,}")
    for name, before, behind in zip(_NAMES, _figures(data.report, data.splits.train), _figures(after, now), strict=True):
        table.add_row(name, before, behind)
    return table


_NAMES = (
    "examples",
    "different user inputs",
    "different replies",
    "repeat an earlier one exactly",
    "  but for case, width, white space",
    "  but for numbers",
    "  nearly",
)


def _figures(report: DataReport, examples: Sequence[Example]) -> tuple[str, ...]:
    split, unique = report.splits[0], len({facts_of(e).inputs for e in examples})
    alike = split.alike
    near = "not looked for" if alike.near is None else f"{alike.near:,}"
    inputs = f"{unique:,} ({unique / len(examples):.0%})"
    repeats = (f"{alike.exact:,}", f"{alike.normalised:,}", f"{alike.but_for_numbers:,}", near)
    return (f"{split.examples:,}", inputs, f"{split.distinct_replies:,}", *repeats)


def _closing_lines(manifest: Manifest, composed: Composed, directory: Path) -> list[str]:
    files = ", ".join(f"{f.path} ({f.rows:,} rows{f', {f.made:,} of them made' if f.made else ''})" for f in manifest.files)
    run = f"{program()} run"
    return [
        f"wrote     {directory}: {files}, {MANIFEST}; the original is as it was",
        "measure   the effect on the score, on the same test questions:",
        f"  without {run} {shlex.join(_without(composed))}".rstrip(),
        f"  with    {run} {shlex.join(_with(manifest, composed, directory))}",
        f"  both    {program()} compare RUN RUN",
    ]


def _without(composed: Composed) -> list[str]:
    return list(composed.overrides)


def _with(manifest: Manifest, composed: Composed, directory: Path) -> list[str]:
    """The words of the command, with other data: what a dataset has chosen by its name has to be said now."""
    dataset = composed.config.dataset
    kept = [word for word in composed.overrides if _key(word).split(".")[0] != "dataset" and _key(word) != "training.method"]
    named = [f"dataset.name={dataset.name}-{manifest.kind}", *_said(composed, "name", composed.config.name)]
    facts = {"task_type": dataset.task_type, "license": dataset.license, "source": dataset.source}
    said = [
        f"dataset.{key}={_quoted(value)}" for key, value in facts.items() if value is not None and (key, value) != ("task_type", "task")
    ]
    files = {"path": "train", "validation": "validation", "test": "test"}
    given = [f"dataset.{key}={_quoted((directory / split).as_posix())}.jsonl" for key, split in files.items()]
    method = "dpo" if manifest.kind == "negatives" else composed.config.training.method
    chosen = composed.choices.get("eval")
    evaluation = [f"eval={chosen}"] if chosen not in (None, "chat") and not any(_key(w) == "eval" for w in kept) else []
    return ["dataset=jsonl", *given, *named, *said, *evaluation, *kept, *([f"training.method={method}"] if method != "supervised" else [])]


def _said(composed: Composed, key: str, value: str) -> list[str]:
    """Unless the command says it itself."""
    return [] if any(_key(word) == key for word in composed.overrides) else [f"{key}={_quoted(value)}"]


def _key(word: str) -> str:
    return word.partition("=")[0].lstrip("+~")


def _quoted(text: str) -> str:
    """As Hydra reads it."""
    return text if re.fullmatch(r"[\w./-]+", text, re.ASCII) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
