"""Files too large for memory, judged in blocks by several processes; of each example a few numbers stay."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftexp.backends.embedded import cache_root
from ftexp.data import jsonl
from ftexp.data.dataset import Dataset, JsonlDataset
from ftexp.data.judged import keep_report, kept_report, rules
from ftexp.data.split import FEWEST_EXAMPLES, parts_of
from ftexp.errors import DataError
from ftexp.validation.catalogue import refuse_unfit
from ftexp.validation.checks import Checks
from ftexp.validation.corpus import NO_SPLIT, TOO_FEW, Asked, Corpus, Limit, made_for_another
from ftexp.validation.report import DataFile, DataReport, Tally
from ftexp.validation.structure import Method
from ftexp.validation.survey import SPLITS, Gathering, Part, SplitName, Survey
from ftexp.values import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ftexp.data.messages import Example

LARGE = 32 << 20  # bytes of all files: below, starting processes takes longer than it saves
BLOCK = 8 << 20  # bytes


@dataclass(frozen=True)
class Block:
    """Whole lines of a file, from byte `start` up to `end`."""

    path: Path
    start: int
    end: int
    first_line: int
    part: SplitName  # that its file was given for


@dataclass(frozen=True)
class How:
    """What every block is judged by."""

    method: Method
    seed: int
    encoding: str
    near: bool
    inside: Checks | None
    parted: bool = False  # whether training examples are those that are left of a file


@dataclass(frozen=True)
class Judged:
    """One block: its examples as numbers with their lines, and what was found in them."""

    part: Part
    lines: Any
    tally: Tally
    unread: int
    crlf: int
    first_crlf: str


def is_large(dataset: Dataset) -> bool:
    """Whether it is worth several processes. Not where so many examples are wanted, which takes all of them at hand."""
    if not isinstance(dataset, JsonlDataset) or dataset.is_cut or dataset.mix:
        return False
    paths = [Path(p).expanduser() for p in (dataset.path, dataset.validation, dataset.test) if p]
    return sum(p.stat().st_size for p in paths if p.is_file()) >= LARGE


def judge_in_stream(
    dataset: Dataset,
    method: Method,
    checks: Checks,
    encoding: str,
    limit: Limit | None,
    cache: Path | None = None,
    processes: int | None = None,
) -> DataReport:
    """As `loading.judge`, without the examples. Raises DataError where a file can't be opened or is no JSONL at all."""
    from ftexp.validation.reporting import report_of

    assert isinstance(dataset, JsonlDataset)
    refuse_unfit(checks)
    named: list[tuple[SplitName, str | None]] = [("train", dataset.path), ("validation", dataset.validation), ("test", dataset.test)]
    given = [(part, path) for part, path in named if path]
    looked = [_looked_through(Path(path).expanduser(), part) for part, path in given]
    files = [file for file, _ in looked]
    asked = Asked(dataset.name, dataset.task_type, False, limit)
    key = digest(
        rules(), [f.model_dump() for f in files], dataset.split, vars(limit) if limit else None, asked.task_type, method, checks, encoding
    )
    if kept := kept_report(cache, key):
        return kept
    lines = sum(f.lines for f in files)
    inside = checks if lines <= checks.content.most_examples else None
    how, tally = How(method, dataset.split.seed, encoding, lines <= checks.near.most_examples, inside, len(given) < len(SPLITS)), Tally()
    blocks = [block for _, of_file in looked for block in of_file]
    judged = list(_in_processes(blocks, how, processes or os.cpu_count() or 1))
    for one in judged:
        tally.merge(one.tally)
    _add_crlf(blocks, judged, tally)
    unread = sum(one.unread for one in judged)
    corpus = Corpus.of(_survey(dataset, files, blocks, judged, how), checks, asked)
    if not unread:
        _add_parting_faults(dataset, corpus.survey, tally)
    report = report_of(corpus, tally, files, unread)
    if cache is not None:
        keep_report(cache, key, report)
    return report


def _looked_through(path: Path, part: SplitName) -> tuple[DataFile, list[Block]]:
    """One pass that hashes the file and finds where blocks of whole lines end."""
    sha256, blocks, position, start, line, first = hashlib.sha256(), list[Block](), 0, 0, 1, 1
    with jsonl.opened(path) as file:
        fault = jsonl.whole_file_finding(file.read(4096), path.name)
        if fault:
            raise DataError(str(fault))
        file.seek(0)
        while data := file.read(BLOCK):
            sha256.update(data)
            end = data.rfind(b"\n") + 1
            if end:
                before = line + data.count(b"\n", 0, end)
                blocks.append(Block(path, start, position + end, first, part))
                start, first = position + end, before
            line += data.count(b"\n")
            position += len(data)
    if start < position:
        blocks.append(Block(path, start, position, first, part))
    lines = line if start < position else line - 1
    return DataFile(name=path.name, split=part, sha256=sha256.hexdigest(), bytes=position, lines=lines), blocks


def _in_processes(blocks: Sequence[Block], how: How, processes: int) -> Iterator[Judged]:
    if processes == 1 or len(blocks) == 1:
        yield from (judge_block(block, how) for block in blocks)
        return
    context = get_context("forkserver")  # a fork of a process with threads may hang
    with ProcessPoolExecutor(min(processes, len(blocks)), mp_context=context) as pool:
        yield from pool.map(judge_block, blocks, [how] * len(blocks))


def judge_block(block: Block, how: How) -> Judged:
    import numpy as np

    tally = Tally()
    gathering = Gathering(how.seed, _counter(how.encoding), how.near, how.inside, tally)
    lines, unread, crlf, first_crlf = [], 0, 0, ""
    with block.path.open("rb") as file:
        file.seek(block.start)
        data = file.read(block.end - block.start)
    name = block.path.name
    rows = data.split(b"\n")
    del data
    for number, raw in enumerate(rows[:-1] if not rows[-1] else rows, start=block.first_line):
        line = jsonl.judged_line(raw, f"{name} line {number}", how.method)
        for finding in line.findings:
            tally.add(finding)
        unread += line.example is None and any(f.severity == "error" for f in line.findings)
        if line.example is not None:
            gathering.add(line.example)
            for finding in made_for_another(line.example, block.part, how.parted and block.part == "train"):
                tally.add(finding)
            lines.append(number)
        if line.crlf:
            crlf, first_crlf = crlf + 1, first_crlf or line.where
    return Judged(gathering.part(), np.array(lines, np.uint32), tally, unread, crlf, first_crlf)


@lru_cache(maxsize=1)
def _counter(encoding: str) -> Callable[[Example], int]:
    from ftexp.tokens import hosted_counter

    return hosted_counter(encoding, cache_root() / "tiktoken")


def _add_crlf(blocks: Sequence[Block], judged: Sequence[Judged], tally: Tally) -> None:
    """Once a file, as where it is read whole."""
    for path in dict.fromkeys(block.path for block in blocks):
        of_file = [one for block, one in zip(blocks, judged, strict=True) if block.path == path and one.crlf]
        if of_file:
            tally.add(jsonl.crlf_finding(of_file[0].first_crlf, sum(one.crlf for one in of_file)))


def _survey(dataset: JsonlDataset, files: Sequence[DataFile], blocks: Sequence[Block], judged: Sequence[Judged], how: How) -> Survey:
    """With the split that training would have."""
    import numpy as np

    lines = np.concatenate([one.lines for one in judged])
    paths = [Path(p).expanduser() for p in (dataset.path, dataset.validation, dataset.test) if p]
    sizes = [len(one.lines) for one in judged]
    source = np.repeat(np.array([paths.index(block.path) for block in blocks], np.uint8), sizes)
    split = np.array([SPLITS.index(f.split) for f in files], np.uint8)[source]
    survey = Survey.joined(
        [one.part for one in judged], split, lambda i: f"{files[source[i]].name} line {lines[i]}", how.encoding, how.inside is not None
    )
    rest, names = source == 0, [f.split for f in files]
    columns = survey.columns
    ranks, groups = columns["rank"][rest], columns["prompt_typed"][rest]
    survey.split[rest] = parts_of(groups, ranks, dataset.split, "validation" not in names, "test" not in names)
    return survey


def _add_parting_faults(dataset: JsonlDataset, survey: Survey, tally: Tally) -> None:
    parted = survey.size(0) if dataset.validation and dataset.test else len(survey.split)
    if not (dataset.validation and dataset.test) and parted < FEWEST_EXAMPLES:
        tally.add(TOO_FEW.found(dataset.path, f"found {parted} examples, expected at least {FEWEST_EXAMPLES}; add more"))
    for number, name in enumerate(SPLITS):
        if not survey.size(number):
            message = f"no example is left for the {name} split; examples with one prompt stay together, so add other prompts"
            tally.add(NO_SPLIT.found(dataset.path, message))
