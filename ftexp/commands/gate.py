"""`ftexp gate RUN [KEY=VALUE ...]`: the verdict of a run's gates as an exit code, for scripts and CI."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftexp.config import RunConfig
from ftexp.errors import ConfigError
from ftexp.evaluation.gates import GateReport
from ftexp.evaluation.judging import judge
from ftexp.evaluation.scoring import Scores
from ftexp.records import find_run, record_of
from ftexp.report.verdict import gates_table, verdict_line
from ftexp.reproduction.recorded import overridden
from ftexp.state import State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="a run or an evaluation, by id or name, or last")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="other thresholds, as in eval.gates.format.at_least=0.9")
    parser.add_argument("--json", action="store_true", help="as JSON, for a script")


def main(arguments: argparse.Namespace) -> int:
    state = State(Path.cwd())
    row = find_run(arguments.run, state, ("run", "evaluation"))
    record = record_of(row)
    config = RunConfig.model_validate_json(row.config)
    report = _judged_anew(row.id, config, arguments.overrides, state) if arguments.overrides else record.gates
    if report is None:
        raise ConfigError(f"run {row.id}: has no gates; expected eval.gates. Judge it with: ftexp evaluate {row.id} eval=checklist")
    if arguments.json:
        print(report.model_dump_json(indent=2))
        return report.exit_code
    from rich.console import Console

    out = Console()
    out.print(gates_table(report, config.evaluation.confidence))
    out.print(f"verdict   {verdict_line(report)}", highlight=False, soft_wrap=True, markup=False)
    return report.exit_code


def _judged_anew(run: str, config: RunConfig, words: list[str], state: State) -> GateReport:
    """From the scores on record, by other gates."""
    if faults := [f"{word}: expected eval.gates..., since everything else is as it was" for word in words if not _is_of_gates(word)]:
        raise ConfigError(*faults)
    scores = Scores.model_validate_json(state.journal.step_of(run, "score") or "")
    changed = overridden(config, words)
    return judge(changed.evaluation, scores, changed.suitability.facts)


def _is_of_gates(word: str) -> bool:
    return word.startswith(("eval.gates", "eval.confidence="))
