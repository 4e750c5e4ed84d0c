"""What a run or an evaluation came to, as it is told on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftexp.evaluation.flips import Flips
from ftexp.launch import Outcome, answers_of
from ftexp.report.terminal import answers_table, results_table
from ftexp.report.verdict import flips_lines, gates_table, verdict_line
from ftexp.run import Evaluated, Prepared
from ftexp.state import State

if TYPE_CHECKING:
    from rich.console import Console

SHOWN_ITEMS = 2


def show_scores(p: Prepared, outcome: Outcome[Evaluated], state: State, out: Console) -> None:
    """Scores, what changed, the first answers side by side, and the gates with their verdict."""
    record, evaluation = outcome.record, p.config.evaluation
    out.print(results_table(p, record))
    out.print(answers_table(p, answers_of(outcome.run, p, state), SHOWN_ITEMS))
    flips = state.journal.step_of(outcome.run.id, "flips")
    for line in flips_lines(Flips.model_validate_json(flips)) if flips else []:
        out.print(line, highlight=False, soft_wrap=True, markup=False)
    for metric, why in ((m, why) for m, by in record.comparison.failed.items() for why in list(by.values())[:1]):
        out.print(f"failed    {metric} broke on some items, which are unscored: {why}", highlight=False, soft_wrap=True, markup=False)
    if record.gates:
        out.print(gates_table(record.gates, evaluation.confidence))
        for name, why in record.gates.left_out.items():
            out.print(f"left out  gate {name}: {why}", highlight=False, soft_wrap=True, markup=False)
        out.print(f"verdict   {verdict_line(record.gates)}", highlight=False, soft_wrap=True, markup=False)
