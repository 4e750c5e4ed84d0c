"""Records worth keeping: `experiments/NAME/` with config.yaml, metrics.json and report.md.

config.yaml has the config of the first run and, for each run, what differs from it; metrics.json what the runs were made with
and came to, parts that runs share written once. No text of an example or an answer is in them; `data/` may hold the examples.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ftexp.config import RunConfig
from ftexp.errors import ConfigError, RunNotFoundError
from ftexp.files import write_atomically
from ftexp.provenance import Inputs
from ftexp.reproduction.recorded import Outcome, Recorded, judged
from ftexp.values import Value, digest

DIRECTORY = "experiments"
_INPUTS = TypeAdapter(Inputs)
_SHARED = ("packages", "splits", "examples", "machine")  # parts of Inputs that are often the same for all runs of a record


class Launched(Value):
    """How the runs were asked for and launched."""

    words: tuple[str, ...]
    launcher: str
    at_once: int


class FrozenRun(Value):
    id: str
    name: str
    point: dict[str, str]
    inputs: dict[str, Any]  # those of _SHARED are named by their content
    outcome: Outcome


class Metrics(Value):
    """metrics.json."""

    format: int = 1
    frozen_on: str
    launched: Launched
    goal: str | None
    headline: str
    runs: tuple[FrozenRun, ...]
    shared: dict[str, Any]


@dataclass(frozen=True)
class Frozen:
    """A record of `experiments/`, read back. `folder` is where it stands."""

    folder: Path
    metrics: Metrics
    runs: tuple[Recorded, ...]


def write(folder: Path, runs: Sequence[Recorded], launched: Launched, report: str, frozen_on: str) -> None:
    """Writes the three files, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    shared: dict[str, Any] = {}
    first = runs[0].config
    metrics = Metrics(
        frozen_on=frozen_on,
        launched=launched,
        goal=first.goal,
        headline=first.evaluation.headline,
        runs=tuple(_frozen(run, shared) for run in runs),
        shared=shared,
    )
    write_atomically(folder / "config.yaml", _config_yaml(folder.name, runs, launched).encode("utf-8"))
    write_atomically(folder / "metrics.json", (_readable(metrics) + "\n").encode("utf-8"))
    write_atomically(folder / "report.md", report.encode("utf-8"))


def read(folder: Path) -> Frozen:
    """Raises RunNotFoundError where a file is missing, ConfigError where one can't be read."""
    texts = {}
    for name in ("config.yaml", "metrics.json"):
        try:
            texts[name] = (folder / name).read_text(encoding="utf-8")
        except OSError as error:
            raise RunNotFoundError(
                f"{folder / name}: can't be read ({error.strerror}); expected a record that ftexp freeze wrote"
            ) from error
    try:
        metrics = Metrics.model_validate_json(texts["metrics.json"])
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            f"{folder / 'metrics.json'}: {'.'.join(map(str, first['loc']))}: {first['msg']}; expected what ftexp freeze writes"
        ) from error
    configs = _configs(texts["config.yaml"], folder / "config.yaml")
    if len(configs) != len(metrics.runs):
        raise ConfigError(f"{folder}: config.yaml has {len(configs)} runs, metrics.json {len(metrics.runs)}; expected one for each")
    runs = tuple(_thawed(run, config, metrics.shared) for run, config in zip(metrics.runs, configs, strict=True))
    return Frozen(folder, metrics, runs)


def _frozen(run: Recorded, shared: dict[str, Any]) -> FrozenRun:
    """The config is in config.yaml and left out of the inputs: it would stand there twice, and could differ."""
    inputs = _INPUTS.dump_python(run.inputs, mode="json", exclude={"config"})
    for part in _SHARED:
        name = f"{part}-{digest(inputs[part])[:8]}"
        shared[name] = inputs[part]
        inputs[part] = name
    return FrozenRun(id=run.id, name=run.name, point=dict(run.point), inputs=inputs, outcome=run.outcome)


def _thawed(run: FrozenRun, config: RunConfig, shared: Mapping[str, Any]) -> Recorded:
    inputs = _INPUTS.validate_python({k: shared[v] if k in _SHARED else v for k, v in run.inputs.items()})
    return Recorded(run.id, run.name, config, inputs, run.outcome, run.point, is_foreign=True)


def _readable(metrics: Metrics) -> str:
    """JSON with a line for each curve point, so that a change shows as a change of that line."""
    text = json.dumps(metrics.model_dump(mode="json"), ensure_ascii=False, indent=1)
    return text


def _config_yaml(name: str, runs: Sequence[Recorded], launched: Launched) -> str:
    from omegaconf import OmegaConf

    first = _plain(runs[0].config)
    differing = [{k: v for k, v in _flat(_plain(run.config)).items() if _flat(first).get(k) != v} for run in runs]
    head = f"# What was run. Make it again, and see whether it comes out the same: ftexp reproduce {name} --verify\n"
    head += f"# It was asked for with: ftexp {' '.join(launched.words)}\n"
    return head + OmegaConf.to_yaml(OmegaConf.create({"config": first, "runs": differing}))


def _configs(text: str, path: Path) -> list[RunConfig]:
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError  # type: ignore[import-untyped]  # its types are a package of their own

    try:
        values = OmegaConf.to_container(OmegaConf.create(text), resolve=False)
    except (OmegaConfBaseException, YAMLError, ValueError) as error:
        raise ConfigError(f"{path}: can't be read ({' '.join(str(error).split())[:200]})") from error
    if not isinstance(values, dict) or not isinstance(values.get("runs"), list) or not isinstance(values.get("config"), dict):
        raise ConfigError(f"{path}: found no config and runs; expected what ftexp freeze writes")
    if unknown := values.keys() - {"config", "runs"}:
        raise ConfigError(f"{path}: unknown key {sorted(map(str, unknown))[0]}; expected config and runs")
    return [judged(_with(values["config"], change), str(path)) for change in values["runs"]]


def _with(config: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """`config` with dotted keys changed."""
    changed: dict[str, Any] = json.loads(json.dumps(config))
    for key, value in change.items():
        *path, last = str(key).split(".")
        inner = changed
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return changed


def _plain(config: RunConfig) -> dict[str, Any]:
    values: dict[str, Any] = config.model_dump(mode="json", by_alias=True)
    return values


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in _flat(inner, f"{prefix}.{key}" if prefix else str(key)).items()}
    return {prefix: value}
