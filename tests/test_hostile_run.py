"""A whole run whose model says what it must not be able to do harm with: tables, pages, MLflow and the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from tiny import Project, ftexp

from ftexp.backends.local.backend import LocalBackend
from ftexp.backends.results import Answers, Reply
from ftexp.data.messages import Message

HOSTILE = (
    "<script>document.title='gone'</script><img src=x onerror=alert(1)>",
    "\x1b[31mred\x1b]0;title\x07\x1b[2J",
    '=cmd|"/c calc"!A1',
    "",
    "\x00\x01",
    "a" * 1_000_000,
    "\u202egnp.exe",
    "[" * 100_000,
    "\ud800 half a pair",
    "{{ 7 * 7 }} ${eval.name} %(x)s",
)
METRICS = {
    "exact": {"kind": "exact_match"},
    "label": {"kind": "label"},
    "f1": {"kind": "macro_f1"},
    "bleu": {"kind": "bleu"},
    "rouge": {"kind": "rouge_l"},
    "leak": {"kind": "pii_leak"},
    "distinct": {"kind": "distinct_n"},
    "language": {"kind": "language"},
    "inside": {"kind": "json_schema_lenient", "schema": {"type": "object"}},
}
OWN = [f"eval.suites.chat.metrics.{name}={json.dumps(definition).replace(chr(34), '')}" for name, definition in METRICS.items()]


@pytest.fixture
def hostile_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(self: Any, adapter: Path | None, prompts: Sequence[Sequence[Message]], *_: Any) -> Answers:
        said = [HOSTILE[(n + (adapter is not None)) % len(HOSTILE)] for n in range(len(prompts))]
        replies = tuple(Reply(text=text, tokens_in=1, tokens_out=1, seconds=0.1, first_token_seconds=0.1) for text in said)
        return Answers(replies=replies, batch_plan=(tuple(range(len(prompts))),), seconds=1.0)

    monkeypatch.setattr(LocalBackend, "answers", answers)


def test_hostile_replies_go_through_every_table_and_page_as_text(hostile_model: None, project: Project) -> None:
    gate = "eval.gates.right={line: Right, metric: chat/exact, against: base, better_by: 0.0}"
    said = project.run(*OWN, gate, "eval.headline=chat/bleu", "eval.few_shot=0")
    assert said.code in (0, 1, 3), said.err
    assert not any(c in said.out + said.err for c in "\x1b\x00\x07\u202e")
    client = MlflowClient(f"sqlite:///{project.path / 'mlflow.db'}")
    (run,) = client.search_runs(["1"])
    shown = json.loads(Path(client.download_artifacts(run.info.run_id, "evaluation/items.json")).read_text(encoding="utf-8"))
    assert {row[shown["columns"].index("tuned")] for row in shown["data"]} <= {*HOSTILE, "\ufffd half a pair"}
    assert json.loads(Path(client.download_artifacts(run.info.run_id, "evaluation/flips.json")).read_text(encoding="utf-8"))["columns"]
    page = Path(client.download_artifacts(run.info.run_id, "report.html")).read_text(encoding="utf-8")
    assert "<script" not in page and "onerror=alert" not in page.replace("onerror=alert(1)&gt;", "") and len(page) < 2_000_000
    assert not any(c in page for c in "\x1b\x00\x07\u202e")
    for words in (["report", "--markdown"], ["gate", "last"], ["list"]):
        told = ftexp(*words)
        assert told.code in (0, 1, 3) and not any(c in told.out for c in "\x1b\x00\x07\u202e")
