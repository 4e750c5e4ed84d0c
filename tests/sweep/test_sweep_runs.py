"""Sweeps of real runs on the tiny model, as the command line carries them out."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from tiny import FOUR_RUNS, Project, ftexp

from ftexp.backends.local.backend import LocalBackend
from ftexp.data import loading
from ftexp.errors import TrainingError
from ftexp.state import State


def computed(project: Project) -> Counter[str]:
    with sqlite3.connect(project.path / ".ftexp" / "journal.db") as db:
        return Counter(name for (name,) in db.execute("SELECT name FROM steps WHERE result IS NOT NULL"))


def mlflow_runs(project: Project) -> list[Run]:
    client = MlflowClient(f"sqlite:///{project.path / 'mlflow.db'}")
    return list(client.search_runs([e.experiment_id for e in client.search_experiments()]))


def test_shared_work_is_done_once(swept) -> None:
    counts = computed(swept.project)
    assert counts["train"] == counts["answers_tuned"] == counts["losses_validation"] == counts["select"] == 4
    assert counts["answers_base"] == counts["answers_few_shot"] == counts["losses_base"] == counts["losses_few_shot"] == 1


def test_each_end_is_told_and_the_ranking_has_a_row_a_run(swept) -> None:
    ends = re.findall(r"^(\d): seed=(\d) n_epochs=(\d) finished in .*: chat/loss base ", swept.said.err, re.MULTILINE)
    assert ends == [("1", "0", "1"), ("2", "0", "2"), ("3", "1", "1"), ("4", "1", "2")]
    rows = [line.split() for line in swept.said.out.splitlines() if re.match(r" +[1-4]  ", line)]
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert {row[2] for row in rows[:2]} == {"2"}, "two epochs are better than one"
    assert [float(row[3]) for row in rows] == sorted(float(row[3]) for row in rows), "the lower loss first"


def test_what_the_ranking_is_worth_is_said(swept) -> None:
    out = swept.said.out
    assert "the interval widened for being the best of 4" in out
    assert "which did not choose it: -" in out
    assert "whether another would rank them so is not known; find out: ftexp confirm" in out


def test_the_same_command_again_does_nothing_and_says_the_same(copy_of_swept) -> None:
    before = computed(copy_of_swept.project)
    again = copy_of_swept.project.run(*FOUR_RUNS)
    assert again.code == 0, again.err
    assert "4 of 4 runs are on record" in again.err
    assert again.out == copy_of_swept.said.out
    assert computed(copy_of_swept.project) == before


def test_a_larger_sweep_does_only_what_is_missing(copy_of_swept) -> None:
    said = copy_of_swept.project.run(*FOUR_RUNS[:1], "seed=0,1,2", *FOUR_RUNS[2:])
    assert said.code == 0, said.err
    assert "4 of 6 runs are on record" in said.err
    assert computed(copy_of_swept.project)["train"] == 6


def test_runs_are_siblings_with_the_sweeps_tag_and_a_summary_of_its_own(swept) -> None:
    runs = mlflow_runs(swept.project)
    cells = [r for r in runs if f"ftexp.sweep.{swept.sweep}" in r.data.tags]
    assert sorted(r.data.tags[f"ftexp.sweep.{swept.sweep}"] for r in cells) == ["1", "2", "3", "4"]
    assert len({r.data.tags["mlflow.runColor"] for r in cells}) == 4
    assert not any("mlflow.parentRunId" in r.data.tags for r in runs)
    [summary] = [r for r in runs if r not in cells]
    assert (summary.data.tags["ftexp.summary"], summary.info.status) == (swept.sweep, "FINISHED")
    assert summary.data.tags["mlflow.note.content"].startswith("best: seed=")
    client = MlflowClient(f"sqlite:///{swept.project.path / 'mlflow.db'}")
    there = {file.path for file in client.list_artifacts(summary.info.run_id, "sweep")}
    assert there == {f"sweep/{n}" for n in ("ranking.md", "ranking.json", "heatmap.png", "curves.png", "score_against_time.png")}
    tags = client.get_experiment(summary.info.experiment_id).tags
    assert f"mlflow.sharedViewState.ftexp-sweep-{swept.sweep}" in tags


def test_the_ui_has_addresses_of_the_sweep(swept) -> None:
    from ftexp.commands.ui import _shown

    state = State(swept.project.path)
    found = _shown(swept.sweep[:6], state).addresses("http://127.0.0.1:5000")
    assert list(found) == ["curves", "compare", "answers", "summary"]
    assert f"viewStateShareKey=ftexp-sweep-{swept.sweep}" in found["curves"]
    assert found["compare"].count("%22") == 10, "four runs and the experiment"


def failing(seed: int, error: Exception) -> Callable[..., Any]:
    train = LocalBackend.train

    def train_or_fail(self: LocalBackend, job: Any, *rest: Any) -> Any:
        if job.seed == seed:
            raise error
        return train(self, job, *rest)

    return train_or_fail


@pytest.mark.parametrize("error", [TrainingError("training: out of memory"), ZeroDivisionError("a mistake of ours")])
def test_a_failing_run_is_told_at_once_and_the_others_finish(error: Exception, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("-m", "seed=0,1,2", "eval.few_shot=0")
    with monkeypatch.context() as patch:
        patch.setattr(LocalBackend, "train", failing(1, error))
        said = project.run(*words)
    assert said.code == 5
    told = [line for line in said.err.splitlines() if re.match(r"\d: seed=", line)]
    assert [line.split(" ")[2].rstrip(":") for line in told] == ["finished", "FAILED", "finished"]
    assert str(error) in told[1]
    assert f"failed    run 2: {error}" in said.out
    assert "missing   1 of 3 runs; the same command does only those" in said.out
    if isinstance(error, ZeroDivisionError):
        [traceback] = (project.path / ".ftexp" / "errors").iterdir()
        assert "train_or_fail" in traceback.read_text(encoding="utf-8")

    status = ftexp("status").out
    assert ": 2 of 3 finished" in status and "goes on with: ftexp run " in status and f"failed: {error}" in status

    again = project.run(*words)
    assert again.code == 0, again.err
    assert "2 of 3 runs are on record" in again.err
    assert computed(project)["train"] == 3
    assert ftexp("status").out.splitlines()[0] == "3 of 3 runs have finished"


def test_data_is_read_once_for_all_runs(bare_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []
    read = loading.reading.read
    monkeypatch.setattr(loading.reading, "read", lambda dataset, path, method: (reads.append(path), read(dataset, path, method))[1])
    words = [*bare_project.overrides, "seed=0,1,2", "model.provider.lora.rank=4,8"]
    plan = ftexp("plan", "-m", *words)
    assert (plan.code, len(reads)) == (0, 1)
    assert "6 runs; 13,428 training tokens" in plan.out
    assert not (bare_project.path / ".ftexp").exists()


def test_runs_side_by_side_are_processes_that_share_one_answer_of_the_base(project: Project) -> None:
    said = project.run("-m", "seed=0,1", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "eval.few_shot=1")
    assert said.code == 0, said.err
    assert computed(project)["train"] == 2
    assert computed(project)["answers_base"] == computed(project)["answers_few_shot"] == 1
    [row] = State(project.path).journal.sweeps()
    assert (row.launcher, row.at_once) == ("joblib", 2)


def test_other_seeds_say_whether_the_winner_is_better(copy_of_swept) -> None:
    said = ftexp("confirm", copy_of_swept.sweep, "--seeds", "1")
    assert said.code == 0, said.err
    assert computed(copy_of_swept.project)["train"] == 6, "the first two of other epochs, with seed 2"
    seeds = re.search(r"^seeds     (.*)$", said.out, re.MULTILINE)
    assert seeds and [part.split(":")[0] for part in seeds[1].split(", ")] == ["seed 0", "seed 1", "seed 2"]
    assert re.search(
        r"^verdict   n_epochs=2 is (better than|not shown to be better than) the second \(n_epochs=1\): ", said.out, re.MULTILINE
    )
    again = copy_of_swept.project.run(*FOUR_RUNS)
    assert "verdict   n_epochs=2 is" in again.out, "the ranking tells of the confirmation from now on"


def test_what_can_not_be_confirmed_is_told(finished) -> None:
    said = ftexp("confirm", "last")
    assert (said.code, said.err.startswith("ftexp: sweep 'last': found 0 on record")) == (2, True)
    assert "--seeds: found 0, expected a number from 1 to 100" in ftexp("confirm", "last", "--seeds", "0").err


def test_the_points_of_a_sweep_are_on_record(swept) -> None:
    cells = State(swept.project.path).journal.cells(swept.sweep)
    assert [json.loads(c.point) for c in cells] == [{"seed": s, "hyperparameters.n_epochs": e} for s in ("0", "1") for e in ("1", "2")]
