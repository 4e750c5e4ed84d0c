"""report.md of a record, and the table of all records in `experiments/README.md`."""

from __future__ import annotations

from pathlib import Path

from ftexp.report.saying import duration
from ftexp.report.sweep import grid_markdown, markdown_row, ranking_lines, ranking_markdown
from ftexp.reproduction import files
from ftexp.reproduction.finding import Found
from ftexp.reproduction.recorded import SUBJECTS, Recorded
from ftexp.state import State
from ftexp.sweep.confirmation import confirmation_of
from ftexp.sweep.results import SweepResults, results_of

ANALYSIS = "## Analysis"  # what a person wrote below this line is kept when a record is written anew


def report(name: str, found: Found, old: Path, state: State) -> str:
    """Scores, what it was made with, how to make it again. No text of an example or an answer."""
    first = found.runs[0]
    goal = [first.config.goal, ""] if first.config.goal else []
    lines = [f"# {name}", "", *goal, f"Make it again: `ftexp reproduce {name} --verify`", ""]
    sweep = _sweep(found, state)
    if sweep and sweep.ranking:
        lines += ["## Ranking", "", *(f"- {line}" for line in _ranking_lines(sweep, state)), ""]
        for table in filter(None, (ranking_markdown(sweep.ranking), grid_markdown(sweep.ranking))):
            lines += [table, ""]
    else:
        lines += ["## Scores", "", *_scores(first), ""]
    return "\n".join([*lines, *_made_with(found), "", *_analysis(old)]) + "\n"


def index(directory: Path) -> str:
    """A row for each record there is."""
    records = {f.name: files.read_metrics(f) for f in sorted(directory.iterdir()) if (f / "metrics.json").is_file()}
    lines = [
        "# Experiments worth keeping",
        "",
        "Each folder has `config.yaml` (what was run), `metrics.json` (what it was made with and came to) and `report.md`. `ftexp freeze",
        "RUN NAME` writes one; `ftexp reproduce NAME --verify`, or `make reproduce NAME=NAME`, makes it again and says whether it came out",
        "the same: identical is promised for the same processor model, thread count and packages.",
        "",
        markdown_row(["record", "question", "runs", "tuned score on the test items", "frozen on"]),
        markdown_row(["---"] * 5),
    ]
    for name, metrics in records.items():
        cells = [
            f"[{name}]({name}/report.md)",
            " ".join((metrics.goal or "").split()),
            str(len(metrics.runs)),
            _scored(metrics),
            metrics.frozen_on,
        ]
        lines.append(markdown_row(cells))
    return "\n".join(lines) + "\n"


def _scored(metrics: files.Metrics) -> str:
    """From the lowest to the highest where there are several runs: test items pick no best one."""
    found = [run.outcome.scores.get(f"score/tuned/{metrics.headline}") for run in metrics.runs]
    scores = sorted({f"{score:.3f}": score for score in found if score is not None}.items(), key=lambda shown: shown[1])
    return f"{metrics.headline} {' to '.join(dict.fromkeys((scores[0][0], scores[-1][0])))}" if scores else "not measured"


def _sweep(found: Found, state: State) -> SweepResults | None:
    runs = {run.id for run in found.runs}
    fitting = [s for s in state.journal.sweeps() if {c.run for c in state.journal.cells(s.id)} == runs]
    return results_of(fitting[0], state) if fitting else None


def _ranking_lines(sweep: SweepResults, state: State) -> list[str]:
    assert sweep.ranking, "asked for only where there is one"
    return ranking_lines(sweep.ranking, sweep.row.id, "ftexp", confirmation_of(sweep, state))


def _scores(run: Recorded) -> list[str]:
    scores = run.outcome.scores
    metrics = [n.removeprefix("score/tuned/") for n in scores if n.startswith("score/tuned/") and n.count("/") == 3]
    if not metrics:
        return ["Not measured."]
    subjects = [s for s in SUBJECTS if any(f"score/{s}/{metric}" in scores for metric in metrics)]
    lines = [markdown_row(["metric", *subjects, "tuned - base"]), markdown_row(["---"] * (len(subjects) + 2))]
    for metric in metrics:
        means = [scores.get(f"score/{s}/{metric}") for s in subjects]
        cells = ["not measured" if mean is None else f"{mean:.3f}" for mean in means]
        delta = f"score/delta_base/{metric}"
        interval = f" [{scores[f'{delta}/ci_low']:+.3f}, {scores[f'{delta}/ci_high']:+.3f}]" if f"{delta}/ci_low" in scores else ""
        lines.append(markdown_row([metric, *cells, f"{scores[delta]:+.3f}{interval}" if delta in scores else "not measured"]))
    return [*lines, "", f"{scores.get(f'score/tuned/{metrics[0]}/n', 0):.0f} test items; intervals over items, not over seeds."]


def _made_with(found: Found) -> list[str]:
    first = found.runs[0]
    inputs, seconds = first.inputs, [run.outcome.seconds for run in found.runs if run.outcome.seconds is not None]
    packages = ", ".join(f"{name} {inputs.packages[name]}" for name in ("torch", "transformers", "peft") if name in inputs.packages)
    machine = {name: inputs.machine.get(name, "unknown") for name in ("processor", "device", "dtype", "threads", "python")}
    return [
        "## Made with",
        "",
        f"- {machine['processor']}, {machine['device']}, {machine['dtype']}, {machine['threads']} thread(s)",
        f"- Python {machine['python']}, {packages}",
        f"- {duration(sum(seconds))} of training and evaluation in {len(found.runs)} run(s); nothing billed: trained locally",
        f"- dataset {first.config.dataset.name} ({first.config.dataset.license or 'licence not stated'}), "
        f"model {first.config.model.name} ({first.config.model.license or 'licence not stated'})",
    ]


def _analysis(old: Path) -> list[str]:
    if not old.is_file():
        return []
    _, line, below = old.read_text(encoding="utf-8").partition(ANALYSIS)
    return [(line + below).rstrip("\n")] if line else []
