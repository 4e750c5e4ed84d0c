"""How long the plan of a sweep takes: nine runs over 1,000 examples, the model in the cache.

    python benchmarks/plan.py [--quick]

The real command line runs in a process of its own, in an empty directory. Seconds on the wall from outside, and those that the
processor worked for it; on a machine that others use, the first are the larger by what it waited. The parts are of one more
process, in which each is timed by the processor's clock.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from overhead import line
from peer_rounds import quick_wanted, show_aim

from ftexp.data.builtin import support_tickets
from ftexp.data.messages import Example, Message

AIM = 3.0
EXAMPLES = 1430  # of which 1,001 are trained on
SWEEP = ("hyperparameters.n_epochs=2,3,5", "hyperparameters.learning_rate_multiplier=0.5,1.0,2.0")
WORDS = ("plan", "-m", "dataset=jsonl", "dataset.path=mine.jsonl", "eval=tickets", *SWEEP)

PARTS = """
import sys
from datetime import date
from pathlib import Path
from time import process_time
from types import SimpleNamespace
def timed(name, work):
    before = process_time()
    found = work()
    print(f"  {name:40} {process_time() - before:6.2f}")
    return found
print(f"  {'start of Python':40} {process_time():6.2f}")
def imports():
    import ftexp.cli, ftexp.commands.plan
    return ftexp.commands.plan
command = timed("import", imports)
state = command.State(Path.cwd())
words = [w for w in sys.argv[2:] if w != "-m"]
asked = timed("compose and judge the configs", lambda: command.expand(words, state.root, True))
sweep = timed("read, split, count, price", lambda: command.prepare_sweep(asked, state))
timed("the report", lambda: command.plan(sweep.cells, sweep.id, asked, words, state, date.today()))
"""


def main() -> None:
    repeats = 1 if quick_wanted("how long the plan of a sweep takes") else 5
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        (directory / "mine.jsonl").write_text("".join(map(line, examples())), encoding="utf-8")
        found = [seconds_of(directory, ("-m", "ftexp", *WORDS)) for _ in range(repeats)]
        wall, worked = median(f[0] for f in found), median(f[1] for f in found)
        print(f"\nplan of nine runs over {EXAMPLES:,} examples, seconds, median of {repeats}\n  wall {wall:.2f}   processor {worked:.2f}")
        show_aim(f"at most {AIM:g} s on the wall", wall <= AIM)
        print("\nparts, seconds of the processor", flush=True)
        subprocess.run([sys.executable, "-c", PARTS, *WORDS], cwd=directory, check=True)


def examples() -> list[Example]:
    """The tickets over and over, each with a number of its own, so that none is there twice."""
    splits = support_tickets.splits()
    tickets = (*splits.train, *splits.validation, *splits.test)
    return [_numbered(tickets[n % len(tickets)], n) for n in range(EXAMPLES)]


def _numbered(example: Example, n: int) -> Example:
    *before, question, answer = example.messages
    return Example((*before, Message("user", f"{question.content} (case {n})"), answer), example.origin)


def seconds_of(directory: Path, words: tuple[str, ...]) -> tuple[float, float]:
    """Of one process: on the wall, and of the processor."""
    before, started = _children(), perf_counter()
    subprocess.run([sys.executable, *words], cwd=directory, capture_output=True, check=True)
    return perf_counter() - started, _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
