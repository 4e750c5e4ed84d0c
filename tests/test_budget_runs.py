"""A budget over real runs of a tiny model: refused before, stopped while running, gone on with, and shared by a sweep."""

from __future__ import annotations

import sqlite3

import pytest
from tiny import Project, ftexp

from ftexp.errors import ExitCode
from ftexp.journal import Journal
from ftexp.state import State

LONG = "hyperparameters.n_epochs=5"  # 30 steps


def journal(project: Project) -> Journal:
    return State(project.path).journal


def trained(project: Project) -> int:
    with sqlite3.connect(project.path / ".ftexp" / "journal.db") as db:
        return int(db.execute("SELECT COUNT(*) FROM steps WHERE name='train' AND result IS NOT NULL").fetchone()[0])


def test_a_run_that_uses_up_its_minutes_stops_with_a_checkpoint_and_goes_on_with_more(project: Project) -> None:
    first = project.run(LONG, "budget.minutes=0.0001")
    assert first.code == ExitCode.REFUSED
    assert "not judged beforehand, since no run of this kind was measured here yet; watched while running" in first.err
    assert "training: stopped after step 1 of 30, with a checkpoint" in first.err
    assert "the same command with a higher budget.minutes goes on from there" in first.err
    (run,) = journal(project).runs()
    assert (run.state, list((project.path / ".ftexp" / "training").glob("*/checkpoint-1")) != []) == ("interrupted", True)
    assert journal(project).taken(run.id, "minutes").spent > 0.0001
    again = project.run(LONG, "budget.minutes=0.0001")
    assert again.code == ExitCode.REFUSED
    assert "(budget.minutes, of which earlier attempts took " in again.err and "nothing was started" in again.err
    more = project.run(LONG, "budget.minutes=100")
    assert (more.code, more.run) == (0, run.id)
    taken = journal(project).taken(run.id, "minutes")
    assert (taken.reserved, taken.spent < 100) == (0, True)


def test_a_measured_run_over_budget_is_refused_before_it_starts(copy_of_finished) -> None:
    project = copy_of_finished.project
    said = project.run("seed=1", "budget.minutes=0.0001")
    assert said.code == ExitCode.REFUSED
    assert "refused; it may take up to" in said.err
    assert "nothing was started" in said.err
    assert (trained(project), len(journal(project).runs())) == (1, 1)


def test_what_is_on_record_costs_nothing_and_sets_nothing_aside(copy_of_finished) -> None:
    project = copy_of_finished.project
    said = project.run("goal=Answer questions about places.", "budget.minutes=0.0001")
    assert (said.code, said.run) == (0, copy_of_finished.said.run)
    assert journal(project).taken(said.run, "minutes").spent == 0


def test_a_sweep_over_budget_starts_nothing_and_names_what_fits(copy_of_finished) -> None:
    project = copy_of_finished.project
    said = ftexp("plan", *project.overrides, "-m", "seed=1,2", "budget.minutes=0.001")
    assert said.code == ExitCode.REFUSED
    assert "refused; 2 runs may take up to" in said.out
    again = project.run("-m", "seed=1,2", "budget.minutes=0.001")
    assert (again.code, trained(project)) == (ExitCode.REFUSED, 1)
    assert "would let all of it start" in again.err


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_the_runs_of_a_sweep_share_one_budget(launcher: str, project: Project) -> None:
    """Never measured, so nothing is refused before: what the first runs take isn't there for the others."""
    said = project.run("-m", "seed=1,2", f"hydra/launcher={launcher}", "budget.minutes=0.0001")
    assert said.code == ExitCode.REFUSED
    assert [f"refused   run {number}: " in said.out for number in (1, 2)] == [True, True]
    assert trained(project) == 0


def test_the_hours_of_this_machine_count_where_they_have_a_price(project: Project) -> None:
    said = project.run(LONG, "budget.usd=0.00001", "model.provider.usd_per_hour=3600")
    assert said.code == ExitCode.REFUSED
    assert "budget.usd: $0.00001 are used up" in said.err


def test_the_estimate_stands_beside_what_it_took(copy_of_finished) -> None:
    said = copy_of_finished.project.run("seed=1", "model.provider.usd_per_hour=2")
    assert said.code == 0, said.err
    assert "estimated about " in said.out
    assert "of this machine's hours, estimated $" in said.out
    bodies = journal(copy_of_finished.project).bodies([said.run], "figures/0/")[said.run]
    assert all(any(f'"{name}"' in body for body in bodies) for name in ("cost/estimated_usd_low", "time/estimated_seconds_high"))


def test_a_model_that_has_ended_is_refused_with_its_date(bare_project: Project) -> None:
    said = ftexp("run", "model=gpt-4.1-mini", "model.provider.model=gpt-3.5-turbo", "budget.usd=1")
    assert said.code == ExitCode.USAGE
    assert said.err.splitlines()[-1].startswith("ftexp: gpt-3.5-turbo: was shut down on 2026-10-23")


def test_a_plan_over_budget_says_what_would_fit(bare_project: Project) -> None:
    said = ftexp("plan", "model=gpt-4.1-mini", "budget.usd=0.01")
    assert said.code == ExitCode.REFUSED
    assert "budget: $0.01 (budget.usd): refused" in said.out
    assert "fits: model=smollm2-135m, which learns on this machine and bills nothing" in said.out


def test_a_plan_of_an_unknown_model_is_not_measured_and_no_error(bare_project: Project) -> None:
    said = ftexp("plan", "model=gpt-4.1-mini", "model.provider.model=gpt-x")
    assert said.code == 0, said.err
    assert "cost not measured" in said.out
    assert "gpt-x is not in the price table openai" in said.out
