"""Reads one run out of an MLflow store: what it shows is enough to make the run again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ftexp.errors import ConfigError, RunNotFoundError, TrackingError
from ftexp.tracking.mlflow_store import quiet_client, told_clearly

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

TEXTS = (
    "config/resolved.yaml",
    "data/examples.json",
    "environment/difference.patch",
    "environment/environment.json",
    "environment/packages.txt",
    "evaluation/items.json",
    "training/curve.csv",
)


@dataclass(frozen=True)
class Shown:
    """`texts` are those artifacts of a run that say what it was made with and came to, by path."""

    name: str
    params: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, float]
    texts: dict[str, str]


def read_run(uri: str, reference: str) -> Shown:
    """By MLflow's run id or ftexp's.

    Raises RunNotFoundError where the store has none or one that hasn't finished, TrackingError where it can't be read.
    """
    _refuse_absent(uri)
    with told_clearly(uri, "read"):
        client = quiet_client(uri)
        run = _found(client, reference)
        if run is None:
            raise RunNotFoundError(f"run {reference!r}: not in the MLflow store {uri}; expected an id of MLflow's or one of ftexp's")
        if run.info.status != "FINISHED":
            raise RunNotFoundError(f"run {reference}: has no result, MLflow says {run.info.status}; expected a finished one")
        texts = dict(_texts(client, run.info.run_id))
        name = run.info.run_name or reference
        return Shown(name, dict(run.data.params), dict(run.data.tags), dict(run.data.metrics), texts)


def _refuse_absent(uri: str) -> None:
    """MLflow would create what isn't there."""
    if "://" not in uri:
        raise ConfigError(f"--tracking: found {uri!r}, expected sqlite:////PATH/mlflow.db or the address of an MLflow server")
    if uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).is_file():
        raise TrackingError(f"{uri}: no such file; expected an MLflow database (four slashes before a path from the root)")


def _found(client: MlflowClient, reference: str) -> Run | None:
    from mlflow.exceptions import MlflowException

    with suppress(MlflowException):
        return client.get_run(reference)
    experiments = [e.experiment_id for e in client.search_experiments()]
    escaped = reference.replace("'", "")
    return next(iter(client.search_runs(experiments, f"tags.`ftexp.run` = '{escaped}'", max_results=1)), None)


def _texts(client: MlflowClient, run: str) -> Iterator[tuple[str, str]]:
    there = {
        file.path for folder in ("config", "environment", "data", "training", "evaluation") for file in client.list_artifacts(run, folder)
    }
    with TemporaryDirectory() as folder:
        for path in TEXTS:
            if path in there:
                yield path, Path(client.download_artifacts(run, path, folder)).read_bytes().decode("utf-8")
