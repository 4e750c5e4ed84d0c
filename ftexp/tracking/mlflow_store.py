"""Writes a run's events into MLflow. The only module that imports it."""

from __future__ import annotations

import glob
import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from ftexp.errors import TrackingError
from ftexp.files import sync
from ftexp.journal import EventRow, RunRow
from ftexp.state import State
from ftexp.tracking.config import LocalTracking, ServerTracking, Tracking
from ftexp.tracking.events import (
    Ended,
    Event,
    ExperimentTag,
    Figures,
    Folder,
    Input,
    Params,
    Registered,
    Table,
    Tags,
    Text,
    TunedModel,
    parse,
)
from ftexp.tracking.views import VIEW_TAG, view_value

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Metric

LONGEST_PARAM = 6000  # MLflow 3.17 cuts longer values in silence
LONGEST_TAG = 8000
LONGEST_DIGEST = 36
# SQLite has one writer at a time: of a hundred threads that wait for it inside of MLflow 3.17, most give up.
_WRITING = threading.Lock()
MLFLOW_MODEL_IS_EXTERNAL = "mlflow.model.isExternal"  # as mlflow.utils.mlflow_tags has it


class MlflowStore:
    """One MLflow store. Every method raises TrackingError where the store can't be used."""

    def __init__(self, tracking: Tracking, state: State) -> None:
        self.tracking, self.state = tracking, state

    @property
    def uri(self) -> str:
        match self.tracking:
            case LocalTracking(database=database):
                return f"sqlite:///{self.state.root / database}"
            case ServerTracking(uri=uri):
                return uri
        assert_never(self.tracking)

    @property
    def is_gone(self) -> bool:
        """Whether the database isn't there. Of a server nothing is known."""
        return isinstance(self.tracking, LocalTracking) and not (self.state.root / self.tracking.database).exists()

    def preflight(self) -> None:
        """Without importing MLflow: is the database MLflow's, and free to be written? Nothing to check on a server."""
        if isinstance(self.tracking, LocalTracking):
            check_database(self.state.root / self.tracking.database)

    def advance(self, run: str) -> None:
        """Tells MLflow what it doesn't know yet of `run`, and notes how far that got.

        One process at a time, since to look whether something is there and to add it are two. What an attempt that was
        cut off told and didn't note is told again: everything told twice must be as if told once.
        """
        turn = _WRITING if isinstance(self.tracking, LocalTracking) else nullcontext()
        with told_clearly(self.uri), turn, self.state.lock(f"mlflow-{run}", waiting=lambda: None):
            while events := self.state.journal.untold(run):
                self._tell(self._linked(run), events)
                self.state.journal.mark_told(run, events[-1].id)

    @cached_property
    def _client(self) -> MlflowClient:
        # Of four processes that opened a fresh store at once three died (MLflow 3.17): one at a time creates it.
        with self.state.lock("mlflow-store", waiting=lambda: None):
            if isinstance(self.tracking, LocalTracking) and self.is_gone:
                _create_database(self.state.root / self.tracking.database)
            return _opened(self.uri)

    def _linked(self, ident: str) -> RunRow:
        """The run with its MLflow run, found by tag where an earlier attempt died right after making it."""
        run = self.state.journal.run(ident)
        assert run is not None, "it has events"
        if run.mlflow_run is not None:
            return run
        experiment = self._experiment(run.experiment)
        found = self._client.search_runs([experiment], f"tags.`ftexp.run` = '{run.id}'", max_results=1)
        if found:
            mlflow_run = found[0]
        else:
            started = int(run.started_at * 1000)  # when the run began, not when MLflow was told
            mlflow_run = self._client.create_run(experiment, start_time=started, run_name=run.name, tags={"ftexp.run": run.id})
        self.state.journal.link_mlflow_run(run.id, experiment, mlflow_run.info.run_id)
        linked = self.state.journal.run(run.id)
        assert linked is not None, "the run was just linked"
        return linked

    def _experiment(self, name: str) -> str:
        client = self._client  # made under the same lock, so before it is taken here
        with self.state.lock("mlflow-store", waiting=lambda: None):
            found = client.get_experiment_by_name(name)
            if found is not None:
                return str(found.experiment_id)
            location = (self.state.root / self.tracking.artifacts).as_uri() if isinstance(self.tracking, LocalTracking) else None
            view = {VIEW_TAG: view_value(int(time.time() * 1000))}
            return str(client.create_experiment(name, artifact_location=location, tags=view))

    def _tell(self, run: RunRow, events: Sequence[EventRow]) -> None:
        """Figures in one batch, which is a hundred times faster than one by one; the rest in order."""
        from mlflow.entities import Metric

        assert run.mlflow_run is not None, "linked before"
        metrics: list[Metric] = []
        for row in events:
            event = parse(row.body)
            if isinstance(event, Figures):
                model = run.mlflow_model if event.of_model else None
                metrics += [Metric(name, value, int(row.at * 1000), event.step, model_id=model) for name, value in event.values.items()]
            elif not self._withheld(event):
                self._tell_one(run, run.mlflow_run, event, row.at)
                run = self.state.journal.run(run.id) or run
        for i in range(0, len(metrics), 1000):
            self._client.log_batch(run.mlflow_run or "", metrics=metrics[i : i + 1000])

    def _withheld(self, event: Event) -> bool:
        """Examples and answers go to a remote store only when the config says so."""
        remote = isinstance(self.tracking, ServerTracking) and not self.tracking.log_text
        return remote and isinstance(event, Text | Table | Folder) and event.private

    def _tell_one(self, run: RunRow, mlflow_run: str, event: Event, at: float) -> None:
        """`at` is when it happened, in seconds since 1970."""
        match event:
            case Params(values=values):
                from mlflow.entities import Param

                self._client.log_batch(mlflow_run, params=[Param(k, v[:LONGEST_PARAM]) for k, v in values.items()])
            case Tags(values=values):
                self._tag(mlflow_run, values)
            case Text(path=path, content=content):
                self._client.log_text(mlflow_run, content, path)
            case Table():
                self._table(mlflow_run, event)
            case Folder(path=path, into=into):
                self._client.log_artifacts(mlflow_run, str(self.state.root / path), into)
            case Input():
                self._input(mlflow_run, event)
            case ExperimentTag(key=key, value=value):
                self._client.set_experiment_tag(run.mlflow_experiment or "", key, value)
            case TunedModel():
                self._model(run, mlflow_run, event)
            case Registered():
                self._register(run, mlflow_run, event)
            case Ended(state=state, error=error):
                if error or "ftexp.error" in self._client.get_run(mlflow_run).data.tags:
                    self._tag(mlflow_run, {"ftexp.error": error})
                self._client.set_terminated(mlflow_run, state, end_time=int(at * 1000))
            case Figures():
                raise AssertionError("figures go in batches")
            case _:
                assert_never(event)

    def _tag(self, mlflow_run: str, values: dict[str, str]) -> None:
        from mlflow.entities import RunTag

        self._client.log_batch(mlflow_run, tags=[RunTag(k, v[:LONGEST_TAG]) for k, v in values.items()])

    def _table(self, mlflow_run: str, table: Table) -> None:
        """In the form of `mlflow.log_table`, which the artifact comparison of the UI reads."""
        content = {"columns": table.columns, "data": table.rows}
        self._client.log_text(mlflow_run, json.dumps(content, ensure_ascii=False), table.path)
        tag = "mlflow.loggedArtifacts"
        listed = json.loads(self._client.get_run(mlflow_run).data.tags.get(tag, "[]"))
        named = {"path": table.path, "type": "table"}
        self._tag(mlflow_run, {tag: json.dumps(listed if named in listed else [*listed, named])})

    def _input(self, mlflow_run: str, event: Input) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        profile = json.dumps({"num_rows": event.examples})
        source = json.dumps({"uri": event.source})
        dataset = Dataset(f"{event.name} {event.split}", event.sha256[:LONGEST_DIGEST], "local", source, profile=profile)
        self._client.log_inputs(mlflow_run, [DatasetInput(dataset, [InputTag("mlflow.data.context", event.split)])])
        self._tag(mlflow_run, {f"ftexp.data.{event.split}_sha256": event.sha256})

    def _model(self, run: RunRow, mlflow_run: str, event: TunedModel) -> None:
        from mlflow.entities import LoggedModelOutput

        assert run.mlflow_experiment is not None, "linked before"
        if run.mlflow_model is not None:
            return  # made before an earlier attempt to tell broke off
        found = self._client.search_logged_models([run.mlflow_experiment], f"source_run_id = '{mlflow_run}'", max_results=1)
        model = found[0] if found else self._new_model(run.mlflow_experiment, mlflow_run, event)
        self._client.finalize_logged_model(model.model_id, "READY")
        outputs = self._client.get_run(mlflow_run).outputs
        if model.model_id not in {o.model_id for o in (outputs.model_outputs if outputs else ())}:  # MLflow 3.17 refuses one a second time
            self._client.log_outputs(mlflow_run, [LoggedModelOutput(model.model_id, step=0)])
        self.state.journal.link_mlflow_model(run.id, model.model_id)

    def _register(self, run: RunRow, mlflow_run: str, event: Registered) -> None:
        """A run has one version of a registered model, however often it is registered."""
        from mlflow.exceptions import MlflowException

        if not self._client.search_registered_models(f"name = '{event.name}'", max_results=1):
            with suppress(MlflowException):  # another process has just made it
                self._client.create_registered_model(event.name)
        tags = {"ftexp.run": run.id, "ftexp.verdict": event.verdict} | ({"ftexp.forced": event.reason} if event.reason else {})
        known = [v for v in self._client.search_model_versions(f"name = '{event.name}'") if v.run_id == mlflow_run]
        if not known:
            adapter = f"{self._client.get_run(mlflow_run).info.artifact_uri}/training/adapter"
            source = f"models:/{run.mlflow_model}" if self._is_external(run) else adapter
            known = [self._client.create_model_version(event.name, source, mlflow_run, model_id=run.mlflow_model)]
        for key, value in tags.items():
            self._client.set_model_version_tag(event.name, known[0].version, key, value[:LONGEST_TAG])
        if event.alias:
            self._client.set_registered_model_alias(event.name, event.alias, known[0].version)

    def _is_external(self, run: RunRow) -> bool:
        """Whether a service has the weights, and MLflow no files."""
        return run.mlflow_model is not None and MLFLOW_MODEL_IS_EXTERNAL in self._client.get_logged_model(run.mlflow_model).tags

    def _new_model(self, experiment: str, mlflow_run: str, event: TunedModel) -> LoggedModel:
        hosted = {"ftexp.tuned_model": event.external, "ftexp.service": event.service, MLFLOW_MODEL_IS_EXTERNAL: "true"}
        tags = {"ftexp.base": event.base} | (hosted if event.external else {"ftexp.adapter_sha256": event.sha256})
        kind = "fine-tune" if event.external else "lora-adapter"
        name = "".join("_" if c in "/:.%\"'" else c for c in event.name)  # characters that MLflow refuses in a model's name
        return self._client.create_logged_model(experiment, name=name, source_run_id=mlflow_run, tags=tags, model_type=kind)


def check_database(path: Path) -> None:
    """Raises TrackingError for a file that isn't MLflow's, a locked one, and one that can't be written."""
    if not path.exists():
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise TrackingError(f"{path}: the MLflow database can't be created there; name a writable place in tracking.database")
        return
    advice = "move it away, or name another file in tracking.database"
    try:
        database = sqlite3.connect(path, timeout=2, isolation_level=None)
        try:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")}
            if tables and not {"alembic_version", "experiments", "runs"} <= tables:
                raise TrackingError(f"{path}: a database, but not one of MLflow's (tables: {', '.join(sorted(tables)[:5])}); {advice}")
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
        finally:
            database.close()
    except sqlite3.OperationalError as error:
        hint = "another program holds it; end that program or wait" if "locked" in str(error) else f"check its permissions, or {advice}"
        raise TrackingError(f"{path}: the MLflow database can't be written ({error}); {hint}") from error
    except sqlite3.DatabaseError as error:
        raise TrackingError(f"{path}: not an SQLite database ({error}); {advice}") from error


def _create_database(path: Path) -> None:
    """Beside, then renamed: MLflow makes its tables one by one, and can't use a database that lacks some."""
    beside = path.with_name(f".{path.name}.new")
    for left in path.parent.glob(f"{glob.escape(beside.name)}*"):  # of an attempt that was cut off, its SQLite journal too
        left.unlink()
    _opened(f"sqlite:///{beside}")
    beside.replace(path)
    sync(path.parent)


def _opened(uri: str) -> MlflowClient:
    client = quiet_client(uri)
    client.search_experiments(max_results=1)
    return client


def quiet_client(uri: str) -> MlflowClient:
    """No telemetry, one try where nobody answers (the default tries for minutes), and no log lines amid the progress."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    from mlflow import MlflowClient

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return MlflowClient(uri)


@contextmanager
def told_clearly(uri: str, what: str = "written") -> Iterator[None]:
    """MLflow's, SQLAlchemy's and the network's errors as one kind; ours pass through."""
    import sqlalchemy.exc
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        raise TrackingError(f"{uri}: MLflow can't be {what} ({' '.join(str(error).split())[:300]})") from error
