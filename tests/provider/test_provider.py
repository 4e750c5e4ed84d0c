"""The scripted service, asked through the official SDK."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from openai import OpenAI

from provider import Life, Provider, provider

LINES = [
    {"messages": [{"role": "user", "content": f"How big is city {n}?"}, {"role": "assistant", "content": f"It has {n} streets."}]}
    for n in range(12)
]
DATA = "\n".join(json.dumps(line) for line in LINES).encode()
BASE = "gpt-4.1-mini-2025-04-14"


@pytest.fixture
def service() -> Iterator[Provider]:
    with provider(Life(seconds=0.05)) as service:
        yield service


@pytest.fixture
def client(service: Provider) -> Iterator[OpenAI]:
    with OpenAI(base_url=service.base_url, api_key="sk-test", max_retries=0) as client:
        yield client


def trained(client: OpenAI, **more):
    file = client.files.create(file=("ftexp-a.jsonl", DATA, "application/jsonl"), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model=BASE, training_file=file.id, **more)
    while job.finished_at is None:
        time.sleep(0.01)
        job = client.fine_tuning.jobs.retrieve(job.id)
    return job


def test_a_job_succeeds_tells_every_step_and_leaves_a_model_that_knows_its_examples(client: OpenAI, service: Provider) -> None:
    job = trained(client, suffix="cities", seed=3, metadata={"ftexp_train_key": "k"})
    assert job.status == "succeeded" and job.fine_tuned_model.startswith(f"ft:{BASE}:loopback:cities:")
    steps = [e.data["step"] for e in client.fine_tuning.jobs.list_events(job.id, limit=7) if e.type == "metrics"]
    assert steps == list(range(steps[0], 0, -1)) and len(steps) == job.hyperparameters.n_epochs * 12
    said = client.chat.completions.create(model=job.fine_tuned_model, messages=LINES[5]["messages"][:1])
    assert said.choices[0].message.content == "It has 5 streets."
    assert len(client.fine_tuning.jobs.checkpoints.list(job.id).data) == 3
    assert client.files.content(job.result_files[0]).content
    assert service.counts.jobs_by_key == {"k": 1} and service.counts.uploads == 1 and service.counts.dollars > 0
