"""What of a run neither trains nor answers: the seconds from pressing enter to the prompt, less those of training and answering.

    python benchmarks/overhead.py [--quick]

The real command line runs in a process of its own, in an empty directory, on 24 examples: with a fresh MLflow store, then with
seed=1 in the same directory. Wall time is taken from outside, `train` and `answers` seconds from the journal.

The parts come from one more run, parts_of_a_run.py, which imports everything first and notes how long the named functions
take. They don't add up to the rest above: validation, checkpoints and the load of the answering model are inside the seconds
of training and answering, and MLflow is told in a thread while the run goes on; only what is left at the end is waited for.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from peer_rounds import quick_wanted, quickstart, show_aim, show_machine

from ftexp.data.builtin import support_tickets
from ftexp.data.messages import Example
from ftexp.state import State

AIMS = {"existing store": 12.0, "fresh store": 20.0, "--help": 0.15, "a mistyped key": 1.5, "the same run again": 2.0}
EXAMPLES = 24
RUN = ("run", "dataset=jsonl", "dataset.path=mine.jsonl", "eval=tickets", "hyperparameters.n_epochs=1", "hyperparameters.batch_size=4")


@dataclass(frozen=True)
class RunSeconds:
    wall: float
    train: float
    answers: float

    @property
    def overhead(self) -> float:
        return self.wall - self.train - self.answers


def main() -> None:
    quick = quick_wanted("what of a run neither trains nor answers")
    show_machine(quickstart().local.machine.threads, "hydra-core", "pydantic", "torch", "transformers", "peft", "mlflow")
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        write_examples(directory / "mine.jsonl")
        fresh, existing = run_seconds(directory, *RUN), run_seconds(directory, *RUN, "seed=1")
        show_runs({"fresh store": fresh, "existing store": existing})
        show_commands(directory, repeats=1 if quick else 5)
        show_parts("existing store", parts_of(directory, *RUN, "seed=2"))
    with TemporaryDirectory() as folder:
        write_examples(Path(folder) / "mine.jsonl")
        show_parts("fresh store", parts_of(Path(folder), *RUN))


def write_examples(path: Path) -> None:
    path.write_text("".join(map(line, support_tickets.splits().train[:EXAMPLES])), encoding="utf-8")


def line(example: Example) -> str:
    messages = [{"role": m.role, "content": m.content} for m in example.messages]
    return json.dumps({"messages": messages}, ensure_ascii=False) + "\n"


def run_seconds(directory: Path, *words: str) -> RunSeconds:
    wall = seconds_of(directory, ("-m", "ftexp", *words))
    worked = seconds_worked(State(directory))
    answers = sum(seconds for name, seconds in worked.items() if name.startswith("answers_"))
    return RunSeconds(wall, worked["train"], answers)


def seconds_worked(state: State) -> dict[str, float]:
    """By step of the newest run, those only that it worked out itself: another seed takes over the base's answers."""
    newest = state.journal.runs()[-1]
    state.journal.close()
    with closing(sqlite3.connect(state.directory / "journal.db")) as journal:
        rows = journal.execute(
            "SELECT run_steps.name, result FROM run_steps JOIN steps USING (key) WHERE run=? AND started_at>=?",
            (newest.id, newest.started_at),
        ).fetchall()
    return {name: json.loads(result)["seconds"] for name, result in rows if "seconds" in json.loads(result)}


def seconds_of(directory: Path, words: Sequence[str], exit_code: int = 0) -> float:
    """Of one Python process, from outside. A run that breaks ends the benchmark with what it said."""
    started = perf_counter()
    done = subprocess.run([sys.executable, *words], cwd=directory, capture_output=True, encoding="utf-8", check=False)
    seconds = perf_counter() - started
    if done.returncode != exit_code:
        raise SystemExit(f"{' '.join(words)}: exit code {done.returncode}, expected {exit_code}\n{done.stdout}{done.stderr}")
    return seconds


def show_runs(found: dict[str, RunSeconds]) -> None:
    print(f"\none run on {EXAMPLES} examples, seconds\n  {'':16} {'wall':>7} {'train':>7} {'answers':>8} {'the rest':>9}")
    for name, r in found.items():
        print(f"  {name:16} {r.wall:7.1f} {r.train:7.1f} {r.answers:8.1f} {r.overhead:9.1f}")
    for name, r in found.items():
        show_aim(f"{name}, at most {AIMS[name]:g} s", r.overhead <= AIMS[name])


def show_commands(directory: Path, repeats: int) -> None:
    commands = {"--help": (("--help",), 0), "a mistyped key": ((*RUN, "hyperparameters.n_epoch=1"), 2), "the same run again": (RUN, 0)}
    print(f"\nquick commands, seconds, median of {repeats}")
    for name, (words, exit_code) in commands.items():
        seconds = median(seconds_of(directory, ("-m", "ftexp", *words), exit_code) for _ in range(repeats))
        print(f"  {name:20} {seconds:6.2f}")
        show_aim(f"at most {AIMS[name]:g} s", seconds <= AIMS[name])


def show_parts(title: str, parts: dict[str, float]) -> None:
    print(f"\nparts, {title}, seconds")
    for name, seconds in parts.items():
        print(f"  {name:40} {seconds:7.3f}")


def parts_of(directory: Path, *words: str) -> dict[str, float]:
    """Seconds by part, of a run in a process of its own."""
    report = directory / "parts.json"
    seconds = seconds_of(directory, (str(Path(__file__).with_name("parts_of_a_run.py")), str(report), *words))
    parts: dict[str, float] = json.loads(report.read_text(encoding="utf-8"))
    return {"start of Python": python_start(directory), **parts, "the whole process": seconds}


def python_start(directory: Path) -> float:
    return float(median(seconds_of(directory, ("-c", "pass")) for _ in range(3)))


if __name__ == "__main__":
    main()
