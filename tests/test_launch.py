from __future__ import annotations

import errno
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient
from tiny import Project, Said, ftexp

from ftexp.backends.local import training
from ftexp.backends.local.backend import LocalBackend
from ftexp.backends.results import Answers, TrainingResult
from ftexp.journal import Journal, RunRow
from ftexp.run import Record
from ftexp.state import State


def row_of(project: Project, run: str) -> RunRow:
    row = State(project.path).journal.run(run)
    assert row
    return row


def record_of(project: Project, run: str) -> Record:
    return Record.model_validate_json(row_of(project, run).record or "")


def times_computed(project: Project, name: str) -> int:
    with sqlite3.connect(project.path / ".ftexp" / "journal.db") as db:
        return int(db.execute("SELECT COUNT(*) FROM steps WHERE name=? AND result IS NOT NULL", (name,)).fetchone()[0])


def replies(project: Project, run: str, subject: str) -> tuple[str, ...]:
    answers = Answers.model_validate_json(State(project.path).journal.step_of(run, f"answers_{subject}") or "")
    return tuple(r.text for r in answers.replies)


def figures(training: TrainingResult) -> list[tuple[int, dict[str, float]]]:
    return [(p.step, p.figures) for p in training.curve]


def test_the_same_run_again_is_answered_from_the_journal(copy_of_finished) -> None:
    again = copy_of_finished.project.run("goal=Answer questions about places.")
    assert (again.code, again.run) == (0, copy_of_finished.said.run)
    assert "had done all of this; nothing was trained again (replicate=2 repeats it)" in again.out
    assert again.out.split("trained ")[0] == copy_of_finished.said.out.split("trained ")[0], "the table is the same"
    assert times_computed(copy_of_finished.project, "train") == 1


def test_an_answer_from_the_journal_imports_neither_torch_nor_mlflow(copy_of_finished) -> None:
    words = ["run", *copy_of_finished.project.overrides, "goal=Answer questions about places."]
    code = (
        f"import sys; from ftexp.cli import main; print(main({words!r}), sorted({{'torch', 'mlflow', 'transformers'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "0 []", done.stdout + done.stderr


def test_a_replicate_trains_again_and_comes_to_the_same_to_the_last_bit(copy_of_finished) -> None:
    project, first = copy_of_finished.project, copy_of_finished.said.run
    again = project.run("replicate=2")
    assert again.code == 0, again.err
    assert again.run != first
    assert (times_computed(project, "train"), times_computed(project, "answers_tuned"), times_computed(project, "answers_base")) == (
        2,
        2,
        2,
    )
    one, two = record_of(project, first), record_of(project, again.run)
    assert figures(one.training) == figures(two.training)
    assert (one.training.adapter, one.training.best_step) == (two.training.adapter, two.training.best_step)
    assert one.comparison == two.comparison
    assert replies(project, first, "tuned") == replies(project, again.run, "tuned")


def test_another_metric_trains_and_generates_nothing(copy_of_finished) -> None:
    project = copy_of_finished.project
    said = project.run("+eval.suites.chat.metrics.same={kind: exact_match}")
    assert said.code == 0, said.err
    assert "│ same " in said.out
    counts = {
        name: times_computed(project, name) for name in ("train", "answers_base", "answers_tuned", "losses_tuned", "score", "compare")
    }
    assert counts == {"train": 1, "answers_base": 1, "answers_tuned": 1, "losses_tuned": 1, "score": 2, "compare": 2}


def test_another_learning_rate_trains_and_the_base_need_not_answer_again(copy_of_finished) -> None:
    project = copy_of_finished.project
    assert project.run("hyperparameters.learning_rate_multiplier=0.5").code == 0
    counts = {name: times_computed(project, name) for name in ("train", "answers_base", "answers_few_shot", "answers_tuned")}
    assert counts == {"train": 2, "answers_base": 1, "answers_few_shot": 1, "answers_tuned": 2}


def test_the_rate_of_a_run_is_told_to_the_next_plan(copy_of_finished) -> None:
    plan = ftexp("plan", *copy_of_finished.project.overrides, "hyperparameters.n_epochs=3")
    assert re.search(r"  about [\d.]+ s \([^)]+\), nothing billed", plan.out)


def mistakes(said: Said) -> list[str]:
    """What stopped it, without the warnings and the advice before."""
    return [line for line in said.err.splitlines() if line.startswith("ftexp: ")]


class BrokenError(RuntimeError):
    pass


def break_training(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def train(*_: object) -> None:
        raise error

    monkeypatch.setattr(LocalBackend, "train", train)


def test_a_failure_in_training_is_recorded_with_its_reason(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    break_training(monkeypatch, BrokenError("out of memory"))
    with pytest.raises(BrokenError):
        project.run()
    (row,) = State(project.path).journal.runs()
    assert (row.state, row.error, row.record) == ("failed", "out of memory", None)
    run = mlflow_run(project)
    assert (run.info.status, run.data.tags["ftexp.error"]) == ("FAILED", "out of memory")
    assert "failed: out of memory" in ftexp("list").out


def mlflow_run(project: Project):
    client = MlflowClient(f"sqlite:///{project.path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("chats")
    (run,) = client.search_runs([experiment.experiment_id])
    return run


def test_a_run_that_failed_twice_and_then_went_well_is_finished(project: Project) -> None:
    for reason in ("first reason", "second reason"):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(BrokenError):
            break_training(patch, BrokenError(reason))
            project.run()
    assert mlflow_run(project).data.tags["ftexp.error"] == "second reason"
    said = project.run()
    assert said.code == 0, said.err
    assert row_of(project, said.run).state == "finished"
    run = mlflow_run(project)
    assert (run.info.status, run.data.tags["ftexp.error"]) == ("FINISHED", "")
    assert (
        run.info.end_time - run.info.start_time >= 1000 * (row_of(project, said.run).ended_at - row_of(project, said.run).started_at) - 1000
    )


def test_a_run_that_fails_again_for_the_first_reason_shows_it(project: Project) -> None:
    for reason in ("first reason", "second reason", "first reason"):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(BrokenError):
            break_training(patch, BrokenError(reason))
            project.run()
    assert mlflow_run(project).data.tags["ftexp.error"] == "first reason"


def test_a_run_that_failed_and_was_then_killed_shows_no_error_once_it_is_finished(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(BrokenError):
        break_training(patch, BrokenError("first reason"))
        project.run()
    journal = State(project.path).journal
    (row,) = journal.runs()
    journal.open_run(row.id, row.name, row.experiment, row.config, row.tracking)  # and no end: killed
    assert project.run().code == 0
    assert mlflow_run(project).data.tags["ftexp.error"] == ""


def fail_once(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    """Stands for a kill right before `owner.name`."""
    real, calls = getattr(owner, name), []

    def failing(*arguments: object, **named: object) -> object:
        calls.append(name)
        if len(calls) == 1:
            raise BrokenError(name)
        return real(*arguments, **named)

    monkeypatch.setattr(owner, name, failing)


def test_a_run_cut_off_before_its_training_is_on_record_trains_no_step_again(
    project: Project, the_finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_once(monkeypatch, Journal, "conclude")
    with pytest.raises(BrokenError):
        project.run("goal=Answer questions about places.")
    trained: list[int] = []
    monkeypatch.setattr(training._Trainer, "training_step", lambda *_: trained.append(1))
    said = project.run("goal=Answer questions about places.")
    assert (said.code, trained) == (0, [])
    whole, cut = (record_of(p, r) for p, r in ((the_finished.project, the_finished.said.run), (project, said.run)))
    assert (cut.comparison, figures(cut.training)) == (whole.comparison, figures(whole.training))
    assert cut.training.adapter == whole.training.adapter


def test_the_training_folder_goes_at_a_later_start_where_it_could_not_before(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_once(monkeypatch, State, "discard")
    with pytest.raises(BrokenError):
        project.run()
    assert list((project.path / ".ftexp" / "training").iterdir())
    assert project.run().code == 0
    assert not list((project.path / ".ftexp" / "training").iterdir())
    assert times_computed(project, "train") == 1


def test_a_full_disk_is_one_message_and_the_same_command_goes_on(project: Project) -> None:
    with pytest.MonkeyPatch.context() as patch:
        break_training(patch, OSError(errno.ENOSPC, "No space left on device"))
        said = project.run()
    message = f"{project.path / '.ftexp'}: the disk is full; free some space, then the same command goes on"
    assert (said.code, said.err.splitlines()[-1]) == (5, f"ftexp: {message}")
    assert [(r.state, r.error) for r in State(project.path).journal.runs()] == [("failed", message)]
    assert project.run().code == 0


def test_what_was_planned_later_adds_no_second_point_to_the_figures_of_the_data(project: Project) -> None:
    """A first start knows no rate of this machine, one after a cut does."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(BrokenError):
        fail_once(patch, Journal, "conclude")
        project.run()
    assert project.run().code == 0
    run = mlflow_run(project)
    client = MlflowClient(f"sqlite:///{project.path / 'mlflow.db'}")
    assert run.data.metrics["time/estimated_train_seconds"] > 0
    histories = [client.get_metric_history(run.info.run_id, name) for name in run.data.metrics if name.startswith("data/")]
    assert {len(history) for history in histories} == {1}


def test_an_interrupted_run_says_how_to_go_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    break_training(monkeypatch, KeyboardInterrupt())
    said = project.run()
    assert (said.code, said.err.splitlines()[-1]) == (130, "ftexp: interrupted; the same command goes on from where it was")
    assert [r.state for r in State(project.path).journal.runs()] == ["interrupted"]
    assert mlflow_run(project).info.status == "KILLED"


def test_a_failure_after_training_is_recorded_as_well(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def closing_events(*_: object) -> None:
        raise BrokenError("no space left")

    monkeypatch.setattr("ftexp.launch.closing_events", closing_events)
    with pytest.raises(BrokenError):
        project.run()
    assert [(r.state, r.error) for r in State(project.path).journal.runs()] == [("failed", "no space left")]


def test_a_tracking_server_that_is_away_does_not_stop_the_run(bare_project: Project) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        said = bare_project.run("tracking=server", f"tracking.uri={uri}")
        assert said.code == 0, said.err
        assert f"mlflow    is behind: {uri}: MLflow can't be written (" in said.out
        assert "The run is safe in the journal; complete it with: ftexp sync" in said.out
        synced = ftexp("sync")
        assert (synced.code, synced.out.startswith(f"{said.run} e1-lr1.0-s0-chats-tiny-llama")) == (5, True)
    assert record_of(bare_project, said.run).training.steps == 6


def test_what_mlflow_could_not_be_told_is_completed_by_sync(project: Project) -> None:
    (project.path / "mlartifacts").write_text("a file where the artifacts belong", encoding="utf-8")
    said = project.run()
    assert said.code == 0, said.err
    assert "mlflow    is behind: " in said.out
    (project.path / "mlartifacts").unlink()
    assert ftexp("sync").out == f"{said.run} e1-lr1.0-s0-chats-tiny-llama: complete\n"
    assert mlflow_run(project).info.status == "FINISHED"
    assert ftexp("sync").out == "MLflow has everything already\n"


def write_foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE guests (name TEXT)")
    db.close()


def write_text(path: Path) -> None:
    path.write_text("not a database, though long enough to be looked at", encoding="utf-8")


REFUSED = {
    "another program's": (write_foreign, "a database, but not one of MLflow's (tables: guests); move it away, or name another file"),
    "no database": (write_text, "not an SQLite database (file is not a database); move it away, or name another file"),
    "a directory": (Path.mkdir, "the MLflow database can't be written (unable to open database file)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_database_that_is_not_mlflows_is_refused_before_training(case: str, bare_project: Project) -> None:
    write, message = REFUSED[case]
    write(bare_project.path / "mlflow.db")
    said = bare_project.run()
    assert (said.code, len(mistakes(said))) == (5, 1)
    assert message in said.err
    assert not (bare_project.path / ".ftexp").exists(), "nothing was begun"


def test_a_database_in_a_directory_that_is_not_there_is_refused_before_training(bare_project: Project) -> None:
    said = bare_project.run("tracking.database=gone/mlflow.db")
    assert (said.code, len(mistakes(said))) == (5, 1)
    assert "gone/mlflow.db: the MLflow database can't be created there; name a writable place in tracking.database" in said.err


def test_a_locked_database_is_refused_before_training(project: Project) -> None:
    holder = sqlite3.connect(project.path / "mlflow.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    said = project.run()
    holder.close()
    assert (said.code, len(mistakes(said))) == (5, 1)
    assert "(database is locked); another program holds it; end that program or wait" in said.err


def test_a_model_that_is_not_here_stops_the_run_and_not_the_plan(bare_project: Project) -> None:
    words = ["model=smollm2-135m", "dataset=jsonl", "dataset.path=chats.jsonl"]
    for command, code in (("plan", 0), ("run", 5)):
        said = ftexp(command, *words)
        assert said.code == code
        assert "model 'smollm2-135m' has not been fetched yet; fetch it with: ftexp model fetch smollm2-135m" in said.out + said.err


def test_a_missing_extra_stops_the_run_before_anything_is_written(bare_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import PackageNotFoundError

    from ftexp.backends.local import machine

    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(machine, "version", version)
    said = bare_project.run()
    assert said.code == 2
    assert mistakes(said) == [
        "ftexp: training on this machine needs packages that are not installed; install them with: pip install 'ftexp[local]'"
    ]
    assert not (bare_project.path / ".ftexp").exists()


def test_a_corrupt_cache_is_told_with_what_mends_it(bare_project: Project) -> None:
    from ftexp.backends.embedded import cached
    from ftexp.backends.providers import LocalProvider
    from ftexp.compose import compose

    provider = compose(["model=smollm2-135m"], bare_project.path).config.model.provider
    assert isinstance(provider, LocalProvider) and provider.package
    cached(provider.package).mkdir(parents=True)
    (cached(provider.package) / "manifest.json").write_text(json.dumps({"files": {"config.json": {"size_bytes": 1, "sha256": "0" * 64}}}))
    said = ftexp("run", "model=smollm2-135m", "dataset=jsonl", "dataset.path=chats.jsonl")
    assert said.code == 5
    assert "the cache is corrupt, mend it with: ftexp model fetch smollm2-135m" in said.err


def test_a_directory_that_can_not_be_written_is_one_message(bare_project: Project) -> None:
    (bare_project.path / ".ftexp").write_text("a file is in the way", encoding="utf-8")
    said = bare_project.run()
    assert (said.code, len(mistakes(said))) == (5, 1)
    assert "run ftexp in a directory that you may write to" in said.err


def not_utf8(path: Path) -> None:
    path.write_bytes(b'{"messages": []}\n\xff\xfe')


def unreadable(path: Path) -> None:
    path.touch()
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("whoever runs this may read anything")


BAD_DATA = {
    "missing": (lambda path: None, "bad.jsonl: no such file; expected a file of examples (looked in "),
    "empty": (Path.touch, "bad.jsonl: the file is empty; expected one chat example a line"),
    "broken": (lambda path: path.write_text('{"messages": [', encoding="utf-8"), "bad.jsonl line 1: not JSON ("),
    "not UTF-8": (not_utf8, "bad.jsonl line 2: not UTF-8 (byte 0xff); save the file as UTF-8"),
    "directory": (Path.mkdir, "bad.jsonl: is a directory; expected a file of examples"),
    "unreadable": (unreadable, "bad.jsonl: can't be read (Permission denied); check the file's permissions"),
}


@pytest.mark.parametrize("command", ["run", "plan", "check"])
@pytest.mark.parametrize("case", BAD_DATA)
def test_data_that_can_not_be_used_is_refused(case: str, command: str, bare_project: Project) -> None:
    write, message = BAD_DATA[case]
    write(bare_project.path / "bad.jsonl")
    said = ftexp(command, *bare_project.overrides, "dataset.path=bad.jsonl")
    assert said.code == 4
    told = said.out if said.out else said.err
    assert f"{'error     ' if said.out else 'ftexp: '}{message}" in told
