"""What `ftexp evaluate` is pointed at: the base, a run, an adapter's directory, or a whole model's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ftexp.backends.base import Tuned
from ftexp.compose import Composed, compose, recorded
from ftexp.config import RunConfig
from ftexp.errors import ConfigError
from ftexp.files import sha256_of
from ftexp.records import open_tuned
from ftexp.reproduction.recorded import overridden
from ftexp.state import State
from ftexp.values import digest

BASE = "base"
FINE_TUNE = "ft:"  # how services name fine-tunes and their checkpoints
GROUPS = ("eval", "dataset", "tracking", "prices", "checks")  # of which another may be chosen for a model that is there
KEYS = (*GROUPS, "name", "goal", "budget", "cost", "model.provider.threads", "model.provider.deployments", "suitability")


@dataclass(frozen=True)
class Target:
    """`tuned` is put onto the model of the config, or asked in its place; None: that model by itself. `key` names it by
    the training that made it, so that what it has answered before is known, or else by its content.
    """

    title: str
    composed: Composed
    tuned: Tuned | None
    key: str = ""


def find_target(reference: str, words: Sequence[str], state: State) -> Target:
    """Raises ConfigError for what is no model, RunNotFoundError for a run that isn't on record or hasn't finished."""
    path = Path(reference).expanduser()
    if reference == BASE:
        return Target(BASE, compose(words, state.root), None)
    if (path / "adapter_model.safetensors").is_file():
        sha256 = sha256_of(path / "adapter_model.safetensors")
        return Target(str(path), compose(words, state.root), path.resolve(), digest("adapter", sha256))
    if (path / "config.json").is_file():
        composed = compose(["model=local", f"model.provider.path={path.resolve()}", *words], state.root)
        return Target(str(path), composed, None)
    if reference.startswith(FINE_TUNE):
        return Target(reference, compose(words, state.root), reference, digest("fine-tune", reference))
    if path.is_dir():
        raise ConfigError(f"{path}: found neither adapter_model.safetensors nor config.json in it, expected an adapter or a model")
    return _of_run(reference, words, state)


def _of_run(reference: str, words: Sequence[str], state: State) -> Target:
    tuned = open_tuned(reference, state)
    if faults := [_refused(word) for word in words if not word.split("=")[0].lstrip("+~").startswith(KEYS)]:
        raise ConfigError(*faults)
    config = with_groups(tuned.config, words, state.root)
    key = state.journal.key_of(tuned.row.id, "train")
    return Target(tuned.row.id, recorded(config, ["evaluate", tuned.row.id, *words]), tuned.tuned, key)


def with_groups(config: RunConfig, words: Sequence[str], root: Path) -> RunConfig:
    """A recorded config with other groups, like eval=checklist, and other values in them."""
    chosen = [word.partition("=")[0] for word in words if word.partition("=")[0] in GROUPS]
    of_chosen = [word for word in words if word.split("=")[0].split(".")[0] in chosen]
    others = [word for word in words if word not in of_chosen]
    if chosen:
        fresh = compose(of_chosen, root).config
        fields = {"eval": "evaluation"}
        config = config.model_copy(update={name: getattr(fresh, name) for name in (fields.get(group, group) for group in chosen)})
    return overridden(config, others)


def _refused(word: str) -> str:
    return f"{word}: the model is there already, and nothing about it can be changed; expected {', '.join(KEYS)}"
