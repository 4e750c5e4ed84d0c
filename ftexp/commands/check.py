"""`ftexp check`: the data alone, judged, without a model."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ftexp.backends.embedded import cache_root
from ftexp.backends.providers import LocalProvider, OpenAIProvider
from ftexp.compose import compose
from ftexp.config import RunConfig
from ftexp.data.dataset import BuiltinDataset
from ftexp.data.fixing import fix
from ftexp.data.loading import gather, judge
from ftexp.data.streaming import is_large, judge_in_stream
from ftexp.errors import ConfigError, ExitCode
from ftexp.files import write_atomically
from ftexp.state import State
from ftexp.tokens import hosted_counter
from ftexp.validation.corpus import Limit
from ftexp.validation.report import DataReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="a change to the config, such as dataset.path=mine.jsonl")
    parser.add_argument("--json", action="store_true", help="the report as JSON, and nothing else on stdout")
    parser.add_argument("--html", metavar="FILE", type=Path, help="the report as a page")
    parser.add_argument("--fix", metavar="FILE", type=Path, help="write what can be mended without guessing to a new file, with a manifest")


def main(arguments: argparse.Namespace) -> int:
    config = compose(arguments.overrides, Path.cwd()).config
    report = judged(config, State(Path.cwd()).directory / "cache")
    if arguments.html:
        from ftexp.report.data_page import page

        write_atomically(arguments.html, page(report).encode("utf-8"))
    if arguments.fix:
        _fix(config, arguments.fix)
    if arguments.json:
        print(report.model_dump_json(indent=2))
    else:
        from rich.console import Console

        from ftexp.report.data import shown

        shown(report, config, Console())
    return ExitCode.REFUSED if report.errors else ExitCode.OK


def _fix(config: RunConfig, out: Path) -> None:
    """Only what is certain is mended; the manifest beside the new file tells every change."""
    if isinstance(config.dataset, BuiltinDataset):
        raise ConfigError(f"--fix: {config.dataset.name} has no file of yours; expected dataset=jsonl dataset.path=FILE")
    source = Path(config.dataset.path).expanduser()
    if out.resolve() == source.resolve():
        raise ConfigError(f"--fix: found {out}, which is the file itself; expected another name, since nothing is written over")
    fixed = fix(source, config.dataset, config.training.method, config.checks)
    write_atomically(out, fixed.lines.encode("utf-8"))
    manifest = out.with_name(f"{out.name}.manifest.json")
    write_atomically(manifest, fixed.manifest.model_dump_json(indent=2).encode("utf-8"))
    print(f"wrote {out}, and what was changed to {manifest}", file=sys.stderr)


def judged(config: RunConfig, cache: Path) -> DataReport:
    """With tokens counted by the hosted model's encoding, else by o200k_base, since no model is opened here."""
    encoding, limit = _counting(config)
    folder = cache / "data" if cache.parent.exists() else None  # a look at data alone leaves nothing behind
    if is_large(config.dataset):
        return judge_in_stream(config.dataset, config.training.method, config.checks, encoding, limit, folder)
    count = (encoding, hosted_counter(encoding, cache_root() / "tiktoken"))
    return judge(gather(config.dataset, config.training.method), config.dataset, config.checks, folder, count, limit)


def _counting(config: RunConfig) -> tuple[str, Limit | None]:
    match config.model.provider:
        case OpenAIProvider(model=name) if price := config.prices.of(name):
            return price.encoding, Limit(
                price.max_tokens, f"prices.models.{config.prices.name_of(name)}.max_tokens"
            ) if price.max_tokens else None
        case LocalProvider(max_tokens=most):
            return "o200k_base", Limit(most, "model.provider.max_tokens")
    return "o200k_base", None
