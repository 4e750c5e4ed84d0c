"""How long `ftexp compare` takes for 100 runs of a journal of 10,000: the whole process, from pressing enter to the prompt.

    python benchmarks/compare.py [--quick]

A run of the tests' tiny model is carried out for real, its test widened to 120 items, and its rows of the journal are copied
under other ids, with other numbers of epochs, seeds and scores. One condition is on the config, one on a score; the 100 runs
stand all over the journal. Each command runs once before it is timed.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from overhead import seconds_of
from peer_rounds import quick_wanted, show_aim, show_machine

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from tiny import new_project, write_model  # type: ignore[import-not-found]  # outside of what mypy reads

AIM = 3.0  # seconds
ITEMS = 120
VARIANTS = 50  # tables of answers and scores that the copies take in turn
METRIC = "chat/token_f1"
COMPARE = ("-m", "ftexp", "compare", "--where", "hyperparameters.n_epochs=9", "--where", f"score/tuned/{METRIC}>=0")


@dataclass(frozen=True)
class Size:
    runs: int
    compared: int
    repeats: int


FULL, QUICK = Size(10_000, 100, 5), Size(1_000, 10, 1)


def main() -> None:
    size = QUICK if quick_wanted("comparing runs of a large journal") else FULL
    show_machine(1, "pydantic", "rich", "pandas", "jinja2")
    with TemporaryDirectory() as folder, new_project(Path(folder) / "project", write_model(Path(folder) / "tiny-llama"), None) as project:
        said = project.run()
        if said.code:
            raise SystemExit(said.err)
        directory, journal = project.path, project.path / ".ftexp" / "journal.db"
        fill(journal, size)
        megabytes = journal.stat().st_size / 1e6
        print(f"\n{size.compared} of {size.runs:,} runs, {ITEMS} items, a journal of {megabytes:,.0f} MB; median of {size.repeats}")
        for name in ("terminal", "markdown", "csv", "html"):
            words = (*COMPARE, "--format", name)
            seconds_of(directory, words)
            taken = median(seconds_of(directory, words) for _ in range(size.repeats))
            print(f"  {name:10} {taken:6.2f} s")
            if name == "terminal":
                show_aim(f"at most {AIM:g} s", taken <= AIM)


def fill(journal: Path, size: Size) -> None:
    """Copies the one run until there are `size.runs`."""
    with closing(sqlite3.connect(journal)) as db, db:
        db.row_factory = sqlite3.Row
        (run,) = map(dict, db.execute("SELECT * FROM runs"))
        events = list(map(dict, db.execute("SELECT ident, at, body FROM events")))
        steps = list(map(dict, db.execute("SELECT steps.* FROM steps JOIN run_steps USING (key)")))
        tables = [json.dumps(widened(json.loads(body_of("table/evaluation/items.json", events)), Random(v))) for v in range(VARIANTS)]
        for n in range(1, size.runs):
            copy = f"{n:010x}"
            epochs = 9 if n % (size.runs // size.compared) == 1 else 1 + n % 5
            insert(db, "runs", run | {"id": copy, "started_at": run["started_at"] + n} | told_otherwise(run, n, epochs))
            for step in steps:
                insert(db, "steps", step | {"key": f"{step['key']}-{n}"})
                insert(db, "run_steps", {"run": copy, "name": step["name"], "key": f"{step['key']}-{n}"})
            for event in changed(events, n, epochs, tables[n % VARIANTS]):
                insert(db, "events", event | {"run": copy})


def told_otherwise(run: dict[str, Any], n: int, epochs: int) -> dict[str, str]:
    config, record = json.loads(run["config"]), json.loads(run["record"])
    config["seed"], config["hyperparameters"]["n_epochs"] = n, epochs
    record["comparison"]["means"][METRIC]["tuned"]["value"] = Random(n).random()
    return {"config": json.dumps(config), "record": json.dumps(record)}


def changed(events: list[dict[str, Any]], n: int, epochs: int, table: str) -> Iterator[dict[str, Any]]:
    for event in events:
        body = event["body"]
        if event["ident"] == "params":
            params = json.loads(body)
            params["values"] |= {"seed": str(n), "hyperparameters.n_epochs": str(epochs), "resolved/n_epochs": str(epochs)}
            body = json.dumps(params)
        yield event | {"body": table if event["ident"] == "table/evaluation/items.json" else body}


def widened(table: dict[str, Any], random: Random) -> dict[str, Any]:
    """The rows again and again until there are enough, each with a prompt of its own, and scores of its own but for losses."""
    scores = [i for i, name in enumerate(table["columns"]) if "/" in name and "/loss" not in name]
    rows = []
    for n in range(ITEMS):
        row = list(table["rows"][n % len(table["rows"])])
        row[0] = f"{row[0]} ({n})"
        for i in scores:
            row[i] = float(random.random() < 0.7)
        rows.append(row)
    return table | {"rows": rows}


def body_of(ident: str, events: list[dict[str, Any]]) -> str:
    return str(next(event["body"] for event in events if event["ident"] == ident))


def insert(db: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' for _ in row)})", tuple(row.values()))


if __name__ == "__main__":
    main()
