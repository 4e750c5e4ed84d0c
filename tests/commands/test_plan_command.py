"""`ftexp plan`: for people, as JSON, for sweeps, with what is on record; and all of it from nothing but files."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tiny import Project, ftexp

from ftexp.cost import total
from ftexp.plan import PlanReport
from ftexp.state import State

SWEEP = ("-m", "hyperparameters.n_epochs=3,4", "seed=0,1")

ALONE = """
import os, socket, sys
def refuse(*_): raise AssertionError("the network was asked")
socket.socket.connect = socket.getaddrinfo = refuse
os.environ.pop("OPENAI_API_KEY", None)
from ftexp.cli import main
code = main(["plan", *sys.argv[1:]])
heavy = {"torch", "transformers", "mlflow", "openai", "pandas"} & set(sys.modules)
assert not heavy, heavy
sys.exit(code)
"""


def planned(*words: str, code: int = 0) -> PlanReport:
    said = ftexp("plan", *words, "--json")
    assert (said.code, said.err) == (code, "")
    return PlanReport.model_validate_json(said.out)


def test_a_plan_answers_five_questions_and_writes_nothing(bare_project: Project) -> None:
    said = ftexp("plan", *bare_project.overrides, "hyperparameters.n_epochs=3")
    assert (said.code, said.err) == (0, "")
    assert [line for line in said.out.splitlines() if not line.startswith(" ")] == [
        "Is the data sound?",
        "Is fine-tuning the right tool?",
        "What will it take?",
        "Will it show whether it helped?",
        "What next?",
    ]
    assert "chats: 42 training, 9 validation (18% of both), 9 test examples; licence not stated" in said.out
    assert "few-shot: 42 training examples are too few to learn a task from (at least 100)" in said.out
    assert "if the requirements are stable (suitability.requirements_stable; else prompt engineering)" in said.out
    assert "chat/loss: not measured, until a first run on this data tells how much it varies" in said.out
    assert f"  ftexp run {' '.join(bare_project.overrides)} hyperparameters.n_epochs=3\n" in said.out
    assert not (bare_project.path / ".ftexp").exists()


def test_the_json_is_one_value_that_reads_back(bare_project: Project) -> None:
    report = planned(*bare_project.overrides, "suitability.requirements_stable=true")
    [run], [data] = report.runs, report.data
    assert (data.train, data.validation, data.test, report.totals.runs) == (42, 9, 9, 1)
    assert (run.run is not None, run.seconds, run.on_record) == (True, None, ())
    assert run.training_tokens and run.training_tokens.expected == run.tokens_a_pass
    assert (data.advice.tool, "requirements" in str(data.advice.assumed)) == ("few-shot", False)
    assert {m.metric: m.spread for m in report.metrics} == {"chat/loss": None, "chat/chrf": None, "chat/token_f1": None}


def test_a_sweep_has_a_row_a_run_and_what_is_shared_once(bare_project: Project) -> None:
    report = planned(*bare_project.overrides, *SWEEP)
    assert [run.point for run in report.runs][1:3] == [
        {"hyperparameters.n_epochs": "3", "seed": "1"},
        {"hyperparameters.n_epochs": "4", "seed": "0"},
    ]
    assert (len(report.data), len(report.models), report.totals.runs) == (1, 1, 4)
    a_run, shared = report.runs[0].steps, 4  # answers and losses of base and few-shot
    assert report.totals.steps == 4 * a_run - 3 * shared
    assert report.totals.training_tokens == total(run.training_tokens for run in report.runs) is not None


def test_a_sweep_as_typed_is_a_table(bare_project: Project) -> None:
    said = ftexp("plan", *bare_project.overrides, *SWEEP)
    assert said.code == 0
    assert "4 runs; 31," in said.out or "4 runs; " in said.out
    rows = [line.split()[:3] for line in said.out.splitlines() if line.startswith("    ") and line.split()[0].isdigit()]
    assert rows == [["1", "3", "0"], ["2", "3", "1"], ["3", "4", "0"], ["4", "4", "1"]]
    assert "ftexp plan -m" not in said.out.split("--measure")[1]


def test_a_mistyped_option_and_a_mistyped_key_name_what_was_meant(bare_project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        ftexp("plan", "--jsno")
    assert stopped.value.code == 2
    said = ftexp("plan", "hyperparameters.n_epoch=3", "--json")
    assert (said.code, said.out, "did you mean n_epochs?" in said.err) == (2, "", True)


def test_usual_mistakes_are_told_and_stop_nothing(bare_project: Project) -> None:
    words = ["hyperparameters.learning_rate_multiplier=9.0", "hyperparameters.n_epochs=12"]
    [run] = planned(*bare_project.overrides, *words).runs
    assert [m.check for m in run.mistakes] == ["small_data_many_epochs", "rate_outside"]
    assert "careful: hyperparameters.n_epochs: 12 epochs over 42 examples" in ftexp("plan", *bare_project.overrides, *words).out


def test_a_hosted_model_comes_with_dated_facts(bare_project: Project) -> None:
    said = ftexp("plan", "model=gpt-4.1-mini")
    assert said.code == 0
    assert "$5 a million training tokens (https://openai.com/api/pricing, read 2026-11-22" in said.out
    assert "takes new jobs until 2027-01-06, " in said.out and "stops on 2027-01-14, " in said.out
    assert "tickets/exact_match: a change of 11.4 points or more, by 120 test items" in said.out


def test_over_budget_the_exit_code_says_so_and_the_advice_too(bare_project: Project) -> None:
    report = planned("model=gpt-4.1-mini", "budget.usd=0.01", code=4)
    assert (report.budget.says, report.data[0].advice.tool) == ("refused", "prompt engineering")
    report = planned("model=gpt-4.1-mini", "budget.usd=100")
    assert (report.budget.says, "budget" in str(report.data[0].advice.assumed)) == ("fits", False)


def test_it_loads_no_model_and_asks_neither_key_nor_network(bare_project: Project) -> None:
    for words in (["model=gpt-4.1-mini"], [*bare_project.overrides, *SWEEP]):
        done = subprocess.run([sys.executable, "-c", ALONE, *words, "--json"], capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["format"] == 1


def test_what_is_on_record_takes_nothing_and_tells_how_much_scores_vary(finished) -> None:
    report = planned(*finished.project.overrides)
    [run], loss = report.runs, report.metrics[0]
    assert (len(run.on_record), report.totals.steps_on_record, run.seconds and run.seconds.expected) == (run.steps, run.steps, 0.0)
    assert loss.spread and (loss.spread.kind, loss.spread_from) == ("deviation", run.run)
    assert loss.smallest_change and 0 < loss.smallest_change < 5
    [evidence] = report.data[0].advice.evidence
    assert evidence.startswith(f"run {run.run} (tiny-llama) on the same data: chat/loss, tuned - few-shot ")


def test_another_seed_shares_the_answers_of_the_base(finished) -> None:
    [run] = planned(*finished.project.overrides, "seed=7").runs
    assert set(run.on_record) == {"answers_base", "answers_few_shot", "losses_base", "losses_few_shot"}


def test_other_data_has_no_evidence(finished) -> None:
    report = planned(*finished.project.overrides, "dataset.train_examples=30")
    assert (report.data[0].advice.evidence, report.metrics[0].spread) == ((), None)


def test_measuring_times_a_few_steps_and_the_next_plan_knows(bare_project: Project) -> None:
    said = ftexp("plan", *bare_project.overrides, "--measure", "--json")
    assert said.code == 0, said.err
    assert "6 training steps" in said.err and "answers: few_shot at " in said.err and "loss: tuned at " in said.err
    report = PlanReport.model_validate_json(said.out)
    assert report.totals.seconds and report.totals.seconds.expected > 0
    assert planned(*bare_project.overrides).totals.seconds == report.totals.seconds
    assert State(bare_project.path).journal.runs() == []
