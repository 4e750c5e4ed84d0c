"""What the benchmarks share: the machine in words, rounds in which ours and the peer take turns, and what was aimed at.

Other work on a machine slows both sides of a round alike, so ratios are taken within a round; of the rounds the median counts.
"""

from __future__ import annotations

import argparse
import platform
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from ftexp.backends.local.machine import processor
from ftexp.backends.local.model import LocalModel
from ftexp.compose import compose
from ftexp.run import Prepared, prepare
from ftexp.state import State


@dataclass(frozen=True)
class Round:
    """Tokens a second of both sides, measured one right after the other."""

    ours: float
    peer: float


@dataclass(frozen=True)
class Subject:
    """A prepared run of the quickstart, and its model."""

    prepared: Prepared
    local: LocalModel


def quick_wanted(description: str) -> bool:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="shows that it works; too short for figures to quote")
    return bool(parser.parse_args().quick)


def quickstart() -> Subject:
    with TemporaryDirectory() as empty:  # no conf/ and no journal of the caller's directory has a say
        prepared = prepare(compose(["experiment=quickstart"], Path(empty)).config, State(Path(empty)))
    for obstacle in prepared.model.obstacles:
        raise obstacle
    assert prepared.model.local, "a model without obstacles is open"
    return Subject(prepared, prepared.model.local)


def hush() -> None:
    """No progress bars and warnings of the peers between the figures."""
    from transformers.utils import logging as quiet

    logging: Any = quiet  # untyped
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning)


def rounds(count: int, ours: Callable[[int], float], peer: Callable[[int], float]) -> Iterator[Round]:
    """Both sides by the number of the round; every other round the peer begins."""
    for number in range(count):
        if number % 2:
            after = peer(number)
            yield Round(ours(number), after)
        else:
            before = ours(number)
            yield Round(before, peer(number))


def ratio(found: Sequence[Round]) -> float:
    return float(median(r.ours / r.peer for r in found))


def show_machine(threads: int, *packages: str) -> None:
    print(f"{processor()}, {threads} threads, {platform.system()} {platform.machine()}, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in packages))


def show_rounds(title: str, peer_name: str, found: Sequence[Round]) -> None:
    print(f"\n{title}, tokens/s")
    print(f"  {'round':>5}  {'ftexp':>8}  {peer_name:>14}  {'ratio':>6}")
    for number, r in enumerate(found, start=1):
        print(f"  {number:>5}  {r.ours:>8.1f}  {r.peer:>14.1f}  {r.ours / r.peer:>6.2f}")
    print(f"  ratio against {peer_name}, median of {len(found)}: {ratio(found):.2f}")


def show_aim(what: str, met: bool) -> None:
    print(f"  aim: {what}: {'met' if met else 'NOT met'}")
