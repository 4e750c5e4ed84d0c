"""A past run as a value: what it was made with, and what it came to. From the journal, from MLflow, or from `experiments/`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ftexp.backends.results import Answers, Point
from ftexp.boundaries import key_faults
from ftexp.compose import refuse_keys
from ftexp.config import RunConfig
from ftexp.errors import ConfigError
from ftexp.faults import validated
from ftexp.journal import Journal, RunRow
from ftexp.provenance import Inputs, inputs_from
from ftexp.provenance import recorded as inputs_on_record
from ftexp.run import Record
from ftexp.tracking.events import score_figures
from ftexp.values import Value, digest

SUBJECTS = ("base", "few_shot", "tuned")


class Outcome(Value):
    """What a run came to. `answers` are the sha256 of what each subject said; empty or None is what isn't on record."""

    curve: tuple[Point, ...]
    scores: dict[str, float]
    answers: dict[str, str]
    adapter_sha256: str | None
    seconds: float | None


@dataclass(frozen=True)
class Recorded:
    """`id` names it to a reader. `is_foreign`: the config comes from elsewhere and is to be looked at before it runs."""

    id: str
    name: str
    config: RunConfig
    inputs: Inputs
    outcome: Outcome
    point: Mapping[str, str]
    is_foreign: bool


def from_journal(row: RunRow, journal: Journal, point: Mapping[str, str]) -> Recorded:
    """Of a finished run. Raises ConfigError where its config was written by a version too far from this one."""
    record = Record.model_validate_json(row.record or "")
    said = {s: Answers.model_validate_json(a) for s in SUBJECTS if (a := journal.step_of(row.id, f"answers_{s}")) is not None}
    outcome = Outcome(
        curve=record.training.curve,
        scores=_repeatable(dict(score_figures(record.comparison)), validated(RunConfig, json.loads(row.config))),
        answers={subject: sha256_of_texts([r.text for r in answers.replies]) for subject, answers in said.items()},
        adapter_sha256=record.training.adapter.sha256 if record.training.adapter else None,
        seconds=record.training.seconds + record.evaluation_seconds,
    )
    config = validated(RunConfig, json.loads(row.config))
    return Recorded(row.id, row.name, config, inputs_on_record([row.id], journal)[row.id], outcome, point, is_foreign=False)


def from_mlflow(
    name: str, params: Mapping[str, str], tags: Mapping[str, str], metrics: Mapping[str, float], texts: Mapping[str, str]
) -> Recorded:
    """From what MLflow shows of a run, `texts` being its artifacts by path. Raises ConfigError where its config isn't there."""
    if "config/resolved.yaml" not in texts:
        raise ConfigError(f"run {name}: has no artifact config/resolved.yaml; expected a run that ftexp recorded")
    splits = {
        key.removeprefix("ftexp.data.").removesuffix("_sha256"): value for key, value in tags.items() if key.startswith("ftexp.data.")
    }
    table = json.loads(texts.get("evaluation/items.json", '{"columns": [], "data": []}'))
    said = {s: [row[table["columns"].index(s)] for row in table["data"]] for s in SUBJECTS if s in table["columns"]}
    config = config_from(texts["config/resolved.yaml"], f"run {name}")
    outcome = Outcome(
        curve=_curve(texts.get("training/curve.csv", "")),
        scores=_repeatable({n: v for n, v in metrics.items() if n.startswith("score/") and not n.startswith("score/validation/")}, config),
        answers={subject: sha256_of_texts(answers) for subject, answers in said.items()},
        adapter_sha256=tags.get("ftexp.adapter_sha256"),
        seconds=_seconds(metrics),
    )
    return Recorded(tags.get("ftexp.run", name), name, config, inputs_from(params, tags, texts, splits), outcome, {}, is_foreign=True)


def _repeatable(figures: dict[str, float], config: RunConfig) -> dict[str, float]:
    """Without what time was taken: no two runs take the same."""
    timed = [name for name, metric in config.evaluation.by_name.items() if metric.is_timing]
    return {name: value for name, value in figures.items() if not any(f"/{metric}/" in f"{name}/" for metric in timed)}


def config_from(text: str, where: str) -> RunConfig:
    """A config from elsewhere is data: nothing in it is resolved, looked up or called. Raises ConfigError with every fault."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError  # type: ignore[import-untyped]  # its types are a package of their own

    try:
        values = OmegaConf.to_container(OmegaConf.create(text), resolve=False)
    except (OmegaConfBaseException, YAMLError, ValueError) as error:
        raise ConfigError(f"{where}: its config can't be read ({' '.join(str(error).split())[:200]})") from error
    return judged(values, where)


def judged(values: Any, where: str) -> RunConfig:
    """Raises ConfigError with every fault, interpolations and keys among them."""
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: its config is {type(values).__name__}; expected a group of keys")
    if keys := key_faults(values):
        raise ConfigError(*(f"{where}: {fault}" for fault in keys))
    interpolated = {key: f"{key}: found {value!r}; expected a value, since nothing is looked up here" for key, value in _open(values)}
    try:
        config = validated(RunConfig, values)
    except ConfigError as error:
        others = [fault for fault in error.faults if fault.partition(":")[0] not in interpolated]
        raise ConfigError(*(f"{where}: {fault}" for fault in (*interpolated.values(), *others))) from error
    if interpolated:
        raise ConfigError(*(f"{where}: {fault}" for fault in interpolated.values()))
    return config


def overridden(config: RunConfig, overrides: Sequence[str]) -> RunConfig:
    """With other values for some keys. Raises ConfigError with every fault."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    refuse_keys(overrides)
    if bad := [word for word in overrides if "=" not in word]:
        raise ConfigError(*(f"{word!r}: expected KEY=VALUE, as in seed=1" for word in bad))
    if not overrides:
        return config
    try:
        values = OmegaConf.create(config.model_dump(mode="json", by_alias=True))
        merged = OmegaConf.merge(values, OmegaConf.from_dotlist(list(overrides)))
        return judged(OmegaConf.to_container(merged, resolve=False), "the command")
    except (OmegaConfBaseException, YAMLError) as error:
        raise ConfigError(f"{' '.join(overrides)}: can't be read ({' '.join(str(error).split())[:200]}); expected KEY=VALUE") from error


def _open(value: Any, key: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [found for k, inner in value.items() for found in _open(inner, f"{key}.{k}" if key else str(k))]
    if isinstance(value, list):
        return [found for i, inner in enumerate(value) for found in _open(inner, f"{key}.{i}")]
    return [(key, value)] if isinstance(value, str) and "${" in value else []


def _seconds(metrics: Mapping[str, float]) -> float | None:
    """Of training and evaluation."""
    evaluation = [metrics.get(f"time/{what}_{subject}_seconds", 0.0) for what in ("answers", "losses") for subject in SUBJECTS]
    trained = metrics.get("time/train_seconds")
    return None if trained is None else trained + (sum(evaluation[:3]) + sum(evaluation[3:]))


def sha256_of_texts(texts: list[str]) -> str:
    return digest(texts)


def _curve(text: str) -> tuple[Point, ...]:
    """From curve.csv, whose figures are written so that they read back to the last bit."""
    rows = csv.DictReader(io.StringIO(text))
    return tuple(
        Point(
            step=int(row["step"]),
            epoch=float(row["epoch"]),
            figures={name: float(v) for name, v in row.items() if name not in ("step", "epoch") and v},
        )
        for row in rows
    )
