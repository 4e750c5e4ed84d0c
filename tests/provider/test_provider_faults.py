"""Each fault of the scripted service, as a client on the SDK meets it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import openai
import pytest
from openai import OpenAI

from provider import Manners, Provider, Rule, provider
from provider.test_provider import BASE, DATA

JOBS = "/fine_tuning/jobs"


@pytest.fixture
def service() -> Iterator[Provider]:
    with provider() as service:
        yield service


@pytest.fixture
def client(service: Provider) -> Iterator[OpenAI]:
    with OpenAI(base_url=service.base_url, api_key="sk-canary", max_retries=0, timeout=5) as client:
        yield client


@pytest.fixture
def file(client: OpenAI) -> str:
    return client.files.create(file=("ftexp-a.jsonl", DATA, "application/jsonl"), purpose="fine-tune").id


def create(client: OpenAI, file: str, key: str = "k"):
    return client.fine_tuning.jobs.create(model=BASE, training_file=file, metadata={"ftexp_train_key": key})


def jobs(service: Provider) -> int:
    return len(service.counts.jobs)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 502, 503])
def test_a_status_is_answered_once_and_nothing_is_done(client: OpenAI, service: Provider, file: str, status: int) -> None:
    service.script(rules=[Rule("status", "POST", JOBS, status=status, code="training_not_available", retry_after="7")])
    with pytest.raises(openai.APIStatusError) as met:
        create(client, file)
    assert (met.value.status_code, met.value.code, met.value.response.headers["retry-after"]) == (status, "training_not_available", "7")
    assert jobs(service) == 0 and service.counts.fired == [1]
    create(client, file)
    assert jobs(service) == 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fault", ["status", "reset", "malformed", "html", "echo"])
def test_a_fault_comes_before_the_effect_or_after_it(client: OpenAI, service: Provider, file: str, fault: str, after: bool) -> None:
    service.script(rules=[Rule(fault, "POST", JOBS, after=after)])
    with pytest.raises((openai.OpenAIError, ValueError, AttributeError)):
        raise ValueError(create(client, file).id)
    assert jobs(service) == after


def test_a_reset_is_a_broken_connection(client: OpenAI, service: Provider) -> None:
    service.script(rules=[Rule("reset")])
    with pytest.raises(openai.APIConnectionError):
        client.models.list()


@pytest.mark.parametrize("after", [False, True])
def test_what_hangs_goes_on_when_it_is_released_whether_or_not_anyone_listens(
    client: OpenAI, service: Provider, file: str, after: bool
) -> None:
    service.script(rules=[Rule("hang", "POST", JOBS, after=after)])
    with pytest.raises(openai.APITimeoutError):
        create(client.with_options(timeout=0.2), file)
    assert jobs(service) == after
    service.script(release=True)
    while jobs(service) == 0:
        time.sleep(0.01)


def test_a_hang_can_end_by_itself(client: OpenAI, service: Provider, file: str) -> None:
    service.script(rules=[Rule("hang", "POST", JOBS, seconds=0.05)])
    assert create(client, file).id


def test_a_cut_body_breaks_the_connection_off_after_the_effect(client: OpenAI, service: Provider, file: str) -> None:
    service.script(rules=[Rule("cut", "POST", JOBS)])
    with pytest.raises(openai.APIConnectionError):
        create(client, file)
    assert jobs(service) == 1


def test_a_slow_body_and_one_of_the_wrong_type_are_whole(client: OpenAI, service: Provider) -> None:
    service.script(rules=[Rule("slow", seconds=0.1), Rule("content_type", nth=2)])
    raw = client.models.with_raw_response
    assert raw.list().content and raw.list().headers["content-type"] == "text/plain"


def test_a_redirect_leads_to_another_port_that_says_whether_the_key_came_along(client: OpenAI, service: Provider) -> None:
    service.script(rules=[Rule("redirect", path="/models")])
    client.models.with_raw_response.list()
    assert [came["path"] for came in service.counts.led_elsewhere] == ["/v1/models"]


def test_the_key_is_echoed_in_an_error(client: OpenAI, service: Provider) -> None:
    service.script(rules=[Rule("echo", status=401)])
    with pytest.raises(openai.AuthenticationError, match="sk-canary"):
        client.models.list()
    assert service.counts.keys == {"sk-canary": 1} and service.counts.requests == {"GET /models": 1}


def test_rules_count_the_requests_that_match_them(client: OpenAI, service: Provider) -> None:
    service.script(rules=[Rule("status", path="/models/.*", nth=2, times=2)])
    found = []
    for _ in range(4):
        try:
            found.append(client.models.retrieve(BASE).id == BASE)
        except openai.InternalServerError:
            found.append(False)
    client.models.list()
    assert found == [True, False, False, True]


def test_a_new_job_is_listed_late_among_foreign_ones_and_the_filter_may_be_ignored(client: OpenAI, service: Provider, file: str) -> None:
    service.script(manners=Manners(listed_after_seconds=3600, metadata_filter=False, foreign_jobs=250))
    create(client, file, "k")
    found = [job.id for job in client.fine_tuning.jobs.list(metadata={"ftexp_train_key": "k"}, limit=100)]
    assert len(found) == len(set(found)) == 250
    service.script(manners=Manners(foreign_jobs=250))
    assert [job.metadata for job in client.fine_tuning.jobs.list(metadata={"ftexp_train_key": "k"})] == [{"ftexp_train_key": "k"}]


def test_metadata_may_be_refused_or_dropped(client: OpenAI, service: Provider, file: str) -> None:
    service.script(manners=Manners(metadata="dropped"))
    assert create(client, file).metadata is None
    service.script(manners=Manners(metadata="refused"))
    with pytest.raises(openai.BadRequestError, match="metadata"):
        create(client, file)


def test_endpoints_and_files_may_be_missing(client: OpenAI, service: Provider, file: str) -> None:
    job = create(client, file).id
    service.script(manners=Manners(has_events=False, has_file_list=False, has_checkpoints=False), gone=[file])
    jobs = client.fine_tuning.jobs
    for ask in (client.files.list, lambda: jobs.list_events(job), lambda: jobs.checkpoints.list(job), lambda: client.files.retrieve(file)):
        with pytest.raises(openai.NotFoundError):
            ask()


def test_many_clients_poll_over_connections_that_stay_open(service: Provider) -> None:
    done: list[int] = []

    def poll() -> None:
        with OpenAI(base_url=service.base_url, api_key="sk-test", max_retries=0) as client:
            done.append(sum(bool(client.models.retrieve(BASE)) for _ in range(3)))

    threads = [threading.Thread(target=poll) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [3] * 30
