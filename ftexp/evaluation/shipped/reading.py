"""From the name of a shipped suite to its items. Reads the files beside it."""

from __future__ import annotations

from pathlib import Path

from ftexp.errors import ConfigError, DataError
from ftexp.evaluation.item_files import read_items
from ftexp.evaluation.items import Item
from ftexp.evaluation.suites import Shipped, ShippedLanguage
from ftexp.files import sha256_of
from ftexp.values import Value

HERE = Path(__file__).parent


class Measured(Value):
    """What a model scored on a file, by metric, and when (ISO 8601)."""

    model: str
    date: str
    scores: dict[str, float]


class ShippedFile(Value):
    """`measured` is of the version that is stated."""

    version: int
    items: int
    sha256: str
    measured: tuple[Measured, ...] = ()


class Manifest(Value):
    """Every file by its name."""

    license: str
    files: dict[str, ShippedFile]


def manifest() -> Manifest:
    return Manifest.model_validate_json((HERE / "manifest.json").read_bytes())


def path_of(suite: Shipped, language: ShippedLanguage) -> Path:
    return HERE / f"{suite}.{language}.jsonl"


def read_shipped(suite: Shipped, language: ShippedLanguage, version: int) -> tuple[Item, ...]:
    """Raises ConfigError where another version is shipped, DataError where the file isn't as it was shipped."""
    path = path_of(suite, language)
    shipped = manifest().files[path.name]
    if version != shipped.version:
        raise ConfigError(
            f"eval.suites: found version {version} of the suite {suite} in {language}, expected {shipped.version}, the one that this ftexp "
            "has; its scores can't be compared with those of another"
        )
    if sha256_of(path) != shipped.sha256:
        raise DataError(f"{path} was changed; install ftexp again, and for items of your own name a copy of it: items: PATH")
    return read_items(path)
