from __future__ import annotations

import re
import shlex

from tiny import ftexp


def test_the_table_has_a_row_a_metric_and_a_column_a_subject(finished) -> None:
    header = next(line for line in finished.said.out.splitlines() if "metric" in line)
    assert re.split(r"\s*┃\s*", header)[1:-1] == ["metric", "base", "few-shot (3)", "tuned", "tuned - base", "tuned - few-shot"]
    table = finished.said.out.split("9 items; mean")[0]
    rows = [re.split(r"\s*│\s*", line)[1:-1] for line in table.splitlines() if line.startswith("│")]
    assert [row[0] for row in rows] == ["loss (lower is better)", "chrf", "token_f1"]
    assert re.fullmatch(r"\d\.\d{3} ±\d\.\d{3}", rows[0][1])
    assert re.fullmatch(r"-\d\.\d{3} \[-\d\.\d{3}, -\d\.\d{3}\]", rows[0][4]), "tuned is better than base by more than chance"


def test_the_facts_say_what_was_trained_and_what_it_cost(finished) -> None:
    out = finished.said.out
    assert re.search(r"^trained   6 steps, [\d,]+ tokens in \d+ s \(\d+ tokens/s\); best validation loss at step 6", out, re.MULTILINE)
    assert re.search(r"^evaluated 9 items x 3 in \d+ s$", out, re.MULTILINE)
    assert "cost      nothing billed: trained on this machine" in out


def test_standard_output_holds_results_and_standard_error_the_progress(finished) -> None:
    assert "training ..." in finished.said.err
    assert "training ..." not in finished.said.out


def test_the_next_command_can_be_run_as_it_stands(finished) -> None:
    line = next(line for line in finished.said.out.splitlines() if line.startswith("try next"))
    _, _, command, *words = shlex.split(line)
    assert [command, words[0]] == ["ftexp", "run"]
    assert words[-1] == "hyperparameters.n_epochs=3"
    assert '"n_epochs": 3' in ftexp("plan", *words[1:], "--json").out


def test_the_advice_comes_before_the_training_and_nothing_unsaid_is_taken_for_granted(finished) -> None:
    before = finished.said.err.split("training ...")[0]
    assert "advice    few-shot, if the requirements are stable, no answer needs facts of the day and one good answer" in before
    assert "careful   hyperparameters.n_epochs: 1 is below the usual 3 to 5" in before


def test_mlflow_is_told_the_advice(finished) -> None:
    from ftexp.state import State

    run = finished.said.run
    told = State(finished.project.path).journal.bodies([run], "tags/")[run]
    assert any('"ftexp.advice":"few-shot"' in body for body in told)
    assert any("Advice before the run: few-shot, if the requirements are stable" in body for body in told)


def test_without_few_shot_examples_that_column_is_left_out(copy_of_finished) -> None:
    said = copy_of_finished.project.run("eval.few_shot=0")
    assert said.code == 0, said.err
    assert "few-shot" not in said.out
    assert "evaluated 9 items x 2" in said.out


def test_a_preset_that_was_picked_is_named(copy_of_finished) -> None:
    words = [w for w in copy_of_finished.project.overrides if not w.startswith("hyperparameters.learning")]
    said = ftexp("run", *words)
    assert said.code == 0, said.err
    assert "preset    small_dataset, for 42 training examples" in said.err


def test_what_would_not_be_done_is_refused_before_anything_is_written(bare_project) -> None:
    for mistake, told in (
        ("hyperparameters.n_epochs=provider_auto", "hyperparameters: found provider_auto, which is for hosted services"),
        ("hyperparameters={n_epochs: auto, candidates: {}}", "found auto, but no preset for"),
    ):
        said = bare_project.run("preset=small_dataset", mistake)
        assert (said.code, told in said.err) == (2, True), said.err
    assert not (bare_project.path / ".ftexp").exists()
