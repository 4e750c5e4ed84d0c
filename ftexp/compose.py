"""From the words on the command line to a judged RunConfig: Hydra composes, pydantic judges, every fault is told at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftexp.boundaries import hydra_faults, key_faults, lookup_faults, path_faults
from ftexp.config import RunConfig
from ftexp.errors import ConfigError
from ftexp.faults import validated
from ftexp.redaction import KEY_SHAPED
from ftexp.withheld import without_keys

if TYPE_CHECKING:
    from hydra.core.config_loader import ConfigLoader
    from hydra.core.override_parser.types import Override
    from omegaconf import DictConfig

# What may be said to Hydra itself: how a sweep is declared, and what launches it.
LAUNCHER = "hydra/launcher"
LAUNCHERS = ("basic", "joblib")
HYDRA_KEYS = ("hydra.launcher.", "hydra.sweeper.params.", "hydra.mode")
_HYDRA_WORDS = "hydra/launcher=basic or joblib, hydra.launcher.n_jobs, hydra.sweeper.params.KEY or hydra.mode"


@dataclass(frozen=True)
class Composed:
    """A judged config, and how it was asked for: `unresolved` still has its interpolations, `launcher` is Hydra's choice."""

    config: RunConfig
    overrides: tuple[str, ...]
    choices: dict[str, str | None]
    unresolved: dict[str, Any]
    launcher: str


def recorded(config: RunConfig, words: Sequence[str] = ()) -> Composed:
    """A config that was judged before, as if it had been composed now."""
    return Composed(config, tuple(words), {}, config.model_dump(mode="json", by_alias=True), "basic")


def config_directories(working_directory: Path) -> list[Path]:
    """Where groups are looked up: the user's own `conf/` first, then the one that comes with ftexp."""
    inside_wheel = Path(__file__).parent / "conf"
    shipped = inside_wheel if inside_wheel.is_dir() else Path(__file__).parent.parent / "conf"
    own = working_directory / "conf"
    return [own, shipped] if own.is_dir() and own.resolve() != shipped.resolve() else [shipped]


def compose(words: Sequence[str], working_directory: Path) -> Composed:
    """The config that `words` (Hydra overrides) ask for. Raises ConfigError with a line for each fault."""
    return Composer(working_directory).compose(words)


class Composer:
    """Composes from the config directories of one working directory, which are read once."""

    def __init__(self, working_directory: Path) -> None:
        *own, shipped = config_directories(working_directory)
        _refuse_ways_out(own)
        self._root = working_directory.resolve()
        self._pristine = _Pristine(shipped) if own else None
        self.loader = _loader([*own, shipped])
        self._groups = _groups(self.loader)
        self._bases: dict[tuple[str, ...], DictConfig] = {}

    def compose(self, words: Sequence[str], in_file: Collection[str] = ()) -> Composed:
        """One run. Raises ConfigError with a line for each fault, several values for one key among them.

        Keys of words that a file of conf/ said, and not the user, are `in_file`.
        """
        faults, overrides = self.parsed(words)
        faults += [_several(o.input_line or "") for o in overrides if o.is_sweep_override()]
        composable = self.composable([o for o in overrides if not o.is_sweep_override()])
        found = _judged(faults, lambda: self.composed(composable), tuple(words))
        said = [o.key_or_group for o in overrides if o.key_or_group not in self._groups and o.key_or_group not in in_file]
        weights = "model.provider.path"  # a model of one's own may lie anywhere: only safetensors are read, and nothing of them is sent
        if outside := path_faults(found.config, self._root, [*said, weights]):
            raise ConfigError(*outside)
        return found

    def parsed(self, words: Sequence[str]) -> tuple[list[str], list[Override]]:
        """The faults among the words, and those that can be composed. Raises ConfigError for what looks like a key."""
        refuse_keys(words)
        return _parsed(words, self._groups)

    def composable(self, overrides: Sequence[Override]) -> list[str]:
        """As Hydra takes them: what is added to, changed in or taken from the config."""
        return [_composable(o, self._groups) for o in overrides]

    def composed(self, overrides: Sequence[str]) -> DictConfig:
        """Not judged and not resolved, with Hydra's own node, which lacks only the list of overrides.

        Runs of a sweep mostly differ in plain values: those are put, as Hydra does it, into a copy of what the choices of groups
        come to, which is composed once. A composition takes Hydra a third of a second, a copy a tenth of that (2026-11).
        """
        from hydra._internal.config_loader_impl import ConfigLoaderImpl
        from hydra.core.override_parser.overrides_parser import OverridesParser

        values = [word for word in overrides if word.startswith("++")]
        if any(word.startswith("~") for word in overrides):
            values = []  # what is taken away and set again depends on the order
        choices = tuple(word for word in overrides if word not in values)
        if choices not in self._bases:
            self._bases[choices] = self.master(choices)
        config = deepcopy(self._bases[choices])
        with _told_as_faults([]):
            ConfigLoaderImpl._apply_overrides_to_config(OverridesParser.create().parse_overrides(values), config)
        if self._pristine:
            self._pristine.check(config)
        return config

    def master(self, overrides: Sequence[str]) -> DictConfig:
        """What a launcher starts from: as `composed`, with Hydra's node whole."""
        from hydra import compose as hydra_compose

        with _told_as_faults([]):
            return hydra_compose("config", overrides=list(overrides), return_hydra_config=True)


class _Pristine:
    """Hydra's own node as it is without any file of the user's."""

    def __init__(self, shipped: Path) -> None:
        self._loader = _loader([shipped])
        self._nodes: dict[str, Any] = {}

    def check(self, config: DictConfig) -> None:
        """Raises ConfigError where the user's files say more to Hydra than they may."""
        from omegaconf import OmegaConf

        launcher = str(config.hydra.runtime.choices[LAUNCHER])
        if launcher not in LAUNCHERS:
            raise ConfigError(f"{LAUNCHER}: found {launcher}, expected one of {', '.join(LAUNCHERS)}")
        found = OmegaConf.to_container(config.hydra, resolve=False)
        assert isinstance(found, dict)
        if faults := hydra_faults({str(key): value for key, value in found.items()}, self._node(launcher)):
            raise ConfigError(*faults)

    def _node(self, launcher: str) -> Any:
        from hydra.types import RunMode
        from omegaconf import OmegaConf

        if launcher not in self._nodes:
            config = self._loader.load_configuration("config", [f"{LAUNCHER}={launcher}"], RunMode.RUN, from_shell=False)
            self._nodes[launcher] = OmegaConf.to_container(config.hydra, resolve=False)
        return self._nodes[launcher]


def _refuse_ways_out(own: Sequence[Path]) -> None:
    """Before Hydra reads a file: it would read, or import, what is named there."""
    from omegaconf import OmegaConf

    for directory in own:
        if (directory / "hydra").exists():
            raise ConfigError(f"{directory / 'hydra'}: found groups of Hydra's own; expected none, since they say what Hydra calls")
        if not (directory / "config.yaml").is_file():
            continue
        with _told_as_faults([]):
            values = OmegaConf.to_container(OmegaConf.load(directory / "config.yaml"), resolve=False)
        said = values.get("hydra", {}) if isinstance(values, dict) else {}
        if not isinstance(said, dict) or "searchpath" in said:
            raise ConfigError(
                f"{directory / 'config.yaml'}: found hydra.searchpath; expected none, since configs are read from conf/ alone"
            )


def _loader(directories: Sequence[Path]) -> ConfigLoader:
    """What `hydra.initialize_config_dir` does, but with more than one directory: `hydra.searchpath` only adds later ones."""
    from hydra import version
    from hydra._internal.hydra import Hydra
    from hydra._internal.utils import create_config_search_path
    from hydra.core.global_hydra import GlobalHydra

    *own, shipped = (str(directory.resolve()) for directory in directories)
    search_path = create_config_search_path(shipped)
    for directory in own:
        search_path.prepend("own", directory, anchor="main")
    version.setbase("1.3")
    GlobalHydra.instance().clear()
    return Hydra.create_main_hydra2("ftexp", search_path).config_loader


def refuse_keys(words: Sequence[str]) -> None:
    """Raises ConfigError for a word that holds what looks like an API key, or is one that the environment has."""
    for word in words:
        if KEY_SHAPED.search(word) or without_keys(word) != word:
            key = KEY_SHAPED.sub("[redacted]", without_keys(word.split("=")[0]))
            raise ConfigError(
                f"{key}: found what looks like an API key, which would be written into records; put it into an environment variable "
                "and name that variable in model.provider.api_key_env"
            )


def _parsed(words: Sequence[str], groups: dict[str, list[str]]) -> tuple[list[str], list[Override]]:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    faults, usable = [], []
    for word in words:
        try:
            override = OverridesParser.create().parse_override(word)
        except HydraException as error:
            faults.append(_unparsable(word, error))
            continue
        fault = _misplaced(override, word, groups)
        if fault:
            faults.append(fault)
        else:
            usable.append(override)
    return faults, usable


def _composable(override: Override, groups: dict[str, list[str]]) -> str:
    """With struct mode off (`++`) for a plain key. A group takes no `+` where it is in the defaults, and no null."""
    word = override.input_line or ""
    if override.is_delete() or override.package is not None or override.key_or_group == LAUNCHER:
        return word
    if override.key_or_group not in groups:
        return "++" + word.lstrip("+")
    return f"~{override.key_or_group}" if override.value() is None else word.lstrip("+")


def _groups(loader: ConfigLoader) -> dict[str, list[str]]:
    """Names of the groups and of the options in each."""
    from hydra.core.object_type import ObjectType

    names = loader.get_group_options("", results_filter=ObjectType.GROUP)
    return {name: loader.get_group_options(name) for name in names if name != "hydra"}


def _unparsable(word: str, error: Exception) -> str:
    if "=" not in word:
        return f"{word!r}: expected KEY=VALUE, as in hyperparameters.n_epochs=3 (see ftexp --help)"
    reason = str(error).splitlines()[0]
    key = word.split("=")[0]
    return f"{word!r}: can't be read ({reason}); put a value with spaces, commas, = or non-English letters in quotes: '{key}=\"...\"'"


def _misplaced(override: Override, word: str, groups: dict[str, list[str]]) -> str | None:
    key = override.key_or_group
    if key.replace("/", ".").split(".")[0] == "hydra":
        return None if key == LAUNCHER or key.startswith(HYDRA_KEYS) else f"{word!r}: not used by ftexp; expected {_HYDRA_WORDS}"
    if key not in groups or override.is_delete():
        return None
    wanted: list[object] = [override.value()]
    if override.is_sweep_override():
        wanted = list(override.sweep_iterator()) if override.is_discrete_sweep() else []
    unknown = [w for w in wanted if w not in groups[key] and not (w is None and key == "experiment")]
    if not unknown:
        return None
    shown = word.partition("=")[2] if len(wanted) == 1 else str(unknown[0])
    return f"{key}: found {shown!r}, expected one of {', '.join(groups[key])}{nearest(str(unknown[0]), groups[key])}"


def _several(word: str) -> str:
    return f"{word!r}: several values are a sweep; run them all with: ftexp run -m ..."


def nearest(found: str, names: Sequence[str]) -> str:
    """`; did you mean X?`, or nothing where no name is near."""
    near = get_close_matches(found, names, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


@contextmanager
def _told_as_faults(faults: Sequence[str]) -> Iterator[None]:
    """What Hydra, OmegaConf and YAML say as ConfigError, behind the faults found before."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError  # type: ignore[import-untyped]  # its types are a package of their own

    try:
        yield
    except ConfigError as error:
        raise ConfigError(*faults, *error.faults) from error
    except UnicodeDecodeError as error:
        raise ConfigError(*faults, f"a file of conf/ is not UTF-8 ({error}); save it as UTF-8") from error
    except (HydraException, OmegaConfBaseException, YAMLError) as error:
        raise ConfigError(*faults, " ".join((str(error) or str(error.__cause__)).split())) from error


def _judged(faults: list[str], compose: Callable[[], DictConfig], words: tuple[str, ...]) -> Composed:
    from omegaconf import OmegaConf

    with _told_as_faults(faults):
        composed = compose()
        choices = {k: v for k, v in composed.hydra.runtime.choices.items() if not k.startswith("hydra/") or k == LAUNCHER}
        launcher = str(choices.pop(LAUNCHER))
        OmegaConf.set_struct(composed, False)
        del composed["hydra"]
        unresolved = OmegaConf.to_container(composed, resolve=False)
        if lookups := lookup_faults(unresolved):
            raise ConfigError(*lookups)
        resolved = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(unresolved, dict) and isinstance(resolved, dict)
    faults = [*faults, *key_faults(resolved)]
    config = validated(RunConfig, resolved, faults)
    return Composed(config, words, choices, {str(k): v for k, v in unresolved.items()}, launcher)
