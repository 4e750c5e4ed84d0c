"""What a run was made with, and what differs between two: its record against another's, or against what is here now.

`inputs_of` takes the events that tell MLflow of a run: those on record, or those that a run would tell if it began now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from ftexp.journal import Journal
from ftexp.tracking.events import Event, Input, Params, Tags, Text, parse

Kind = Literal["config", "data", "model", "packages", "code", "machine"]
OPENING = ("params", "tags/", "input/", "text/environment/", "text/data/examples")  # how the idents of the events begin that tell inputs

_LEFT_OPEN = ("n_epochs", "batch_size", "learning_rate_multiplier")


@dataclass(frozen=True)
class Inputs:
    """Empty or None is what isn't on record.

    `config` has dotted keys and texts, with what auto came to; `splits` the sha256 of each split's content, `revision` that of
    the base model, `start` the sha256 of the adapter that training began with, `packages` a version by name. `commit` is of the
    project directory, None outside a git checkout; `patch` is the sha256 of its difference where that was kept, `code` that of
    ftexp's own source. `examples` has a short digest an example, by split. `machine` has python, system, processor, instructions,
    device, dtype and threads.
    """

    config: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, str] = field(default_factory=dict)
    revision: str | None = None
    start: str | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None
    dirty: bool | None = None
    patch: str | None = None
    code: str | None = None
    examples: Mapping[str, Sequence[str]] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class InputDifference:
    """One input that isn't the same; None where it isn't there."""

    kind: Kind
    key: str
    one: str | None
    other: str | None


def differences(one: Inputs, other: Inputs) -> tuple[InputDifference, ...]:
    """Kind by kind in the order of `Kind`, the keys of each sorted; empty where everything is the same."""
    if one.patch is None or other.patch is None:  # a remote store isn't given it
        one, other = replace(one, patch=None), replace(other, patch=None)
    ours, theirs = _by_kind(one), _by_kind(other)
    found = [found for kind in get_args(Kind) for found in _of_kind(kind, ours[kind], theirs[kind])]
    return tuple(replace(f, key=_changed_examples(f.key, one, other)) if f.kind == "data" else f for f in found)


def _changed_examples(split: str, one: Inputs, other: Inputs) -> str:
    """The split's name, and which of its examples aren't the same where that is on record: `train (example 17)`."""
    ours, theirs = one.examples.get(split), other.examples.get(split)
    if not ours or not theirs:
        return split
    if len(ours) != len(theirs):
        return f"{split} ({len(ours)} examples against {len(theirs)})"
    changed = [str(i) for i, (a, b) in enumerate(zip(ours, theirs, strict=True), start=1) if a != b]
    more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
    return f"{split} (example {', '.join(changed[:5])}{more})"


def recorded(runs: Sequence[str], journal: Journal) -> dict[str, Inputs]:
    """Of each run what its events on record tell."""
    told = [journal.bodies(runs, beginning) for beginning in OPENING]
    return {run: inputs_of(parse(body) for bodies in told for body in bodies.get(run, ())) for run in runs}


def inputs_of(events: Iterable[Event]) -> Inputs:
    """Events that tell nothing of what went in may be among them."""
    params: dict[str, str] = {}
    tags: dict[str, str] = {}
    texts: dict[str, str] = {}
    splits: dict[str, str] = {}
    for event in events:
        match event:
            case Params():
                params |= event.values
            case Tags():
                tags |= event.values
            case Text():
                texts[event.path] = event.content
            case Input():
                splits[event.split] = event.sha256
    return inputs_from(params, tags, texts, splits)


def inputs_from(params: Mapping[str, str], tags: Mapping[str, str], texts: Mapping[str, str], splits: Mapping[str, str]) -> Inputs:
    """From what MLflow shows of a run: params, tags, the texts of the artifacts by path, and the digests of the splits."""
    here = json.loads(texts.get("environment/environment.json", "{}"))
    lines = texts.get("environment/packages.txt", "").splitlines()
    patch = texts.get("environment/difference.patch")
    machine = {name: str(here[name]) for name in ("python", "system", "processor", "instructions") if here.get(name)}
    return Inputs(
        config=config_of(params, tags),
        splits=dict(splits),
        revision=tags.get("ftexp.model_revision"),
        start=tags.get("ftexp.start_sha256"),
        packages={name: version for name, _, version in (line.partition("==") for line in lines if line)},
        commit=here.get("commit"),
        dirty=here.get("dirty"),
        code=here.get("code"),
        examples=json.loads(texts.get("data/examples.json", "{}")),
        patch=None if patch is None else hashlib.sha256(patch.encode("utf-8")).hexdigest(),
        machine=machine | _beginning_with("machine/", params),
    )


def config_of(params: Mapping[str, str], tags: Mapping[str, str]) -> dict[str, str]:
    """The flattened config, with the names and numbers that it left open as they came out."""
    config = {key: value for key, value in params.items() if "/" not in key.split(".")[0]}
    resolved = _beginning_with("resolved/", params)
    config |= {f"hyperparameters.{name}": resolved[name] for name in _LEFT_OPEN if name in resolved}
    config |= {f"{group}.name": tags[f"ftexp.{group}"] for group in ("dataset", "model") if f"ftexp.{group}" in tags}
    if resolved:  # how a preset was picked is no part of what was trained
        config.pop("hyperparameters.below_examples", None)
    return config


def _beginning_with(beginning: str, values: Mapping[str, str]) -> dict[str, str]:
    return {key.removeprefix(beginning): value for key, value in values.items() if key.startswith(beginning)}


def _by_kind(inputs: Inputs) -> dict[Kind, dict[str, str]]:
    code = {"commit": inputs.commit, "uncommitted changes": None if inputs.dirty is None else "yes" if inputs.dirty else "no"}
    code |= {"their sha256": inputs.patch, "ftexp's source": inputs.code}
    model = {"revision": inputs.revision, "adapter begun with": inputs.start}
    return {
        "config": dict(inputs.config),
        "data": dict(inputs.splits),
        "model": {key: value for key, value in model.items() if value is not None},
        "packages": dict(inputs.packages),
        "code": {key: value for key, value in code.items() if value is not None},
        "machine": dict(inputs.machine),
    }


def _of_kind(kind: Kind, one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[InputDifference]:
    if bool(one) != bool(other):  # nothing of this kind is on record there: said once, and not key by key
        yield InputDifference(kind, kind, _counted(one), _counted(other))
        return
    for key in sorted(one.keys() | other.keys()):
        if one.get(key) != other.get(key):
            yield InputDifference(kind, key, one.get(key), other.get(key))


def _counted(values: Mapping[str, str]) -> str | None:
    return f"{len(values)} on record" if values else None
