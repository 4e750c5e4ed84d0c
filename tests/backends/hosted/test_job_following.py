from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from chat_server import Request, Response, failure, serving
from hosted_parts import a_job, metrics, one_job, parts, rows

from ftexp.backends.hosted.following import follow
from ftexp.backends.results import HostedModel

TABLE = b"step,train_loss\n" + b"".join(b"%d,0.5\n" % step for step in range(1, 5))
EVENTS = [metrics(step, 4) for step in (4, 3, 2, 1)]  # the newest first


def listed(_: Request) -> Response:
    return rows(*EVENTS)


@pytest.mark.parametrize(
    "raw",
    [
        b"x" * 200_000,
        b'step,train_loss\n1,"' + b"x" * 200_000,
        b"step,train_loss\r1,0.5\r",
        b'{"a": "' + b"\xff" * 300_000,
        b"\xff\xfe\x00",
        b'"',
    ],
    ids=range(6),
)
def test_no_result_file_keeps_a_trained_model_from_being_had(raw: bytes, tmp_path: Path) -> None:
    with serving(one_job(lambda: a_job(result_files=["file-1"]), listed, raw)) as server:
        found = parts(server.base_url, tmp_path).followed("ftjob-1", tmp_path)
        assert (found.model, len(found.curve)) == ("ft:m", 4)


@pytest.mark.parametrize("name", ["ft:gpt-4o:org::abc", "accounts/me/models/llama-1", "me/Llama-3.1-8B-tuned-1a2b", "m@v1"])
def test_whatever_a_service_calls_its_model_the_model_is_had(name: str, tmp_path: Path) -> None:
    with serving(one_job(lambda: a_job(fine_tuned_model=name), listed)) as server:
        assert parts(server.base_url, tmp_path).followed("ftjob-1", tmp_path).model == name


def test_the_services_estimate_of_the_end_is_shown_where_it_can_be_true(tmp_path: Path) -> None:
    said: list[str] = []
    ends = iter([int(time.time()) + 600, 10**11, 10**30, -5, True, "soon", 0.5])

    def job() -> dict[str, Any]:
        end = next(ends, None)
        return a_job() if end is None else a_job(status="running", estimated_finish=end)

    with serving(one_job(job, lambda _: rows())) as server:
        run = parts(server.base_url, tmp_path, listed_within_seconds=0.0)
        follow(run.service, "ftjob-1", tmp_path, run.points.append, lambda done, remark: said.append(remark))
    assert ["expected to end" in remark for remark in said] == [True] + [False] * 7


def test_a_figure_that_is_no_number_is_left_out_and_spoken_of(tmp_path: Path) -> None:
    events = [metrics(2, 2), metrics(1, 2, train_loss=float("nan"), train_mean_token_accuracy=0.5)]
    with serving(one_job(a_job, lambda _: rows(*events))) as server:
        found = parts(server.base_url, tmp_path).followed("ftjob-1", tmp_path)
        assert found.curve[0].figures == {"train/token_accuracy": 0.5}
        assert "1 figure" in found.partial


def test_a_page_of_events_that_is_missing_once_costs_no_event(tmp_path: Path) -> None:
    asked: list[str] = []

    def events(request: Request) -> Response:
        asked.append(request.path)
        if "after=" in request.path:
            return failure(404) if len(asked) == 2 else rows(*EVENTS[2:])
        return rows(*EVENTS[:2], has_more=True)

    jobs = iter([a_job(status="running", fine_tuned_model=None)] * 3)
    with serving(one_job(lambda: next(jobs, a_job()), events)) as server:
        run = parts(server.base_url, tmp_path)
        assert len(run.followed("ftjob-1", tmp_path).curve) == 4
        assert [p.step for p in run.points] == [1, 2, 3, 4]


def test_events_that_are_listed_from_the_oldest_are_all_taken(tmp_path: Path) -> None:
    looks: list[int] = []

    def events(request: Request) -> Response:
        after = int(request.path.partition("after=ftevent-")[2].partition("&")[0] or 0)
        looks.append(after)
        there = 2 if len(looks) == 1 else 4
        return rows(*(metrics(step, 4) for step in range(after + 1, min(after + 2, there) + 1)), has_more=after + 2 < there)

    jobs = iter([a_job(status="running", fine_tuned_model=None)])
    with serving(one_job(lambda: next(jobs, a_job()), events)) as server:
        assert [p.step for p in parts(server.base_url, tmp_path).followed("ftjob-1", tmp_path).curve] == [1, 2, 3, 4]


@pytest.mark.parametrize("answer", [failure(500), failure(403), failure(400), Response(b"<html>"), Response(b"[1]")], ids=range(5))
def test_events_that_cant_be_had_keep_no_job_from_its_end(answer: Response, tmp_path: Path) -> None:
    with serving(one_job(lambda: a_job(result_files=["file-1"]), lambda _: answer, TABLE)) as server:
        run = parts(server.base_url, tmp_path)
        patience = 0

        def pause(seconds: float) -> None:
            nonlocal patience
            patience += 1
            assert patience < 300, "it never ends"

        run.service.pause = pause
        assert len(run.followed("ftjob-1", tmp_path).curve) == 4


@pytest.mark.parametrize("value", ["\ud800", "\x1b[2J", {"a": 1}, 10**30, float("inf"), None, "x" * 10**6], ids=range(7))
def test_no_value_of_a_job_breaks_its_record(value: Any, tmp_path: Path) -> None:
    job = a_job(
        hyperparameters={"n_epochs": value, "x": value}, trained_tokens=value, created_at=value, finished_at=value, error=value, model=value
    )
    with serving(one_job(lambda: job, listed)) as server:
        found = parts(server.base_url, tmp_path).followed("ftjob-1", tmp_path)
        kept = HostedModel(service="s", job="ftjob-1", model=found.model, hyperparameters=found.hyperparameters).model_dump_json()
        assert "\x1b" not in json.dumps(json.loads(kept), ensure_ascii=False)


def test_a_message_that_has_a_step_is_said_too(tmp_path: Path) -> None:
    message = {"id": "ftevent-x", "type": "message", "message": "Checkpoint created at step 4", "created_at": 4, "data": {"step": 4}}
    with serving(one_job(a_job, lambda _: rows(message, *EVENTS))) as server:
        run = parts(server.base_url, tmp_path)
        run.followed("ftjob-1", tmp_path)
        assert run.said.count("Checkpoint created at step 4") == 1


def test_a_job_counts_as_gone_only_after_longer_than_it_may_be_unlisted(tmp_path: Path) -> None:
    looks: list[int] = []

    def answer(request: Request) -> Response:
        looks.append(1)
        return failure(404) if len(looks) <= 8 and request.path.endswith("ftjob-1") else one_job(a_job, listed)(request)

    with serving(answer) as server:
        assert parts(server.base_url, tmp_path).followed("ftjob-1", tmp_path).model == "ft:m"
