"""What a config that somebody else may have written can't do: look things up, call, launch, hold a key, read outside of its directory.

What is said on the command line is the user's own word, and free to name any file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ftexp.backends.providers import LocalProvider
from ftexp.config import RunConfig
from ftexp.data.dataset import FileDataset
from ftexp.evaluation.suites import FileItems
from ftexp.redaction import KEY_SHAPED, RESERVED
from ftexp.tracking.config import LocalTracking
from ftexp.withheld import without_keys

# Of OmegaConf's and Hydra's resolvers those that look at nothing but the config itself; oc.env for names that hold no secret.
RESOLVERS = ("oc.create", "oc.decode", "oc.dict.keys", "oc.dict.values", "oc.select")
_RESOLVER = re.compile(r"\$\{\s*([^${}:\s]*)\s*(:|\$\{|)")
_ENVIRONMENT = re.compile(
    r"\$\{\s*oc\.env\s*:\s*(?:HOME|USER|HOSTNAME|PWD|TMPDIR|FTEXP_(?![A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASS))[A-Z0-9_]+)\s*[,}]"
)
# What a config file may say to Hydra: how a sweep is declared, and how many runs go on at once.
_HYDRA_SAYS = {("mode",), ("sweeper", "params"), ("launcher", "n_jobs"), ("overrides",), ("runtime",), ("job", "override_dirname")}


def lookup_faults(values: Any) -> list[str]:
    """Every interpolation that reads anything but the config."""
    return [
        f"{key}: found {text!r}; a config looks nothing up outside of itself; expected a value, ${{another.key}}, or one of "
        f"{', '.join(RESOLVERS)}"
        for key, text in texts_of(values)
        if any(_looks_outside(text, found) for found in _RESOLVER.finditer(text))
    ]


def _looks_outside(text: str, found: re.Match[str]) -> bool:
    name, behind = found.groups()
    if behind == ":":
        return name not in RESOLVERS and not _ENVIRONMENT.match(text, found.start())
    return behind != ""  # a name that is itself looked up


def key_faults(values: Any) -> list[str]:
    """Every text that looks like a key, or is one that this process uses."""
    return [
        f"{without_keys(KEY_SHAPED.sub('[redacted]', key))}: found what looks like an API key, which would get into records; expected "
        "the name of an environment variable, in model.provider.api_key_env alone"
        for key, text in texts_of(values)
        if any(found[0] not in RESERVED for found in KEY_SHAPED.finditer(f"{key} {text}")) or without_keys(key + text) != key + text
    ]


def hydra_faults(found: Mapping[str, Any], pristine: Mapping[str, Any]) -> list[str]:
    """What Hydra's own node has otherwise than without any file of the user's. It launches, calls and sets environment variables."""
    return [
        f"hydra.{'.'.join(path)}: not for a config file to say, since Hydra would call it, read it or set it; expected hydra.mode, "
        "hydra.sweeper.params or hydra.launcher.n_jobs"
        for path in _differing(found, pristine, ())
        if not any(path[: len(said)] == said for said in _HYDRA_SAYS)
    ]


def _differing(found: Any, pristine: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(found, Mapping) and isinstance(pristine, Mapping):
        for key in dict.fromkeys((*found, *pristine)):
            yield from _differing(found.get(key, _NONE), pristine.get(key, _NONE), (*path, str(key)))
    elif found != pristine:
        yield path


_NONE = object()


def path_faults(config: RunConfig, root: Path, given: Sequence[str] = (), besides: Sequence[Path] = ()) -> list[str]:
    """Paths that lead out of `root` and of the folders `besides`, by link or otherwise, but for those at the keys `given`."""
    homes = [folder.resolve() for folder in (root, *besides)]
    return [
        f"{key}: found {path}, which lies outside of {root}; a config from a file reads and writes only what is beside it. "
        f"If you mean it, say it yourself: {key}={path}"
        for key, path in paths_of(config).items()
        if not _is_covered(key, given) and not any(_resolved(path, root).is_relative_to(home) for home in homes)
    ]


def paths_of(config: RunConfig) -> dict[str, str]:
    """Every file or directory of this machine that a config names, by its dotted key."""
    found: dict[str, str | None] = {}
    if isinstance(config.dataset, FileDataset):
        found |= {f"dataset.{part}": getattr(config.dataset, part) for part in ("path", "validation", "test")}
    found["dataset.mix.path"] = config.dataset.mix.path if config.dataset.mix else None
    if isinstance(config.model.provider, LocalProvider) and not _is_hub_id(config.model.provider.path or ""):
        found["model.provider.path"] = config.model.provider.path
    if "/" in (config.training.start_from or ""):  # a run's id and name have none
        found["training.start_from"] = config.training.start_from
    if isinstance(config.tracking, LocalTracking):
        found |= {f"tracking.{part}": getattr(config.tracking, part) for part in ("database", "artifacts")}
    for name, suite in config.evaluation.suites.items():
        if isinstance(suite.items, FileItems):
            found[f"eval.suites.{name}.items"] = suite.items.path
    return {key: path for key, path in found.items() if path is not None}


def texts_of(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a config, by its dotted key."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from texts_of(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from texts_of(inner, f"{key}.{number}")
    elif isinstance(value, str):
        yield key, value


def _is_covered(key: str, given: Sequence[str]) -> bool:
    """Whether a key was given, or the group that it stands in, or what stands in it."""
    return any(key == g or key.startswith(f"{g}.") or g.startswith(f"{key}.") for g in given)


def _resolved(path: str, root: Path) -> Path:
    try:
        return (root / Path(path).expanduser()).resolve()
    except (RuntimeError, OSError, ValueError):  # nobody's home directory, links in a circle, a NUL: nothing that can be read
        return Path("/")


def _is_hub_id(path: str) -> bool:
    """OWNER/NAME, which is looked for at the hub where it is no directory here."""
    return bool(re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", path)) and not Path(path).exists()
