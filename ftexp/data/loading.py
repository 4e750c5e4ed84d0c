"""From the dataset group to judged, disjoint splits."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ftexp.data import reading
from ftexp.data.dataset import AnyFile, BuiltinDataset, Dataset, JsonlDataset
from ftexp.data.jsonl import Reading
from ftexp.data.messages import Example, Splits
from ftexp.data.split import FEWEST_EXAMPLES, some_of, split
from ftexp.errors import ConfigError, DataError
from ftexp.validation.catalogue import adjusted, refuse_unfit
from ftexp.validation.checks import Checks
from ftexp.validation.findings import Finding, raise_on_errors, shown
from ftexp.validation.structure import Method
from ftexp.values import digest


@dataclass(frozen=True)
class Loaded:
    """Disjoint splits, what was remarked on them (no errors: those stop), and the sha256 of each split's content."""

    splits: Splits
    warnings: tuple[Finding, ...]
    digests: dict[str, str]


def load(dataset: Dataset, method: Method | None = None, checks: Checks | None = None) -> Loaded:
    """Raises DataError with every error of every file, ConfigError where the dataset isn't for the method, or `checks` can't be meant.

    Without a method chat examples and preference pairs are as good.
    """
    refuse_unfit(checks or Checks())
    if method == "dpo" and not isinstance(dataset, JsonlDataset):
        raise ConfigError(
            f"training.method: found dpo with dataset.kind {dataset.kind}, which has chat examples; "
            "expected dataset=jsonl with preference pairs, or training.method=supervised"
        )
    if isinstance(dataset, BuiltinDataset):
        return _loaded(dataset, import_module(f"ftexp.data.builtin.{dataset.builtin}").splits(), ())
    return _load_files(dataset, method, checks or Checks())


def _load_files(dataset: AnyFile, method: Method | None, checks: Checks) -> Loaded:
    readings = _readings(dataset, method)
    findings = tuple(adjusted((f for reading in readings.values() for f in reading.findings), checks))
    raise_on_errors(findings)
    rest = readings["train"].examples
    if len(rest) < FEWEST_EXAMPLES:
        raise DataError(f"{dataset.path}: found {len(rest)} examples, expected at least {FEWEST_EXAMPLES}; add more")
    parts = split(rest, dataset.split, validation="validation" not in readings, test="test" not in readings)
    splits = Splits(
        train=parts.train,
        validation=readings["validation"].examples if "validation" in readings else parts.validation,
        test=readings["test"].examples if "test" in readings else parts.test,
    )
    _refuse_empty(splits, dataset.path)
    return _loaded(dataset, splits, tuple(f for f in findings if f.severity == "warning"))


def _loaded(dataset: Dataset, whole: Splits, warnings: tuple[Finding, ...]) -> Loaded:
    """With as many examples of each split as are wanted. Raises DataError where more are wanted than there are."""
    wanted = {"train": dataset.train_examples, "validation": dataset.validation_examples, "test": dataset.test_examples}
    too_many = [
        f"dataset.{split}_examples: found {count}, expected at most {len(getattr(whole, split))}, which is how many there are"
        for split, count in wanted.items()
        if count is not None and count > len(getattr(whole, split))
    ]
    if too_many:
        raise DataError(*too_many)
    splits = Splits(**{split: some_of(getattr(whole, split), count) for split, count in wanted.items()})
    return Loaded(splits, warnings, _digests(splits))


def _readings(dataset: AnyFile, method: Method | None) -> dict[str, Reading]:
    """By split, of every file there is. Raises DataError with every file that isn't there, and the errors in the others."""
    readings, missing = {}, list[str]()
    for part, path in (("train", dataset.path), ("validation", dataset.validation), ("test", dataset.test)):
        if path is not None:
            try:
                readings[part] = reading.read(dataset, _file(path), method)
            except DataError as error:
                missing += error.faults
    if missing:
        raise DataError(*missing, *shown([f for r in readings.values() for f in r.findings if f.severity == "error"]))
    return readings


def _file(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise DataError(f"{path}: nobody's home directory is {path.split('/')[0]}; write the path out") from error


def _refuse_empty(splits: Splits, path: str) -> None:
    for name in ("train", "validation", "test"):
        if not getattr(splits, name):
            raise DataError(
                f"{path}: no example is left for the {name} split; examples with one prompt stay together, so add other prompts"
            )


def _digests(splits: Splits) -> dict[str, str]:
    return {"train": digest_of(splits.train), "validation": digest_of(splits.validation), "test": digest_of(splits.test)}


def digest_of(examples: tuple[Example, ...]) -> str:
    """The sha256 of what the examples say, wherever they come from."""
    return digest([e.said for e in examples])
