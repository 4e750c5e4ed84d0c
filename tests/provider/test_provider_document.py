"""The scripted service speaks as OpenAI's document says, and hears when a client doesn't."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI

from provider import Life, Manners, Provider, provider
from provider.document import PATCHES
from provider.endpoints import ENDPOINTS
from provider.judging import Judge, judge
from provider.requests import Request
from provider.test_provider import BASE, trained

JOB = {"model": BASE, "training_file": "file-a"}
CHAT = {"model": BASE, "messages": [{"role": "user", "content": "Hi"}]}
FORM, BOUND = "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name={}\r\n\r\nx\r\n--b--\r\n"


def asked(kind: str, body: Any = None, query: str = "", **headers: str) -> Request:
    method, path = kind.split(" ")
    content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    return Request(method, path.replace("{", "").replace("}", ""), query, {"authorization": "Bearer k", **headers}, content)


def form(kind: str, field: str) -> Request:
    return asked(kind, BOUND.format(f'"{field}"'), **{"content-type": FORM})


BAD = {
    "POST /files": form("POST /files", "purpose"),
    "GET /files": asked("GET /files", query="order=newest"),
    "GET /files/{file_id}": asked("GET /files/{file_id}", query="limit=1"),
    "DELETE /files/{file_id}": asked("DELETE /files/{file_id}", {"force": True}),
    "GET /files/{file_id}/content": asked("GET /files/{file_id}/content", query="from=0"),
    "POST /uploads": asked("POST /uploads", {"filename": "a.jsonl", "purpose": "fine-tune", "bytes": 1}),
    "POST /uploads/{upload_id}/parts": form("POST /uploads/{upload_id}/parts", "part"),
    "POST /uploads/{upload_id}/complete": asked("POST /uploads/{upload_id}/complete", {"part_ids": "part_1"}),
    "POST /uploads/{upload_id}/cancel": asked("POST /uploads/{upload_id}/cancel", {"reason": "x"}),
    "POST /fine_tuning/jobs": asked("POST /fine_tuning/jobs", {"model": BASE}),
    "GET /fine_tuning/jobs": asked("GET /fine_tuning/jobs", query="limit=many"),
    "GET /fine_tuning/jobs/{fine_tuning_job_id}": asked("GET /fine_tuning/jobs/{fine_tuning_job_id}", authorization=""),
    "POST /fine_tuning/jobs/{fine_tuning_job_id}/cancel": asked("POST /fine_tuning/jobs/{fine_tuning_job_id}/cancel", {"now": True}),
    "POST /fine_tuning/jobs/{fine_tuning_job_id}/pause": asked("POST /fine_tuning/jobs/{fine_tuning_job_id}/pause", query="now=1"),
    "POST /fine_tuning/jobs/{fine_tuning_job_id}/resume": asked("POST /fine_tuning/jobs/{fine_tuning_job_id}/resume", [1]),
    "GET /fine_tuning/jobs/{fine_tuning_job_id}/events": asked("GET /fine_tuning/jobs/{fine_tuning_job_id}/events", query="before=e"),
    "GET /fine_tuning/jobs/{fine_tuning_job_id}/checkpoints": asked(
        "GET /fine_tuning/jobs/{fine_tuning_job_id}/checkpoints", query="limit=-"
    ),
    "GET /models": asked("GET /models", query="limit=3"),
    "GET /models/{model}": asked("GET /models/{model}", query="a=b"),
    "POST /chat/completions": asked("POST /chat/completions", {**CHAT, "messages": []}),
}
BAD_JOBS = {
    "epochs": {"method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 51}}}},
    "batch": {"method": {"type": "supervised", "supervised": {"hyperparameters": {"batch_size": 0}}}},
    "rate": {"hyperparameters": {"learning_rate_multiplier": 0}},
    "beta": {"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 2.5}}}},
    "method": {"method": {"type": "guess"}},
    "suffix": {"suffix": "x" * 65},
    "seed": {"seed": 2**31},
}


@pytest.fixture
def service() -> Iterator[Provider]:
    with provider() as service:
        yield service


@pytest.mark.parametrize("kind", [endpoint.kind for endpoint in ENDPOINTS])
def test_a_bad_request_is_heard_at_each_endpoint(kind: str) -> None:
    assert judge().request(BAD[kind]).startswith(kind)


@pytest.mark.parametrize("name", BAD_JOBS)
def test_a_job_out_of_range_is_heard(name: str) -> None:
    assert judge().request(asked("POST /fine_tuning/jobs", JOB | BAD_JOBS[name]))


def test_a_bad_request_is_refused_and_kept_as_a_violation(service: Provider) -> None:
    with OpenAI(base_url=service.base_url, api_key="k", max_retries=0) as client, pytest.raises(Exception, match="400"):
        client.chat.completions.create(model=BASE, messages=[])
    assert len(service.violations) == 1


# What each patch is for: a request that must pass or fail, or a life whose answers must pass.
PASSES = {
    "nullable": asked("POST /fine_tuning/jobs", {**JOB, "suffix": None, "validation_file": None}),
    "exclusive": asked("POST /fine_tuning/jobs", {**JOB, "hyperparameters": {"learning_rate_multiplier": 0.5}}),
}
FAILS = {
    "metadata_limits": asked("POST /fine_tuning/jobs", {**JOB, "metadata": {"k": "v" * 513}}),
    "known_arguments": asked("POST /fine_tuning/jobs", {**JOB, "epochs": 3}),
}
LIVES = {
    "any_status": Life(queued_as="warming_up", seconds=0.2),
    "empty_error": Life(empty_error="object"),
    "no_hyperparameters": Life(hyperparameters_null=True),
    "no_data": Life(data_null=True),
    "moderation_events": Life(),
}


def without(patch: str) -> Judge:
    return Judge({name: each for name, each in PATCHES.items() if name != patch})


def test_each_patch_of_the_document_has_its_reason_shown_here() -> None:
    assert {*PASSES, *FAILS, *LIVES} == {*PATCHES} and all(patch.why for patch in PATCHES.values())


@pytest.mark.parametrize("patch", PASSES)
def test_without_the_patch_a_good_request_would_be_held_against_a_client(patch: str) -> None:
    assert not judge().request(PASSES[patch]) and without(patch).request(PASSES[patch])


@pytest.mark.parametrize("patch", FAILS)
def test_without_the_patch_a_bad_request_would_pass(patch: str) -> None:
    assert judge().request(FAILS[patch]) and not without(patch).request(FAILS[patch])


@pytest.mark.parametrize("patch", LIVES)
def test_without_the_patch_the_service_could_not_say_what_real_ones_say(patch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for judging, expected in ((judge(), False), (without(patch), True)):
        monkeypatch.setattr("provider.service.judge", lambda judging=judging: judging)
        with provider(LIVES[patch]) as service, OpenAI(base_url=service.base_url, api_key="k", max_retries=0) as client:
            list(client.fine_tuning.jobs.list_events(trained(client).id, limit=100))
            assert bool(service.violations) == expected


@pytest.mark.parametrize(
    "life", [Life(ends="failed"), Life(ends="paused"), Life(ends="mystery"), Life(empty_error="nulls"), Life(result_file="nan")]
)
def test_what_the_service_says_about_a_job_is_as_in_the_document(life: Life) -> None:
    with provider(life, Manners(foreign_jobs=3)) as service, OpenAI(base_url=service.base_url, api_key="k", max_retries=0) as client:
        job = trained(client, metadata={"ftexp_train_key": "k"}, seed=1) if life.ends in ("failed", "succeeded") else None
        list(client.fine_tuning.jobs.list(limit=100))
        list(client.files.list()), client.models.list()
        if job:
            client.fine_tuning.jobs.checkpoints.list(job.id), client.fine_tuning.jobs.list_events(job.id)
        assert service.violations == []
