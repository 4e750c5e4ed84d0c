"""`ftexp chat RUN`: base and tuned model answer the same message side by side."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ftexp.backends.results import Generation
from ftexp.commands.evaluate import only_asked
from ftexp.data.messages import Message
from ftexp.errors import ConfigError, ExitCode
from ftexp.records import TunedRun, open_tuned
from ftexp.run import prepare
from ftexp.state import State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="an id or name that `ftexp list` shows, or last")
    parser.add_argument(
        "message", nargs="?", help="one message to answer; without it messages are asked for, or read line by line from a pipe"
    )
    parser.add_argument("--system", help="the system message; without it the one of the run's first training example")
    parser.add_argument("--max-new-tokens", type=int, default=128, help="the longest answer (default: 128)")


def main(arguments: argparse.Namespace) -> int:
    from rich.columns import Columns
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    if not 1 <= arguments.max_new_tokens <= 8192:
        raise ConfigError(f"--max-new-tokens: found {arguments.max_new_tokens}, expected a number from 1 to 8192")
    state, console = State(Path.cwd()), Console()
    tuned = open_tuned(arguments.run, state)
    system = arguments.system if arguments.system is not None else _system_of(_first_example(tuned, state))
    generation = Generation(max_new_tokens=arguments.max_new_tokens, batch_size=1)
    subjects = {"base": tuned.model.subject(None), "tuned": tuned.model.subject(tuned.tuned)}
    for message in [arguments.message] if arguments.message else _messages():
        prompt = (*((Message("system", system),) if system else ()), Message("user", message))
        answers = {name: subject.answers([prompt], generation, lambda *_: None) for name, subject in subjects.items()}
        console.print(
            Columns([Panel(Text(a.replies[0].text), title=name, expand=True) for name, a in answers.items()], equal=True, expand=True)
        )
    return ExitCode.OK


def _first_example(tuned: TunedRun, state: State) -> tuple[Message, ...]:
    return prepare(only_asked(tuned.config), state).data.splits.train[0].messages


def _system_of(messages: tuple[Message, ...]) -> str | None:
    return messages[0].content if messages[0].role == "system" else None


def _messages() -> Iterator[str]:
    """From a person until an empty line or the end of input (Ctrl-D), or from a pipe."""
    if not sys.stdin.isatty():
        yield from (line.strip() for line in sys.stdin if line.strip())
        return
    print("an empty line ends it")
    with suppress(EOFError):
        while message := input("you: ").strip():
            yield message
