"""What a project directory holds after a run, as plain values without times and places: equal for runs that came to the same."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlparse

TIMES = ("time/", "train/tokens_per_second")  # metrics that are another number each time
REPORT = "report.html"  # a page that shows when the run began and how long it took


def record_of(root: Path) -> dict[str, Any]:
    return {"journal": _journal(root), "mlflow": shown_by(f"sqlite:///{root / 'mlflow.db'}"), "files": sorted(_files(root))}


def told_steps(root: Path) -> set[int]:
    """The training steps whose figures are in the journal, read from a copy: SQLite tidies up after a kill where it reads."""
    with TemporaryDirectory() as copy:
        for file in (root / ".ftexp").glob("journal.db*"):
            shutil.copy(file, copy)
        db = sqlite3.connect(Path(copy) / "journal.db")
        begun = db.execute("SELECT 1 FROM sqlite_master WHERE name='events'").fetchone()
        query = "SELECT body FROM events WHERE ident LIKE 'figures/%train/loss%'"
        steps = {json.loads(body)["step"] for (body,) in db.execute(query)} if begun else set()
        db.close()
    return steps


def seconds_of(root: Path) -> dict[str, float]:
    """How long the training and the answers of the run took."""
    with sqlite3.connect(root / ".ftexp" / "journal.db") as db:
        results = {name: json.loads(result) for name, result in db.execute("SELECT name, result FROM steps WHERE result IS NOT NULL")}
    db.close()
    return {"train": results["train"]["seconds"], "answers": sum(r["seconds"] for name, r in results.items() if name.startswith("answers"))}


def differences(expected: Any, found: Any, where: str = "") -> Iterator[str]:
    """A line for each value that differs."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys()):
            yield from differences(expected.get(key), found.get(key), f"{where}/{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(one, other, f"{where}/{number}")
    elif expected != found:
        yield f"{where}: expected {str(expected)[:300]}, found {str(found)[:300]}"


def _journal(root: Path) -> dict[str, Any]:
    from ftexp.state import State

    journal = State(root).journal
    runs = {r.id: [r.name, r.state, r.error, _timeless(json.loads(r.record or "null")), r.told] for r in journal.runs()}
    steps = {
        key: [name, _timeless(json.loads(result or "null"))]
        for key, name, result in journal._execute("SELECT key, name, result FROM steps")
    }
    events = {
        ident: _timeless(json.loads(body)) for ident, body in journal._execute("SELECT ident, body FROM events") if _is_content(ident)
    }
    for run in runs.values():
        run[-1] = "all told" if run[-1] == journal._execute("SELECT MAX(id) FROM events")[0][0] else "MLflow is behind"
    return {"runs": runs, "steps": steps, "events": events, "run_steps": [journal.steps_of(run) for run in runs]}


def _is_content(ident: str) -> bool:
    """Ends are numbered by attempt, and times are no content."""
    return not ident.startswith("ended/") and REPORT not in ident and not any(name in ident for name in TIMES)


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if not k.endswith("seconds") and not k.startswith(TIMES)}
    return [_timeless(v) for v in value] if isinstance(value, list) else value


def shown_by(uri: str) -> dict[str, Any]:
    """What an MLflow store shows of its runs."""
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    experiments = client.search_experiments()
    runs = client.search_runs([e.experiment_id for e in experiments])
    models = client.search_logged_models([e.experiment_id for e in experiments])
    return {
        "experiments": sorted((e.name, *sorted(e.tags)) for e in experiments),
        "runs": [_mlflow_run(client, run.info.run_id) for run in runs],
        "models": [
            [m.name, str(m.status), m.tags, sorted((x.key, x.step, x.value) for x in m.metrics), m.source_run_id == runs[0].info.run_id]
            for m in models
        ],
    }


def _mlflow_run(client: Any, ident: str) -> dict[str, Any]:
    run = client.get_run(ident)
    histories = {name: [[m.step, m.value] for m in client.get_metric_history(ident, name)] for name in run.data.metrics}
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "params": run.data.params,
        "tags": {name: value for name, value in run.data.tags.items() if (name, value) != ("ftexp.error", "")},
        "metrics": {name: history for name, history in histories.items() if not name.startswith(TIMES)},
        "each time told once": [name for name, history in histories.items() if name.startswith(TIMES) and len(history) > 1],
        "inputs": sorted([i.dataset.name, i.dataset.digest, *(t.value for t in i.tags)] for i in run.inputs.dataset_inputs),
        "outputs": len(run.outputs.model_outputs),
        "artifacts": dict(_artifacts(client, run.info)),
    }


def _artifacts(client: Any, run: Any) -> Iterator[tuple[str, str]]:
    """Read where they lie: to download them takes half as long as the run did, and only a server asks for it."""
    local = run.artifact_uri.startswith("file:")
    root = Path(unquote(urlparse(run.artifact_uri).path)) if local else Path(client.download_artifacts(run.run_id, ""))
    for path in root.rglob("*"):
        if path.is_file():
            name = path.relative_to(root).as_posix()
            yield name, "a page" if name == REPORT else hashlib.sha256(path.read_bytes()).hexdigest()


def _files(root: Path) -> Iterator[str]:
    """What is kept, by name; a lock and what SQLite has beside its file say nothing."""
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not name.startswith((".ftexp/locks/", "mlartifacts/", "mlflow.db-", ".ftexp/journal.db-")):
            yield name
