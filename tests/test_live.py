"""With a real key at a real service: `make live`. Asks `ftexp plan` first what it will cost, and spends less than a dollar."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from tiny import ftexp, in_project

from ftexp.backends.providers import OpenAIProvider
from ftexp.compose import compose
from ftexp.data import jsonl
from ftexp.data.builtin import support_tickets
from ftexp.run import Record
from ftexp.state import State

MODEL = os.environ.get("LIVE_MODEL", "gpt-4o-mini")  # a file of conf/model
MOST_USD = 1.0
WORDS = [
    f"model={MODEL}",
    "dataset=jsonl",
    "dataset.path=train.jsonl",
    "dataset.validation=validation.jsonl",
    "dataset.test=test.jsonl",
    "eval=tickets",
    "eval.few_shot=0",
    "eval.generation.max_new_tokens=60",
    "hyperparameters.n_epochs=1",
    "hyperparameters.batch_size=5",
    "hyperparameters.learning_rate_multiplier=1.0",
    f"budget.usd={MOST_USD}",
]


@pytest.mark.live
def test_a_real_service_trains_once_and_answers(tmp_path: Path, mlflow_database: Path) -> None:
    provider = compose([f"model={MODEL}"], Path.cwd()).config.model.provider
    assert isinstance(provider, OpenAIProvider) and provider.api_key_env
    if not os.environ.get(provider.api_key_env):
        pytest.skip(f"set {provider.api_key_env} to a key of a service that still trains {provider.model}")
    shutil.copy(mlflow_database, tmp_path / "mlflow.db")
    splits = support_tickets.splits()
    for name, examples in (("train", splits.train[:10]), ("validation", splits.validation[:2]), ("test", splits.test[:3])):
        jsonl.write(tmp_path / f"{name}.jsonl", examples)
    with in_project(tmp_path):
        planned = json.loads(ftexp("plan", *WORDS, "--json").out)
        assert planned["totals"]["usd"]["high"] < MOST_USD, planned["totals"]["usd"]
        first = ftexp("run", *WORDS, "--yes")
        assert first.code == 0, first.err
        again = ftexp("run", *WORDS)
    row = State(tmp_path).journal.run(first.run)
    assert row and row.record
    record = Record.model_validate_json(row.record)
    assert record.training.hosted and record.training.curve and record.billed_usd is not None and record.billed_usd < MOST_USD
    assert again.run == first.run and "nothing was trained again" in again.out
    print(f"billed ${record.billed_usd:.4f}, estimated {planned['totals']['usd']}")
