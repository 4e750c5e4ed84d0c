"""`ftexp config`: the composed config, as YAML, after it was judged."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftexp.commands.overrides import add_arguments as add_arguments
from ftexp.compose import compose
from ftexp.errors import ExitCode


def main(arguments: argparse.Namespace) -> int:
    from omegaconf import OmegaConf

    composed = compose(arguments.overrides, Path.cwd())
    print("# " + ", ".join(f"{group}={choice}" for group, choice in sorted(composed.choices.items())))
    print(OmegaConf.to_yaml(OmegaConf.create(composed.unresolved)), end="")
    return ExitCode.OK
