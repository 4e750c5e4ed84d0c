"""The adapter that a training begins with: that of a finished run on this machine, or a directory's. Reads the journal and its files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftexp.backends.local.model import WEIGHTS, LocalModel
from ftexp.backends.providers import Lora
from ftexp.data.messages import Example, digest_of, said_of
from ftexp.errors import ConfigError, RunNotFoundError
from ftexp.files import sha256_of
from ftexp.provenance import recorded
from ftexp.records import find_run
from ftexp.state import State
from ftexp.validation.findings import Finding
from ftexp.validation.items import trained_on_before

_EXPECTED = "expected the id of a finished run in this project, or the directory of an adapter"
_PLAIN: dict[str, tuple[Any, ...]] = {  # what an adapter's config may say besides; other kinds of LoRA compute otherwise
    "peft_type": ("LORA",),
    "bias": ("none",),
    **{name: (None, False, {}, []) for name in ("use_dora", "use_rslora", "rank_pattern", "alpha_pattern", "modules_to_save")},
}


@dataclass(frozen=True)
class Start:
    """`sha256` is that of the adapter's weights; `run` the one that made it, empty where that isn't known.

    `trained_on` are digests of the examples that went into it, its validation's among them, as far as they are on record.
    """

    adapter: Path
    sha256: str
    run: str = ""
    trained_on: frozenset[str] = frozenset()

    def findings(self, test: Sequence[Example]) -> tuple[Finding, ...]:
        """A pair counts as seen where its preferred answer was."""
        seen = [e.origin for e in test if {digest_of(e.said), digest_of(said_of(e.messages))} & self.trained_on]
        return trained_on_before(seen, self.run)


def find_start(reference: str, model: LocalModel, state: State) -> Start:
    """Raises ConfigError where there is none, or where it doesn't fit the model and its adapters."""
    folder = state.root / Path(reference).expanduser()
    if (folder / WEIGHTS).is_file():
        start = Start(folder.resolve(), sha256_of(folder / WEIGHTS))
    elif folder.is_dir():
        raise ConfigError(f"training.start_from: {reference} has no {WEIGHTS}; {_EXPECTED}")
    else:
        start = _of_run(reference, model, state)
    if faults := list(_unlike(_config_of(start.adapter), model.provider.lora)):
        raise ConfigError(*(f"training.start_from: {reference}: {fault}" for fault in faults))
    return start


def _of_run(reference: str, model: LocalModel, state: State) -> Start:
    from ftexp.run import Record

    if reference == "last":  # the same command would mean another run the next time
        raise ConfigError(f"training.start_from: found last, which is another run after this one; {_EXPECTED}")
    try:
        row = find_run(reference, state)
    except RunNotFoundError as error:
        raise ConfigError(*(f"training.start_from: {fault}" for fault in error.faults), f"training.start_from: {_EXPECTED}") from error
    if row.record is None:
        raise ConfigError(f"training.start_from: run {row.id} has no adapter, it is {row.state}; {_EXPECTED}")
    record = Record.model_validate_json(row.record)
    kept = record.training.adapter
    if kept is None:
        raise ConfigError(f"training.start_from: run {row.id} was trained at a service, which keeps what it made; {_EXPECTED}")
    if record.revision != model.revision:
        raise ConfigError(f"training.start_from: run {row.id} tuned another model than {model.directory}; expected a run on the same one")
    weights = state.root / kept.path / WEIGHTS
    if not weights.is_file() or sha256_of(weights) != kept.sha256:
        raise ConfigError(f"training.start_from: {weights}: gone or changed since run {row.id} made it; train it again with replicate=2")
    return Start(weights.parent, kept.sha256, row.id, frozenset(_trained_on(row.id, state)))


def _trained_on(run: str, state: State) -> Iterator[str]:
    by_split = recorded([run], state.journal)[run].examples
    return (each for split in ("train", "validation") for each in by_split.get(split, ()))


def _config_of(adapter: Path) -> Mapping[str, Any]:
    path = adapter / "adapter_config.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"training.start_from: {path} can't be read ({error}); expected what stands beside an adapter's weights"
        ) from error
    if not isinstance(found, dict):
        raise ConfigError(f"training.start_from: {path}: expected a JSON object")
    return found


def _unlike(found: Mapping[str, Any], lora: Lora) -> Iterator[str]:
    """Training goes on with the same adapters, so their shape is that of this run's."""
    layers = found.get("layers_to_transform")
    shape = {"rank": found.get("r"), "alpha": found.get("lora_alpha"), "layers": "all" if layers is None else len(layers)}
    for name, value in shape.items():
        if value != getattr(lora, name):
            yield f"its {name} is {value}, but model.provider.lora.{name} is {getattr(lora, name)}; set model.provider.lora.{name}={value}"
    modules = sorted(found.get("target_modules") or ())
    if modules != sorted(lora.target_modules):
        yield f"it is for other modules; set model.provider.lora.target_modules=[{','.join(modules)}]"
    for name, expected in _PLAIN.items():
        if found.get(name, expected[0]) not in expected:
            yield f"its {name} is {found[name]!r}; expected a plain LoRA adapter"
