"""`ftexp export RUN DIRECTORY`: the adapter or the merged model, its licence beside it, and the lines that load it."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from ftexp.backends.local.model import LocalModel
from ftexp.errors import ConfigError, ExitCode, FtexpError
from ftexp.records import open_tuned
from ftexp.state import State

_LOAD_MERGED = """\
from transformers import AutoModelForCausalLM, AutoTokenizer
model = AutoModelForCausalLM.from_pretrained({directory!r})
tokenizer = AutoTokenizer.from_pretrained({directory!r})
"""
_LOAD_ADAPTER = """\
from transformers import AutoModelForCausalLM; from peft import PeftModel
base = AutoModelForCausalLM.from_pretrained({base!r})
model = PeftModel.from_pretrained(base, {directory!r})
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="an id or name that `ftexp list` shows, or last")
    parser.add_argument("directory", type=Path, help="where to write; must not exist yet")
    parser.add_argument("--merged", action="store_true", help="base and adapter in one, instead of the adapter alone")


def main(arguments: argparse.Namespace) -> int:
    target: Path = arguments.directory.expanduser().absolute()
    if target.exists():
        raise ConfigError(f"{target}: exists already; name a directory that doesn't")
    tuned = open_tuned(arguments.run, State(Path.cwd()))
    model = tuned.model
    if not isinstance(model, LocalModel) or not isinstance(tuned.tuned, Path):
        raise ConfigError(f"run {tuned.row.id}: its model {tuned.tuned} is a service's, which gives out no weights")
    try:
        _write(model, tuned.tuned, tuned.config.model.license, target, arguments.merged)
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise FtexpError(f"{target}: can't be written ({error.strerror or error}); name a directory that you may write to") from error
    load = _LOAD_MERGED if arguments.merged else _LOAD_ADAPTER
    print(f"wrote the {'merged model' if arguments.merged else 'adapter'} to {target}; load it with:\n")
    print(load.format(directory=str(target), base=str(model.directory)), end="")
    return ExitCode.OK


def _write(model: LocalModel, adapter: Path, license: str | None, target: Path, merged: bool) -> None:
    if merged:
        model.backend().merge(adapter, target)
    else:
        shutil.copytree(adapter, target)
    beside = [p for p in model.directory.iterdir() if p.name.startswith(("LICENSE", "NOTICE"))]
    for path in beside:
        shutil.copy(path, target / path.name)
    if not beside:
        (target / "LICENSE.txt").write_text(f"Licence of the base model {model.name}: {license or 'not stated'}\n", encoding="utf-8")
