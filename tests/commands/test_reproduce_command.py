from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from compared import copy_run
from tiny import Project, Said, ftexp, new_project, write_chats

from ftexp.backends.local.backend import LocalBackend
from ftexp.reproduction.files import folders_with_text
from ftexp.state import State
from ftexp.tracking.events import Params, Text, parse


def lines(said: Said, beginning: str) -> list[str]:
    return [line.split(maxsplit=1)[1] for line in said.out.splitlines() if line.startswith(f"{beginning} ")]


def own_model(project: Project) -> str:
    """It lies outside of the project, so that a record from elsewhere may not name it by itself."""
    return f"model.provider.path={project.model}"


def times_trained(project: Project) -> int:
    with sqlite3.connect(project.path / ".ftexp" / "journal.db") as db:
        return int(db.execute("SELECT COUNT(*) FROM steps WHERE name='train' AND result IS NOT NULL").fetchone()[0])


def tags(project: Project, run: str) -> dict[str, str]:
    from mlflow import MlflowClient

    row = State(project.path).journal.run(run)
    assert row and row.mlflow_run
    return dict(MlflowClient(f"sqlite:///{project.path / 'mlflow.db'}").get_run(row.mlflow_run).data.tags)


@pytest.fixture
def fresh(copy_of_finished, tmp_path: Path, tiny_model: Path, mlflow_database: Path) -> Iterator[Project]:
    """Another project directory, with the finished run as the record `places`."""
    assert ftexp("freeze", "last", "places").code == 0
    with new_project(tmp_path / "fresh", tiny_model, mlflow_database) as project:
        shutil.copytree(copy_of_finished.project.path / "experiments", project.path / "experiments")
        yield project


def test_a_run_made_again_goes_on_where_it_was_cut_off_comes_out_identical_and_is_made_once(copy_of_finished) -> None:
    project, run = copy_of_finished.project, copy_of_finished.said.run
    with pytest.MonkeyPatch.context() as patch:

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(LocalBackend, "answers", interrupted)
        assert ftexp("reproduce", run, "--verify").code == 130
    assert times_trained(project) == 2

    said = ftexp("reproduce", run, "--verify")
    assert said.code == 0, said.err
    assert lines(said, "differs") == ["nothing that is on record: config, data, model, packages, code, machine"]
    assert lines(said, "verdict") == [f"e1-lr1.0-s0-chats-tiny-llama ({run}): identical"]
    assert (times_trained(project), said.run != run) == (2, True)

    assert ftexp("reproduce", run, "--verify").out == said.out
    assert times_trained(project) == 2
    assert tags(project, said.run)["ftexp.reproduces"] == run and tags(project, said.run)["ftexp.reproduction"] == "identical"
    assert tags(project, run)[f"ftexp.reproduced_by.{said.run}"] == "identical"


def test_another_seed_is_named_and_diverges(copy_of_finished) -> None:
    said = ftexp("reproduce", "last", "seed=1", "--verify")
    assert said.code == 1, said.err
    assert lines(said, "differs") == ["config seed: 0 then, 1 here"]
    assert ": diverged from step " in said.out and "          made with: config seed: 0 then, 1 here\n" in said.out


def test_a_changed_example_is_named_and_changes_the_numbers(copy_of_finished) -> None:
    path = copy_of_finished.project.path / "chats.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("The shop in Taipei opens at nine.", "nine " * 40), encoding="utf-8")
    assert lines(ftexp("reproduce", "last", "--dry-run"), "differs")[0].startswith("nothing"), "taken from the kept copy"
    shutil.rmtree(copy_of_finished.project.path / ".ftexp" / "data")
    said = ftexp("reproduce", "last", "--verify")
    assert said.code == 1, said.err
    (differs,) = lines(said, "differs")
    assert differs.startswith("data train (example 1): ")
    assert ": diverged from step " in said.out


def test_a_record_is_made_again_in_another_directory(fresh: Project) -> None:
    said = ftexp("reproduce", "places", own_model(fresh), "--verify")
    assert said.code == 0, said.err
    assert lines(said, "differs")[0].startswith("nothing")
    assert lines(said, "verdict")[0].endswith(": identical")
    assert "goal = Answer questions about places. (here: null)" in lines(said, "config")
    assert not any(line.startswith("seed") for line in lines(said, "config"))


def test_a_run_is_made_again_from_mlflow_alone(finished, tmp_path: Path, tiny_model: Path, mlflow_database: Path) -> None:
    uri = f"sqlite:///{finished.project.path / 'mlflow.db'}"
    with new_project(tmp_path / "fresh", tiny_model, mlflow_database) as project:
        said = ftexp("reproduce", finished.said.run, own_model(project), "--tracking", uri, "--verify")
    assert said.code == 0, said.err
    assert lines(said, "differs")[0].startswith("nothing")
    assert lines(said, "verdict")[0].endswith(": identical")


def test_a_seed_edited_by_hand_in_a_record_is_named(fresh: Project) -> None:
    path = fresh.path / "experiments" / "places" / "config.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("\n  seed: 0\n", "\n  seed: 1\n"), encoding="utf-8")
    assert lines(ftexp("reproduce", "places", own_model(fresh), "--dry-run"), "differs") == ["config seed: 0 then, 1 here"]


def test_data_that_is_nowhere_is_one_message(fresh: Project) -> None:
    (fresh.path / "chats.jsonl").unlink()
    said = ftexp("reproduce", "places", own_model(fresh))
    assert (said.code, len(said.err.splitlines())) == (4, 1)
    assert "chats.jsonl: no such file" in said.err


def test_a_changed_package_is_named(finished, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import distributions

    here = [f"{d.name}=={'0.1' if d.name == 'torch' else d.version}" for d in distributions()]
    monkeypatch.setattr("ftexp.environment._packages", lambda: (*here, "computes-nothing==1.0"))
    (differs,) = lines(ftexp("reproduce", "last", "--dry-run"), "differs")
    assert differs.startswith("packages torch: ") and differs.endswith(" then, 0.1 here")


def test_changed_source_of_ftexp_is_named(finished, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftexp.environment.code_sha256", lambda: "0" * 64)
    (differs,) = lines(ftexp("reproduce", "last", "--dry-run"), "differs")
    assert differs.startswith("code ftexp's source: ") and differs.endswith(" then, 000000000000... here")


def test_a_run_of_a_version_that_recorded_less_differs_in_nothing(copy_of_finished) -> None:
    journal, run = State(copy_of_finished.project.path).journal, copy_of_finished.said.run
    row, events = journal.run(run), [parse(body) for body in journal.bodies([run], "")[run]]
    assert row
    config = json.loads(row.config)
    del config["eval"]["measure_validation"], config["dataset"]["train_examples"]
    journal.open_run("old", row.name, row.experiment, json.dumps(config), row.tracking)
    for event in events:
        if isinstance(event, Params):
            event = Params(values={k: v for k, v in event.values.items() if k not in ("eval.measure_validation", "dataset.train_examples")})
        if isinstance(event, Text) and event.path == "environment/environment.json":
            less = {key: value for key, value in json.loads(event.content).items() if key != "code"}
            event = Text(path=event.path, content=json.dumps(less))
        if event.ident != "text/data/examples.json":
            journal.emit("old", [(event.ident, event.model_dump_json())])
    journal.end_run("old", "finished", record=row.record)
    said = ftexp("reproduce", "old", "--dry-run")
    assert said.code == 0, said.err
    assert [line[:7] for line in lines(said, "differs")] == ["nothing"]
    (differs,) = lines(ftexp("reproduce", "old", "eval.few_shot=1", "--dry-run"), "differs")
    assert differs == "config eval.few_shot: 3 then, 1 here"


def test_threads_that_are_asked_for_are_not_put_back(finished) -> None:
    assert lines(ftexp("reproduce", "last", "model.provider.threads=2", "--dry-run"), "differs") == ["machine threads: 1 then, 2 here"]


def test_a_dry_run_trains_nothing(copy_of_finished) -> None:
    said = ftexp("reproduce", "last", "--dry-run")
    assert (said.code, said.out.splitlines()[0]) == (0, f"again     run {copy_of_finished.said.run}")
    assert len(State(copy_of_finished.project.path).journal.runs()) == 1


def test_a_sweep_is_kept_and_made_again_cell_by_cell(project: Project) -> None:
    assert project.run("-m", "seed=0,1", "hydra/launcher=joblib", "hydra.launcher.n_jobs=1").code == 0
    (sweep,) = State(project.path).journal.sweeps()
    assert ftexp("freeze", sweep.id, "seeds").code == 0
    said = ftexp("reproduce", "seeds", "--verify")
    assert said.code == 0, said.err
    assert [line.rpartition(": ")[2] for line in lines(said, "verdict")] == ["identical", "identical"]
    again = State(project.path).journal.sweeps()[-1]
    assert (again.id != sweep.id, again.launcher, again.at_once) == (True, "joblib", 1)
    assert len(State(project.path).journal.results("answers_base")) == 2, "once for the sweep, once for all that was made again"
    report = (project.path / "experiments" / "seeds" / "report.md").read_text(encoding="utf-8")
    assert "## Ranking" in report and "| seed |" in report


REFUSED = {
    "an unknown run": (["nobody"], "run 'nobody': not in the MLflow store sqlite:///"),
    "a run that failed": (["bbb"], "run bbb: has no result, it is failed; expected a finished one"),
    "an unknown key": (["last", "sede=1"], "the command: sede: unknown key; did you mean seed?"),
    "no key": (["last", "seed"], "'seed': expected KEY=VALUE, as in seed=1"),
    "a secret": (["last", "goal=" + "sk-" + "A1" * 20], "goal: found what looks like an API key"),
    "no value": (["last", "seed=["], "seed=[: can't be read ("),
    "an interpolation": (["last", "goal=${oc.env:HOME}"], "the command: goal: found '${oc.env:HOME}'; expected a value"),
    "a model that is gone": (["last", "model.provider.path=nowhere"], "nowhere"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_made_again_is_one_message(case: str, copy_of_finished) -> None:
    run = copy_of_finished.said.run
    copy_run(State(copy_of_finished.project.path).journal, run, "bbb", state="failed")
    words, told = REFUSED[case]
    said = ftexp("reproduce", *(run if word == "last" else word for word in words), "--dry-run")
    assert (said.code, len(said.err.splitlines())) == (2, 1), said.err
    assert said.err.startswith("ftexp: ") and told in said.err


def test_examples_in_a_record_serve_in_place_of_the_file(copy_of_finished, tmp_path: Path, tiny_model: Path) -> None:
    assert ftexp("freeze", "last", "places", "--with-text").code == 0
    with new_project(tmp_path / "fresh", tiny_model, None) as project:
        shutil.copytree(copy_of_finished.project.path / "experiments", project.path / "experiments")
        write_chats(project.path / "chats.jsonl", 12)
        assert lines(ftexp("reproduce", "places", own_model(project), "--dry-run"), "differs")[0].startswith("nothing")


FROM_ELSEWHERE = {
    "data": ("    path: chats.jsonl\n", "    path: /etc/passwd\n", "dataset.path: found /etc/passwd, which lies outside of"),
    "data by a link": ("    path: chats.jsonl\n", "    path: link/chats.jsonl\n", "found link/chats.jsonl, which lies"),
    "test data": ("    test: null\n", "    test: ../outside/chats.jsonl\n", "dataset.test: found ../outside/chats.jsonl, which"),
    "model": ("    revision: null\n", "    revision: null\n", "model.provider.path: found "),
    "key": ("\n  goal: ", "\n  goal: use " + "sk-" + "A1" * 20 + "\n  #", "goal: found what looks like an API key"),
}  # fmt: skip


@pytest.mark.parametrize("case", FROM_ELSEWHERE)
def test_a_record_from_elsewhere_names_nothing_outside_of_the_project(case: str, fresh: Project, tmp_path: Path) -> None:
    old, new, told = FROM_ELSEWHERE[case]
    (tmp_path / "outside").mkdir()
    write_chats(tmp_path / "outside" / "chats.jsonl")
    (fresh.path / "link").symlink_to(tmp_path / "outside")
    path = fresh.path / "experiments" / "places" / "config.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    said = ftexp("reproduce", "places", *([] if case == "model" else [own_model(fresh)]), "--dry-run")
    assert said.code == 2 and told in said.err and "A1A1" not in said.err


def test_the_users_own_word_for_a_record_names_any_file(fresh: Project, tmp_path: Path) -> None:
    elsewhere = write_chats(tmp_path / "elsewhere.jsonl")
    said = ftexp("reproduce", "places", own_model(fresh), f"dataset.path={elsewhere}", "--dry-run")
    assert said.code == 0, said.err


def test_a_record_of_ones_own_names_what_its_run_was_made_with(copy_of_finished) -> None:
    assert ftexp("freeze", "last", "places").code == 0
    assert ftexp("reproduce", "places", "--dry-run").code == 0


def test_examples_of_a_record_that_a_link_leads_to_are_not_read(copy_of_finished, tmp_path: Path) -> None:
    assert ftexp("freeze", "last", "places", "--with-text").code == 0
    folder = copy_of_finished.project.path / "experiments" / "places"
    assert folders_with_text(folder) == [folder / "data"]
    (folder / "data").rename(tmp_path / "data")
    (folder / "data").symlink_to(tmp_path / "data")
    assert folders_with_text(folder) == []
