"""`ftexp init DIR [--data FILE]`: a project directory that can be run as it stands."""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from pathlib import Path

from ftexp.compose import compose, config_directories
from ftexp.data import jsonl
from ftexp.data.loading import load
from ftexp.errors import ConfigError, DataError, ExitCode
from ftexp.new_project.answers import answers_of
from ftexp.new_project.format import Format, format_of
from ftexp.new_project.templates import GITIGNORE, dataset_yaml, eval_yaml, experiment_yaml

EXAMPLE = "my_tickets"  # what stands in for one's own data


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path, help="made where it isn't there; nothing in it is overwritten")
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="your examples (JSONL, JSON, CSV or Parquet), which are copied; without it some of ours"
    )
    parser.add_argument("--name", help="of dataset and experiment (default: the file's name)")


def main(arguments: argparse.Namespace) -> int:
    name = arguments.name or (_name_of(arguments.data) if arguments.data else EXAMPLE)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in _shipped():
        raise ConfigError(
            f"--name: found {name!r}, expected small letters, digits and _, beginning with a letter, and no name that conf/ has"
        )
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        data = _copied(arguments.data, made) if arguments.data else _ours(made)
        remarks = _written(name, data, format_of(arguments.data or data), made)
        _moved(made, arguments.directory)
    print(
        "\n".join(
            [f"made      {arguments.directory}, with {data.name} in it", *remarks, *_next(arguments.directory, name, bool(arguments.data))]
        )
    )
    return ExitCode.OK


def _name_of(data: Path) -> str:
    """The file's, in letters that a key may have; another than those of ftexp's own files, which it would hide."""
    plain = re.sub(r"[^a-z0-9_]+", "_", data.stem.lower()).strip("_")
    name = plain if re.match(r"[a-z]", plain) else "mine"
    return f"my_{name}" if name in _shipped() else name


def _shipped() -> set[str]:
    """Names of files in the folders of conf/ that a project gets files in."""
    conf = config_directories(Path(__file__).parent)[-1]
    return {path.stem for folder in ("dataset", "eval", "experiment") for path in (conf / folder).glob("*.yaml")}


def _copied(data: Path, folder: Path) -> Path:
    if not data.is_file():
        raise DataError(f"{data}: no such file; expected your examples")
    return Path(shutil.copyfile(data, folder / data.name))


def _ours(folder: Path) -> Path:
    from ftexp.data.builtin import support_tickets

    path = folder / f"{EXAMPLE}.jsonl"
    jsonl.write(path, support_tickets.splits().train)
    return path


def _written(name: str, data: Path, found: Format, folder: Path) -> list[str]:
    """The files of the project; what the data is, in lines. Raises DataError where a run would refuse it."""
    _write(folder / "conf" / "dataset" / f"{name}.yaml", dataset_yaml(name, data.name, found))
    dataset = compose([f"dataset={name}", f"dataset.path={data}", f"training.method={found.method}"], folder).config.dataset
    loaded = load(dataset, found.method)
    splits = loaded.splits
    answers = answers_of([e.reference for e in (*splits.train, *splits.validation, *splits.test)])
    own_eval = answers.kind != "text"
    if own_eval:
        _write(folder / "conf" / "eval" / f"{name}.yaml", eval_yaml(name, answers))
    _write(folder / "conf" / "experiment" / f"{name}.yaml", experiment_yaml(name, found, own_eval))
    _write(folder / ".gitignore", GITIGNORE)
    sizes = f"{len(splits.train)} to train on, {len(splits.validation)} to validate, {len(splits.test)} to test"
    judged = {
        "json": "JSON, judged field by field",
        "labels": f"{len(answers.labels)} labels",
        "text": "free text, judged by how near it comes",
    }
    return [f"data      {found.kind}: {sizes}", f"answers   {judged[answers.kind]}"]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _moved(made: Path, directory: Path) -> None:
    """All of it or nothing."""
    files = [path.relative_to(made) for path in sorted(made.rglob("*")) if path.is_file()]
    taken = [str(directory / path) for path in files if (directory / path).exists() and not _is_same(made / path, directory / path)]
    if taken:
        raise ConfigError(f"{', '.join(taken)}: there already, and nothing is overwritten; name another directory, or another --name")
    for path in files:
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made / path, directory / path)


def _is_same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _next(directory: Path, name: str, own: bool) -> list[str]:
    about = [] if own else ["          my_tickets.jsonl stands in for your examples: put yours there, or: ftexp init DIR --data FILE"]
    return [
        *about,
        f"next      cd {directory}",
        f"          ftexp check experiment={name}    whether the data is sound",
        f"          ftexp plan experiment={name}     what it takes",
        f"          ftexp run experiment={name}      and then: ftexp report, ftexp ui",
    ]
