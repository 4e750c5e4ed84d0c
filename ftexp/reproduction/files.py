"""Records worth keeping: `experiments/NAME/` with config.yaml, metrics.json and report.md.

config.yaml has the config of the first run and, for each run, what differs from it; metrics.json what the runs were made with
and came to, parts that runs share written once. No text of an example or an answer is in them; `data/` may hold the examples.
"""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from ftexp.config import RunConfig
from ftexp.data.keeping import write_splits
from ftexp.data.loading import Loaded
from ftexp.errors import ConfigError, RunNotFoundError
from ftexp.files import write_atomically
from ftexp.provenance import Inputs
from ftexp.reproduction.recorded import Outcome, Recorded, judged
from ftexp.values import Value, digest

DIRECTORY = "experiments"
_INPUTS = TypeAdapter(Inputs)
LONGEST_LINE = 320  # of metrics.json: a point of a curve with all its figures
_SHARED = ("packages", "splits", "examples", "machine")  # parts of Inputs that are often the same for all runs of a record


class Launched(Value):
    """How the runs were asked for and launched."""

    words: tuple[str, ...]
    launcher: Literal["basic", "joblib"]
    at_once: int = Field(ge=1)


class FrozenRun(Value):
    id: str
    name: str
    point: dict[str, str]
    inputs: dict[str, Any]  # those of _SHARED are named by their content; the config as changes to that of the first run
    outcome: Outcome


class Metrics(Value):
    """metrics.json."""

    format: Literal[1] = 1
    frozen_on: str
    launched: Launched
    goal: str | None
    headline: str
    config: dict[str, str]  # of the first run, as it came out
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
        config=dict(runs[0].inputs.config),
        runs=tuple(_frozen(run, runs[0].inputs.config, shared) for run in runs),
        shared=shared,
    )
    write_atomically(folder / "config.yaml", _config_yaml(folder.name, runs, launched).encode("utf-8"))
    write_atomically(folder / "metrics.json", (_json(metrics.model_dump(mode="json")) + "\n").encode("utf-8"))
    write_atomically(folder / "report.md", report.encode("utf-8"))


def read(folder: Path) -> Frozen:
    """Raises RunNotFoundError where a file is missing, ConfigError where one isn't as ftexp freeze writes it."""
    metrics = read_metrics(folder)
    configs = _configs(_text(folder / "config.yaml"), folder / "config.yaml")
    if len(configs) != len(metrics.runs):
        raise ConfigError(f"{folder}: config.yaml has {len(configs)} runs, metrics.json {len(metrics.runs)}; expected one for each")
    try:
        runs = tuple(_thawed(run, config, metrics) for run, config in zip(metrics.runs, configs, strict=True))
    except KeyError as error:
        raise ConfigError(f"{folder / 'metrics.json'}: {error.args[0]}: not known; expected what ftexp freeze writes") from error
    except ValidationError as error:
        raise ConfigError(_unlike(folder / "metrics.json", error)) from error
    return Frozen(folder, metrics, runs)


def read_metrics(folder: Path) -> Metrics:
    """metrics.json alone. Raises as `read` does."""
    try:
        return Metrics.model_validate_json(_text(folder / "metrics.json"))
    except ValidationError as error:
        raise ConfigError(_unlike(folder / "metrics.json", error)) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise RunNotFoundError(f"{path}: can't be read ({error.strerror}); expected a record that ftexp freeze wrote") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8; expected what ftexp freeze writes") from error


def _unlike(path: Path, error: ValidationError) -> str:
    first = error.errors()[0]
    where = "".join(f"{part}: " for part in [".".join(map(str, first["loc"]))] if part)
    return f"{path}: {where}{first['msg']}; expected what ftexp freeze writes"


def write_text(folder: Path, found: Sequence[Loaded]) -> None:
    """The examples, in `data/`; those of several datasets in a folder each. What an earlier record had there goes."""
    if (folder / "data").is_dir():
        shutil.rmtree(folder / "data")
    for data in found:
        write_splits(data, folder / "data" / ("" if len(found) == 1 else digest(data.digests)[:8]))


def folders_with_text(folder: Path) -> list[Path]:
    """Where a record's examples may be; nowhere where a link leads out of it."""
    data = folder / "data"
    if not data.is_dir() or not all(path.resolve().is_relative_to(folder.resolve()) for path in (data, *data.rglob("*"))):
        return []
    return [data, *sorted(path for path in data.iterdir() if path.is_dir())]


def _frozen(run: Recorded, first: Mapping[str, str], shared: dict[str, Any]) -> FrozenRun:
    inputs = _INPUTS.dump_python(run.inputs, mode="json")
    config = inputs["config"]
    inputs["config"] = {key: config.get(key) for key in {**first, **config} if first.get(key) != config.get(key)}  # None: not there
    for part in _SHARED:
        name = f"{part}-{digest(inputs[part])[:8]}"
        shared[name] = inputs[part]
        inputs[part] = name
    return FrozenRun(id=run.id, name=run.name, point=dict(run.point), inputs=inputs, outcome=run.outcome)


def _thawed(run: FrozenRun, config: RunConfig, metrics: Metrics) -> Recorded:
    """Raises KeyError for what doesn't belong there, ValidationError for another type."""
    if unknown := sorted(run.inputs.keys() - Inputs.__dataclass_fields__.keys()):
        raise KeyError(unknown[0])
    parts = {k: metrics.shared[v] if k in _SHARED else v for k, v in run.inputs.items()}
    config_then = {key: value for key, value in {**metrics.config, **parts["config"]}.items() if value is not None}
    inputs = _INPUTS.validate_python({**parts, "config": config_then})
    return Recorded(run.id, run.name, config, inputs, run.outcome, run.point, is_foreign=True)


def _json(value: Any, indent: int = 0) -> str:
    """What fits in a line stands in one, so that a point of a curve is a line and a change shows as that of a line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) <= LONGEST_LINE or not value or not isinstance(value, dict | list):
        return line
    inner = " " * (indent + 1)
    if isinstance(value, dict):
        parts = [f"{inner}{json.dumps(key, ensure_ascii=False)}: {_json(part, indent + 1)}" for key, part in value.items()]
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(inner + _json(part, indent + 1) for part in value) + "\n" + " " * indent + "]"


def _config_yaml(name: str, runs: Sequence[Recorded], launched: Launched) -> str:
    from omegaconf import OmegaConf

    first = _plain(runs[0].config)
    differing = [_changes(first, _plain(run.config)) for run in runs]
    head = f"# What was run. Make it again, and see whether it comes out the same: ftexp reproduce {name} --verify\n"
    asked = " ".join(shlex.join(["ftexp", *launched.words]).split())  # in one line, whatever stands in the words
    head += f"# It was asked for with: {asked}\n" if launched.words else ""
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
    if unknown := sorted(map(str, values.keys() - {"config", "runs"})):
        raise ConfigError(f"{path}: {unknown[0]}: unknown key; expected config and runs")
    if any(not isinstance(changes, dict) for changes in values["runs"]):
        raise ConfigError(f"{path}: runs: found no group of keys; expected one for each run, empty where it is as config says")
    return [judged(_with(values["config"], changes), str(path)) for changes in values["runs"]]


def _changes(first: Any, other: Any, key: str = "") -> dict[str, Any]:
    """By dotted key what `other` has otherwise; a group with other keys, or keys with dots in them, is one value."""
    if first == other:
        return {}
    alike = isinstance(first, dict) and isinstance(other, dict) and first.keys() == other.keys() and not any("." in k for k in first)
    if not alike:
        return {key: other}
    return {k: v for name in first for k, v in _changes(first[name], other[name], f"{key}.{name}" if key else name).items()}


def _with(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`config` with dotted keys changed."""
    changed: dict[str, Any] = json.loads(json.dumps(config, default=str))
    for key, value in changes.items():
        *path, last = str(key).split(".")
        inner = changed
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return changed


def _plain(config: RunConfig) -> dict[str, Any]:
    values: dict[str, Any] = config.model_dump(mode="json", by_alias=True)
    return values
