"""A sweep of 100 jobs of 5 to 20 s at a service, side by side in one process: whole curves, flat memory, and what of the time is ours.

    python benchmarks/hosted_jobs.py [--quick]

The service is a process of its own on a loopback address (tests/provider). ftexp is another, `ftexp run -m seed=range(0,100)`, and does
what it always does: it asks the base, uploads once, creates every job and follows its events, asks its model, scores, reports, tells
MLflow and ranks. What the service says of every step is then held against the curves in the journal, what the journal tells MLflow, and
the rows of MLflow's database.

Ours is the time of the whole process less that of the longest job, divided by the number of jobs; the time of a job counts in whole
seconds, rounded down. Ends with 1 where a point is missing, wrong or there twice, and where memory grows: in the last third of the time
until the last run has ended it may reach at most 5 % more than before. Then the sweep is ranked and drawn, for which matplotlib is
loaded; what that takes is shown too.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep, time
from typing import Any
from urllib.request import urlopen

from peer_rounds import quick_wanted, show_aim, show_machine

from ftexp.backends.hosted.result_file import FIGURES
from ftexp.backends.results import TrainingResult
from ftexp.state import State
from ftexp.tracking.events import Figures, parse

AIM_SECONDS, AIM_MEGABYTES, MOST_GROWTH, SAMPLE_SECONDS = 0.2, 400.0, 1.05, 0.1
MEGABYTE = 1e6
HERE, KEY = Path(__file__).parent, "BENCHMARK_API_KEY"
Points = Counter[tuple[int, str, float]]  # step, figure and value; how often


@dataclass(frozen=True)
class Size:
    jobs: int
    seconds: tuple[int, int]


FULL, QUICK = Size(100, (5, 20)), Size(8, (2, 4))


@dataclass(frozen=True)
class Ran:
    """One sweep from outside; `megabytes` of its process, sampled all the time. `began` in seconds since 1970."""

    began: float
    seconds: float
    megabytes: tuple[float, ...]

    def growth(self, ended: float) -> float:
        """Until the last run has ended: the highest of the last third of the time, as a multiple of the highest before."""
        of_runs = self.megabytes[: round(len(self.megabytes) * (ended - self.began) / self.seconds)]
        before = len(of_runs) * 2 // 3
        return max(of_runs[before:]) / max(of_runs[:before])


@dataclass(frozen=True)
class Told:
    """What one place says of a job's curve."""

    place: str
    job: str
    points: Points


def main() -> None:
    size = QUICK if quick_wanted("jobs of a service side by side in one process") else FULL
    show_machine(os.cpu_count() or 1, "openai", "mlflow")
    with TemporaryDirectory() as folder, service(size) as base_url:
        ran = sweep(Path(folder), base_url, size)
        truth = {job["id"]: job for job in listed(f"{base_url}/fine_tuning/jobs")}
        curves = {job: points_of(listed(f"{base_url}/fine_tuning/jobs/{job}/events")) for job in truth}
        told = [*from_journal(Path(folder)), *from_mlflow(Path(folder))]
        growth = ran.growth(last_end(Path(folder)))
    longest = max(job["finished_at"] - job["created_at"] - 1 for job in truth.values())
    wrong = faults(curves, told, size.jobs)
    show(ran, growth, longest, size)
    show_curves(curves, wrong)
    sys.exit(1 if wrong or growth > MOST_GROWTH else 0)


@contextmanager
def service(size: Size) -> Iterator[str]:
    """Its address."""
    script = HERE.parent / "tests" / "provider" / "serve.py"
    least, most = map(str, size.seconds)
    command = [sys.executable, str(script), "--seconds", least, "--up-to-seconds", most]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout
        try:
            yield serving.stdout.readline().strip()
        finally:
            serving.terminate()


def sweep(directory: Path, base_url: str, size: Size) -> Ran:
    write_prices(directory / "conf" / "prices" / "loopback.yaml", base_url)
    words = [
        "model=compatible",
        f"model.provider.base_url={base_url}",
        "model.provider.model=gpt-4.1-mini-2025-04-14",
        f"model.provider.api_key_env={KEY}",
        "model.provider.poll_seconds=1",
        f"model.provider.jobs_at_once={size.jobs}",
        "prices=loopback",
        "budget.usd=100",
        "dataset=support_tickets",
        "dataset.train_examples=24",
        "dataset.validation_examples=8",
        "dataset.test_examples=10",
        "eval=tickets",
        "hyperparameters.n_epochs=3",
        "hyperparameters.batch_size=1",
        f"seed=range(0,{size.jobs})",
    ]
    environment = {**os.environ, KEY: "sk-loopback-0123456789", f"{KEY}_HOST": "127.0.0.1"}
    began, started = time(), perf_counter()
    command = [sys.executable, "-m", "ftexp", "run", "-m", *words, "--yes"]
    with subprocess.Popen(command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        megabytes: list[float] = []
        watching = threading.Thread(target=watch, args=(running.pid, megabytes))
        watching.start()
        said, _ = running.communicate()
        seconds = perf_counter() - started
        watching.join()
    if running.returncode:
        raise SystemExit(f"exit code {running.returncode}\n{said[-10_000:]}")
    return Ran(began, seconds, tuple(megabytes))


def write_prices(path: Path, base_url: str) -> None:
    """OpenAI's, as if the service had the same: the budget is set aside and settled as with a bill."""
    text = (HERE.parent / "conf" / "prices" / "openai.yaml").read_text(encoding="utf-8")
    path.parent.mkdir(parents=True)
    path.write_text(re.sub(r"(?m)^base_urls:.*$", f"base_urls: [{base_url}]", text), encoding="utf-8")


def watch(process: int, megabytes: list[float]) -> None:
    """Until it ends; what of it is in memory, as Linux tells it."""
    while pages := resident_pages(process):
        megabytes.append(pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE)
        sleep(SAMPLE_SECONDS)


def resident_pages(process: int) -> int:
    """0 for one that has ended."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def listed(address: str) -> list[dict[str, Any]]:
    """All pages."""
    found: list[dict[str, Any]] = []
    while True:
        after = f"&after={found[-1]['id']}" if found else ""
        with urlopen(f"{address}?limit=100{after}") as response:
            page = json.load(response)
        found += page["data"]
        if not page["has_more"]:
            return found


def points_of(events: list[dict[str, Any]]) -> Points:
    told = [event["data"] for event in events if event["type"] == "metrics"]
    return Counter((data["step"], FIGURES[name], value) for data in told for name, value in data.items() if name in FIGURES)


def from_journal(directory: Path) -> Iterator[Told]:
    """The curves on record, and what is on record for MLflow."""
    journal = State(directory).journal
    rows = journal.runs("kind='run'")
    events = journal.bodies([row.id for row in rows], "figures/")
    for row in rows:
        training = TrainingResult.model_validate_json(journal.step_of(row.id, "train") or "")
        assert training.hosted, "a service has trained it"
        job = training.hosted.job
        curve = ((point.step, name, value) for point in training.curve for name, value in point.figures.items())
        yield Told("the curve on record", job, Counter(curve))
        figures = [event for event in map(parse, events[row.id]) if isinstance(event, Figures)]
        values = ((f.step, name, value) for f in figures for name, value in f.values.items() if is_of_curve(name))
        yield Told("the journal's events", job, Counter(values))
    journal.close()


def from_mlflow(directory: Path) -> Iterator[Told]:
    with closing(sqlite3.connect(directory / "mlflow.db")) as store:
        jobs = store.execute("SELECT run_uuid, value FROM tags WHERE key='ftexp.job'").fetchall()
        for run, job in jobs:
            rows = store.execute("SELECT step, key, value FROM metrics WHERE run_uuid=?", (run,)).fetchall()
            yield Told("MLflow", job, Counter(row for row in rows if is_of_curve(row[1])))


def last_end(directory: Path) -> float:
    """Of the runs, in seconds since 1970."""
    journal = State(directory).journal
    ended = max(row.ended_at or 0.0 for row in journal.runs("kind='run'"))
    journal.close()
    return ended


def is_of_curve(name: str) -> bool:
    return name in FIGURES.values()


def faults(curves: dict[str, Points], told: list[Told], jobs: int) -> list[str]:
    """A line for each curve that isn't as the service told it, and for those that aren't there at all."""
    wrong = [f"{len(curves)} jobs, expected {jobs}"] if len(curves) != jobs else []
    for place in sorted({t.place for t in told}):
        missing = set(curves) - {t.job for t in told if t.place == place}
        wrong += [f"{place}: nothing of {job}" for job in sorted(missing)]
    for t in told:
        lost, more = curves.get(t.job, Points()) - t.points, t.points - curves.get(t.job, Points())
        wrong += [f"{t.place}: {t.job}: {len(lost)} points missing, {more.total()} too many"] if lost or more else []
    return wrong


def show(ran: Ran, growth: float, longest: float, size: Size) -> None:
    ours = (ran.seconds - longest) / size.jobs
    print(f"\n{size.jobs} jobs of {size.seconds[0]} to {size.seconds[1]} s side by side")
    print(f"  the whole process  {ran.seconds:7.1f} s, the longest job {longest} s")
    print(f"  ours               {ours:7.3f} s a job")
    show_aim(f"at most {AIM_SECONDS:g} s", ours <= AIM_SECONDS)
    print(f"  memory at most     {max(ran.megabytes):7.1f} MB")
    show_aim(f"at most {AIM_MEGABYTES:g} MB", max(ran.megabytes) <= AIM_MEGABYTES)
    tenths = [max(ran.megabytes[len(ran.megabytes) * i // 10 : len(ran.megabytes) * (i + 1) // 10]) for i in range(10)]
    print(f"  by tenths of the time: {' '.join(f'{m:.0f}' for m in tenths)} MB")
    print(f"  in the last third until the last run has ended {growth:.3f} of what it was before (must: at most {MOST_GROWTH:g})")


def show_curves(curves: dict[str, Points], wrong: list[str]) -> None:
    points = sum(points.total() for points in curves.values())
    print(f"  {len(curves)} curves of {points} points in three places, {len(wrong)} wrong (must: 0)")
    for line in wrong[:20]:
        print(f"    {line}")


if __name__ == "__main__":
    main()
