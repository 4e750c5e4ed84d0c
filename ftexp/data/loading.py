"""From the dataset group to judged, disjoint splits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from ftexp.data import reading
from ftexp.data.dataset import AnyFile, BuiltinDataset, Dataset, JsonlDataset, Mix
from ftexp.data.jsonl import Reading
from ftexp.data.judged import judged
from ftexp.data.messages import Example, Splits
from ftexp.data.mixing import chosen_of, file_of, read_others
from ftexp.data.split import FEWEST_EXAMPLES, some_of, split
from ftexp.errors import ConfigError, DataError
from ftexp.files import sha256_of
from ftexp.validation.catalogue import CATALOGUE, refuse_unfit
from ftexp.validation.checks import Checks
from ftexp.validation.corpus import NO_SPLIT, TOO_FEW, Asked, Limit, made_for_another
from ftexp.validation.findings import Finding, counted, shown
from ftexp.validation.report import DataFile, DataReport, Tally
from ftexp.validation.structure import Method
from ftexp.validation.survey import Rule
from ftexp.values import digest

SHOWN_OF_A_KIND = 5
STANDARD = Checks()


@dataclass(frozen=True)
class Loaded:
    """Disjoint splits, what was found out about them, and the sha256 of each split's content."""

    splits: Splits
    report: DataReport
    digests: dict[str, str]

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line for each check that found something: the first finding, and how many there are. No errors: those stop."""
        return tuple(
            f"{g.shown[0].where}: {g.shown[0].message}" + (f" ({g.count - 1:,} more of the kind {g.check})" if g.count > 1 else "")
            for g in self.report.of("warning")
        )


@dataclass(frozen=True)
class Gathered:
    """What a dataset holds, whatever is wrong with it: its examples by split, and what was found in single lines."""

    splits: Splits
    files: tuple[DataFile, ...]
    tally: Tally
    unread: int


def load(dataset: Dataset, method: Method | None = None, checks: Checks = STANDARD, cache: Path | None = None) -> Loaded:
    """Raises DataError with the errors of every file and of the whole, ConfigError where the dataset isn't for the method.

    Without a method chat examples and preference pairs are as good. `cache` is a folder for reports on data seen before.
    """
    gathered = gather(dataset, method)
    report = judge(gathered, dataset, checks, cache)
    raise_on_errors(report)
    return Loaded(gathered.splits, report, digests_of(gathered.splits))


def judge(
    gathered: Gathered, dataset: Dataset, checks: Checks, cache: Path | None = None, count: Rule | None = None, limit: Limit | None = None
) -> DataReport:
    """The report, errors and all. Tokens are counted where `count` says how."""
    refuse_unfit(checks)
    asked = Asked(dataset.name, dataset.task_type, dataset.is_cut, limit)
    return judged(gathered.splits, gathered.tally, gathered.files, gathered.unread, asked, checks, cache, count)


def raise_on_errors(report: DataReport) -> None:
    """Raises DataError with the errors of the report, at most a few of a kind and the count of the rest."""
    if report.errors:
        last = f"{counted(report.errors, 'error')} in the data; nothing was trained. Mend the lines above and run again."
        raise DataError(*report.lines("error", SHOWN_OF_A_KIND), last)


def gather(dataset: Dataset, method: Method | None = None) -> Gathered:
    """Raises DataError where a file can't be opened, or where more examples of a split are wanted than there are."""
    if method == "dpo" and not isinstance(dataset, JsonlDataset):
        raise ConfigError(
            f"training.method: found dpo with dataset.kind {dataset.kind}, which has chat examples; "
            "expected dataset=jsonl with preference pairs, or training.method=supervised"
        )
    if isinstance(dataset, BuiltinDataset):
        whole = Gathered(import_module(f"ftexp.data.builtin.{dataset.builtin}").splits(), (), Tally(), 0)
    else:
        whole = _gather_files(dataset, method)
    whole = replace(whole, splits=_as_many_as_wanted(dataset, whole.splits))
    return _mixed(whole, dataset.mix, method) if dataset.mix and dataset.mix.ratio else whole


def _mixed(whole: Gathered, mix: Mix, method: Method | None) -> Gathered:
    """Mixed in behind the cut, so that fewer own examples take fewer others along."""
    others = read_others(mix, method)
    for finding in others.findings:
        whole.tally.add(finding)
    files = [_data_file(file_of(mix.path), "train")] if mix.path else []
    unread = len({f.where for f in others.findings if CATALOGUE[f.check].fixed})
    chosen = chosen_of(others.examples, len(whole.splits.train), mix)
    splits = replace(whole.splits, train=(*whole.splits.train, *chosen), mixed=len(chosen))
    return Gathered(splits, (*whole.files, *files), whole.tally, whole.unread + unread)


def _gather_files(dataset: AnyFile, method: Method | None) -> Gathered:
    paths = {
        part: file_of(path)
        for part, path in (("train", dataset.path), ("validation", dataset.validation), ("test", dataset.test))
        if path is not None
    }
    readings = _readings(dataset, method)
    tally = Tally()
    for finding in (f for one in readings.values() for f in one.findings):
        tally.add(finding)
    parted = not {"validation", "test"} <= readings.keys()
    for part, one in readings.items():
        for finding in (f for e in one.examples for f in made_for_another(e, part, parted and part == "train")):
            tally.add(finding)
    rest = readings["train"].examples
    parts = split(rest, dataset.split, validation="validation" not in readings, test="test" not in readings)
    splits = Splits(
        train=parts.train,
        validation=readings["validation"].examples if "validation" in readings else parts.validation,
        test=readings["test"].examples if "test" in readings else parts.test,
    )
    unread = sum(len({f.where for f in r.findings if CATALOGUE[f.check].fixed}) for r in readings.values())
    if not unread:
        for fault in _parting_faults(splits, dataset.path, len(rest) if len(readings) < 3 else None):
            tally.add(fault)
    files = tuple(_data_file(path, part) for part, path in paths.items())
    return Gathered(splits, files, tally, unread)


def _parting_faults(splits: Splits, path: str, parted: int | None) -> list[Finding]:
    """`parted` is how many examples the file has that is parted, None where every split has its file."""
    if parted is not None and parted < FEWEST_EXAMPLES:
        return [TOO_FEW.found(path, f"found {parted} examples, expected at least {FEWEST_EXAMPLES}; add more")]
    message = "no example is left for the {} split; examples with one prompt stay together, so add other prompts"
    return [NO_SPLIT.found(path, message.format(name)) for name in ("train", "validation", "test") if not getattr(splits, name)]


def _data_file(path: Path, part: str) -> DataFile:
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return DataFile(name=path.name, split=part, sha256=sha256_of(path), bytes=path.stat().st_size, lines=lines)


def _as_many_as_wanted(dataset: Dataset, whole: Splits) -> Splits:
    """Raises DataError where more are wanted than there are."""
    wanted = {"train": dataset.train_examples, "validation": dataset.validation_examples, "test": dataset.test_examples}
    too_many = [
        f"dataset.{split}_examples: found {count}, expected at most {len(getattr(whole, split))}, which is how many there are"
        for split, count in wanted.items()
        if count is not None and count > len(getattr(whole, split))
    ]
    if too_many:
        raise DataError(*too_many)
    train, validation, test = (some_of(getattr(whole, split), count) for split, count in wanted.items())
    return Splits(train, validation, test)


def _readings(dataset: AnyFile, method: Method | None) -> dict[str, Reading]:
    """By split, of every file there is. Raises DataError with every file that isn't there, and the errors in the others."""
    readings, missing = {}, list[str]()
    for part, path in (("train", dataset.path), ("validation", dataset.validation), ("test", dataset.test)):
        if path is not None:
            try:
                readings[part] = reading.read(dataset, file_of(path), method)
            except DataError as error:
                missing += error.faults
    if missing:
        raise DataError(*missing, *shown([f for r in readings.values() for f in r.findings if f.severity == "error"]))
    return readings


def digests_of(splits: Splits) -> dict[str, str]:
    return {"train": digest_of(splits.train), "validation": digest_of(splits.validation), "test": digest_of(splits.test)}


def digest_of(examples: tuple[Example, ...]) -> str:
    """The sha256 of what the examples say, wherever they come from."""
    return digest([e.said for e in examples])
