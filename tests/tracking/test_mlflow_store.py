from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from tiny import in_project

from ftexp.errors import TrackingError
from ftexp.journal import RunRow
from ftexp.run import Record
from ftexp.state import State
from ftexp.tracking.config import LocalTracking, ServerTracking
from ftexp.tracking.events import Ended, Figures, Input, Params, Table, Tags, Text, TunedModel
from ftexp.tracking.mlflow_store import LONGEST_PARAM, LONGEST_TAG, MlflowStore, check_database
from ftexp.tracking.views import VIEW_TAG


class Told:
    """What MLflow was told of the finished run."""

    def __init__(self, root: Path, run: str) -> None:
        self.state = State(root)
        row = self.state.journal.run(run)
        assert row and row.record and row.mlflow_run
        self.row: RunRow = row
        self.record = Record.model_validate_json(row.record)
        self.client = MlflowClient(f"sqlite:///{root / 'mlflow.db'}")
        self.run: Run = self.client.get_run(row.mlflow_run)

    def history(self, name: str) -> list[tuple[int, float]]:
        return [(m.step, m.value) for m in self.client.get_metric_history(self.run.info.run_id, name)]

    def files(self, folder: str | None = None) -> Iterator[str]:
        for file in self.client.list_artifacts(self.run.info.run_id, folder):
            yield from self.files(file.path) if file.is_dir else [file.path]


@pytest.fixture
def told(finished) -> Told:
    return Told(finished.project.path, finished.said.run)


def test_the_run_has_the_name_the_experiment_and_an_end(told: Told) -> None:
    assert told.run.info.run_name == "e1-lr1.0-s0-chats-tiny-llama"
    assert told.client.get_experiment(told.run.info.experiment_id).name == "chats"
    assert told.run.info.status == "FINISHED"


def test_params_are_the_config_and_what_auto_came_to(told: Told) -> None:
    params = told.run.data.params
    assert params["dataset.path"] == "chats.jsonl"
    assert params["model.provider.lora.learning_rate"] == "0.02"
    assert params["resolved/n_epochs"] == "1"
    assert params["machine/threads"] == "1"
    assert not [name for name in params if name.startswith("prices.models") or "candidates" in name]


def test_curves_have_each_step_once(told: Told) -> None:
    for name in ("train/loss", "train/learning_rate", "train/token_accuracy", "validation/loss", "validation/token_accuracy"):
        curve = [(p.step, p.figures[name]) for p in told.record.training.curve if name in p.figures]
        assert told.history(name) == curve
    assert [step for step, _ in told.history("train/loss")] == [1, 2, 3, 4, 5, 6]
    assert [step for step, _ in told.history("validation/loss")] == [0, 6]


def test_scores_come_with_their_interval_and_count(told: Told) -> None:
    metrics = told.run.data.metrics
    for metric, means in told.record.comparison.means.items():
        for subject, mean in means.items():
            name = f"score/{subject}/{metric}"
            assert (metrics[name], metrics[f"{name}/n"]) == (mean.value, 9)
            assert (metrics[f"{name}/ci_low"], metrics[f"{name}/ci_high"]) == (mean.low, mean.high)
    difference = told.record.comparison.differences["chat/loss"]["base"]
    assert metrics["score/delta_base/chat/loss"] == difference.value
    assert metrics["score/delta_base/chat/loss/ci_high"] == difference.high


def test_the_splits_are_inputs_with_a_digest_that_mlflow_can_hold(told: Told) -> None:
    inputs = {i.tags[0].value: i.dataset for i in told.run.inputs.dataset_inputs}
    assert set(inputs) == {"train", "validation", "test"}
    for split, dataset in inputs.items():
        sha256 = told.run.data.tags[f"ftexp.data.{split}_sha256"]
        assert len(dataset.digest) <= 36
        assert sha256.startswith(dataset.digest)
        assert json.loads(dataset.profile)["num_rows"] == told.run.data.metrics[f"data/{split}_examples"]


def test_artifacts_hold_config_environment_training_and_answers(told: Told) -> None:
    assert set(told.files()) >= {
        "config/resolved.yaml",
        "config/unresolved.yaml",
        "config/overrides.yaml",
        "environment/packages.txt",
        "environment/environment.json",
        "training/curve.csv",
        "training/loss_mask.txt",
        "training/adapter/adapter_model.safetensors",
        "training/adapter/adapter_config.json",
        "evaluation/items.json",
    }


def test_the_answers_are_a_table_with_a_row_an_item(told: Told) -> None:
    assert json.loads(told.run.data.tags["mlflow.loggedArtifacts"]) == [
        {"path": f"evaluation/{name}.json", "type": "table"} for name in ("items", "flips")
    ]
    table = json.loads(Path(told.client.download_artifacts(told.run.info.run_id, "evaluation/items.json")).read_text(encoding="utf-8"))
    assert table["columns"][:6] == ["prompt", "tuned", "reference", "base", "few_shot", "item"]
    assert len(table["data"]) == 9
    assert {len(row) for row in table["data"]} == {len(table["columns"])}
    losses = [row[table["columns"].index("chat/loss tuned")] for row in table["data"]]
    assert sum(losses) / 9 == pytest.approx(told.record.comparison.means["chat/loss"]["tuned"].value)


def test_the_loss_mask_shows_what_is_learned(told: Told) -> None:
    text = Path(told.client.download_artifacts(told.run.info.run_id, "training/loss_mask.txt")).read_text(encoding="utf-8")
    assert text.startswith("<|im_start|>system\n")
    assert "<|im_start|>assistant\n⟦" in text
    assert text.rstrip().endswith("<|im_end|>⟧")


def test_the_tuned_model_has_the_scores(told: Told) -> None:
    (model,) = told.client.search_logged_models([told.run.info.experiment_id], f"source_run_id = '{told.run.info.run_id}'")
    assert (model.status, model.tags["ftexp.adapter_sha256"]) == ("READY", told.record.training.adapter.sha256)
    scores = {m.key: m.value for m in model.metrics}
    assert scores == {name: value for name, value in told.run.data.metrics.items() if name.startswith("score/")}


def test_the_note_says_the_goal_and_the_result(told: Told) -> None:
    note = told.run.data.tags["mlflow.note.content"]
    assert note.startswith("Answer questions about places.\n")
    assert f"{told.record.comparison.differences['chat/loss']['base'].value:+.3f}" in note


def test_telling_everything_twice_is_telling_it_once(copy_of_finished) -> None:
    told = Told(copy_of_finished.project.path, copy_of_finished.said.run)
    told.state.journal.mark_told(told.row.id, 0)
    MlflowStore(LocalTracking(kind="local", database="mlflow.db", artifacts="mlartifacts"), told.state).advance(told.row.id)
    again = Told(copy_of_finished.project.path, copy_of_finished.said.run)
    assert again.history("train/loss") == told.history("train/loss")
    assert again.run.data.metrics == told.run.data.metrics
    assert len(again.client.search_logged_models([told.run.info.experiment_id])) == 1


def test_a_run_that_mlflow_has_but_the_journal_lost_track_of_is_found_again(copy_of_finished) -> None:
    told = Told(copy_of_finished.project.path, copy_of_finished.said.run)
    told.state.journal.forget_mlflow(told.row.id)
    MlflowStore(LocalTracking(kind="local", database="mlflow.db", artifacts="mlartifacts"), told.state).advance(told.row.id)
    assert [r.info.run_id for r in told.client.search_runs([told.run.info.experiment_id])] == [told.run.info.run_id]
    assert len(told.client.search_logged_models([told.run.info.experiment_id])) == 1


@pytest.fixture
def store(project) -> MlflowStore:
    return MlflowStore(LocalTracking(kind="local", database="mlflow.db", artifacts="mlartifacts"), State(project.path))


def test_values_longer_than_mlflow_takes_are_cut_and_many_params_are_no_matter(store: MlflowStore) -> None:
    store.state.journal.open_run("r", "name", "experiment", "{}", "{}")
    params = Params(values={f"p{n}": "x" * 7000 for n in range(150)})
    for event in (params, Tags(values={"t": "y" * 9000})):
        store.state.journal.emit("r", [(event.ident, event.model_dump_json())])
    row = store.state.journal.run("r")
    assert row
    store.advance("r")
    (run,) = MlflowClient(store.uri).search_runs(["1"])
    assert len(run.data.params) == 150
    assert {len(v) for v in run.data.params.values()} == {LONGEST_PARAM}
    assert len(run.data.tags["t"]) == LONGEST_TAG


def test_a_store_that_can_not_be_written_is_a_tracking_error(store: MlflowStore) -> None:
    (store.state.root / "mlartifacts").touch()
    store.state.journal.open_run("r", "name", "experiment", "{}", "{}")
    event = Text(path="a/text.txt", content="text")
    store.state.journal.emit("r", [(event.ident, event.model_dump_json())])
    row = store.state.journal.run("r")
    assert row
    with pytest.raises(TrackingError, match="MLflow can't be written"):
        store.advance("r")
    assert store.state.journal.has_untold("r")


TOLD = (
    Params(values={"a": "1"}),
    Input(name="chats", split="train", sha256="0" * 64, examples=3, source="chats.jsonl"),
    Figures(step=1, values={"train/loss": 2.0}),
    TunedModel(name="tuned", sha256="1" * 64, base="base"),
    Figures(step=0, values={"score/tuned/loss": 1.0}, of_model=True),
    Ended(state="FINISHED", attempt=1),
)
CALLS = ("create_experiment", "create_run", "log_inputs", "create_logged_model", "finalize_logged_model", "log_outputs", "set_terminated")


@pytest.mark.parametrize("name", CALLS)
def test_telling_that_broke_off_right_after_a_call_leaves_nothing_twice(name: str, store: MlflowStore, monkeypatch) -> None:
    store.state.journal.open_run("r", "name", "chats", "{}", "{}")
    store.state.journal.emit("r", [(event.ident, event.model_dump_json()) for event in TOLD])
    real = getattr(MlflowClient, name)

    def cut_off(*arguments: Any, **named: Any) -> None:
        real(*arguments, **named)
        raise OSError("stands for a kill")

    with monkeypatch.context() as patch, pytest.raises(TrackingError):
        patch.setattr(MlflowClient, name, cut_off)
        store.advance("r")
    store.advance("r")
    experiment = store._client.get_experiment_by_name("chats")
    (run,) = store._client.search_runs([experiment.experiment_id])
    (model,) = store._client.search_logged_models([experiment.experiment_id])
    assert VIEW_TAG in experiment.tags
    assert (run.info.status, len(run.inputs.dataset_inputs), len(run.outputs.model_outputs)) == ("FINISHED", 1, 1)
    assert (model.status, model.model_id, [m.key for m in model.metrics]) == (
        "READY",
        run.outputs.model_outputs[0].model_id,
        ["score/tuned/loss"],
    )
    for metric in ("train/loss", "score/tuned/loss"):
        assert len(store._client.get_metric_history(run.info.run_id, metric)) == 1


def test_two_that_tell_of_one_run_at_once_make_one_mlflow_run(store: MlflowStore) -> None:
    store.state.journal.open_run("r", "name", "chats", "{}", "{}")
    store.state.journal.emit("r", [(event.ident, event.model_dump_json()) for event in TOLD])
    stores = [MlflowStore(store.tracking, State(store.state.root)) for _ in range(3)]
    for each in stores:
        each._client  # noqa: B018  # so that they begin to tell together
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda each: each.advance("r"), stores))
    experiment = store._client.get_experiment_by_name("chats")
    assert len(store._client.search_runs([experiment.experiment_id])) == 1
    assert len(store._client.search_logged_models([experiment.experiment_id])) == 1


def test_a_database_that_an_attempt_was_cut_off_in_making_is_made_anew(tmp_path: Path) -> None:
    for name in (".mlflow.db.new", ".mlflow.db.new-journal"):
        (tmp_path / name).write_text("half of a database", encoding="utf-8")
    with in_project(tmp_path):
        MlflowStore(LocalTracking(kind="local", database="mlflow.db", artifacts="mlartifacts"), State(tmp_path))._client  # noqa: B018
    assert sorted(p.name for p in tmp_path.iterdir()) == [".ftexp", "mlflow.db"]
    check_database(tmp_path / "mlflow.db")


def test_no_database_stands_where_its_making_was_cut_off(tmp_path: Path, monkeypatch) -> None:
    """MLflow makes its tables one by one, and what has some of them is refused at the next start."""

    def cut_off(uri: str) -> None:
        with sqlite3.connect(uri.removeprefix("sqlite:///")) as db:
            db.execute("CREATE TABLE experiments (name TEXT)")
        raise OSError("stands for a kill")

    monkeypatch.setattr("ftexp.tracking.mlflow_store._opened", cut_off)
    store = MlflowStore(LocalTracking(kind="local", database="mlflow.db", artifacts="mlartifacts"), State(tmp_path))
    with pytest.raises(OSError, match="stands for a kill"):
        store._client  # noqa: B018
    store.preflight()


PRIVATE = Text(path="training/loss_mask.txt", content="text", private=True)
OPEN = Text(path="config/resolved.yaml", content="text")
ANSWERS = Table(path="evaluation/items.json", columns=("prompt",), rows=(("text",),))
SERVER = ServerTracking(kind="server", uri="http://127.0.0.1:9", log_text=False)
TRACKINGS = {
    "server": (SERVER, [PRIVATE, ANSWERS]),
    "server that may have texts": (SERVER.model_copy(update={"log_text": True}), []),
    "local": (LocalTracking(kind="local", database="mlflow.db", artifacts="mlartifacts"), []),
}


@pytest.mark.parametrize("case", TRACKINGS)
def test_examples_and_answers_stay_out_of_a_server_unless_it_may_have_them(case: str, tmp_path: Path) -> None:
    tracking, withheld = TRACKINGS[case]
    written: list[str] = []
    store = MlflowStore(tracking, State(tmp_path))
    store._client = SimpleNamespace(  # stands where MLflow is told; a server of one's own takes too long to start
        log_text=lambda run, text, path: written.append(path),
        log_batch=lambda *_, **__: None,
        get_run=lambda run: SimpleNamespace(data=SimpleNamespace(tags={})),
    )
    for event in (PRIVATE, OPEN, ANSWERS):
        store.state.journal.open_run("r", "name", "experiment", "{}", "{}")
        store.state.journal.emit("r", [(event.ident, event.model_dump_json())])
    store.state.journal.link_mlflow_run("r", "1", "mlflow-run")
    row = store.state.journal.run("r")
    assert row
    store.advance("r")
    assert written == [e.path for e in (PRIVATE, OPEN, ANSWERS) if e not in withheld]
