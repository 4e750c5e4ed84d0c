from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_server import Request, Response, serving
from hosted_parts import Parts, parts, rows, said
from provider import Life, Manners, Rule, provider

from ftexp.backends.hosted.job_creation import create_once
from ftexp.backends.hosted.job_record import job_key
from ftexp.errors import WaitingError
from ftexp.journal import Journal

LONG = Life(seconds=60)
CREATE = {"method": "POST", "path": "/fine_tuning/jobs"}


class Killed(BaseException):
    pass


def test_a_death_long_after_the_first_try_still_looks_for_as_long_as_a_job_may_be_unlisted(tmp_path: Path) -> None:
    """The first request met a limit of jobs for hours; the last one took effect, and its sender died."""
    busy = Rule("status", **CREATE, status=429, retry_after="0.01")
    with provider(LONG, Manners(listed_after_seconds=0.15), [busy, Rule("reset", **CREATE, nth=2, after=True)]) as p:
        dying = parts(p.base_url, tmp_path, listed_within_seconds=0.2)
        order = dying.order()
        sent = dying.service.send

        def send(path: str, body: Any = None) -> Any:
            if p.counts.requests.get("POST /fine_tuning/jobs") == 1:  # hours later, as the journal sees it
                dying.step.state.journal._execute(
                    "UPDATE steps SET started_at=started_at-7200 WHERE name='job' AND started_at<?", (time.time() - 0.1,)
                )
                sent(path, body)
                raise Killed
            return sent(path, body)

        dying.service.send = send  # type: ignore[method-assign]
        with pytest.raises(Killed):
            create_once(dying.service, order, dying.step)
        again = parts(p.base_url, tmp_path, listed_within_seconds=0.2)
        job = again.created()
        assert [j["id"] for j in p.counts.jobs] == [job.id]


def scripted(created: list[bytes], lists: list[Response]) -> Any:
    """A service whose lists come one after the other, the last one for ever."""

    def answer(request: Request) -> Response:
        path = request.path.removeprefix("/v1").partition("?")[0]
        if request.method == "POST":
            created.append(request.body)
            return said({"id": f"ftjob-new-{len(created)}", "metadata": json.loads(request.body).get("metadata")})
        return (
            (lists.pop(0) if len(lists) > 1 else lists[0]) if path == "/fine_tuning/jobs" else said({"id": "file-1", "status": "processed"})
        )

    return answer


def ours(number: int = 1) -> dict[str, Any]:
    return {"id": f"ftjob-{number}", "metadata": {"ftexp_train_key": "ab" * 32, "ftexp_attempt": "1"}}


def created(run: Parts) -> str:
    return run.created(training_file="file-1").id


@pytest.mark.parametrize(
    "body", [b"{}", b'{"data": null}', b'{"data": 5}', b'{"data": {"a": 1}}', b'{"error": "try later"}', b"[" * 100_000]
)
def test_an_answer_that_is_no_list_doesnt_mean_that_there_is_no_job(body: bytes, tmp_path: Path) -> None:
    made: list[bytes] = []
    with serving(scripted(made, [Response(body), rows(ours())])) as server:
        assert created(parts(server.base_url, tmp_path)) == "ftjob-1"
        assert made == []


def test_a_list_without_a_word_on_more_pages_is_read_to_its_end(tmp_path: Path) -> None:
    made: list[bytes] = []
    pages = [said({"data": [{"id": "ftjob-other"}]}), said({"data": [ours()]}), said({"data": []})]
    with serving(scripted(made, pages)) as server:
        assert created(parts(server.base_url, tmp_path)) == "ftjob-1"
        assert made == []


@pytest.mark.parametrize("body", [b"{}", b'{"status": "ok"}', b'{"id": "../x"}', b"[" * 100_000])
def test_a_creation_whose_answer_names_no_job_is_looked_for(body: bytes, tmp_path: Path) -> None:
    made: list[bytes] = []

    def answer(request: Request) -> Response:
        if request.method == "POST":
            made.append(request.body)
            return Response(body)
        return rows(ours()) if made else rows()

    with serving(answer) as server:
        assert created(parts(server.base_url, tmp_path)) == "ftjob-1"
        assert len(made) == 1


def test_a_limit_without_a_word_on_how_long_is_asked_again_less_and_less_often(tmp_path: Path) -> None:
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) > 60:
            raise KeyboardInterrupt

    with provider(LONG, rules=[Rule("status", **CREATE, times=0, status=429)]) as p:
        run = parts(p.base_url, tmp_path, pause=pause, listed_within_seconds=0.0)
        with pytest.raises(KeyboardInterrupt):
            run.created()
        assert sum(waited) > 1
        assert run.said.count("429") <= 2


def test_a_wait_that_no_service_means_is_cut_short(tmp_path: Path) -> None:
    waited: list[float] = []
    with provider(LONG, rules=[Rule("status", method="GET", status=503, retry_after="1e12")]) as p:
        parts(p.base_url, tmp_path, pause=waited.append).service.read("/models")
    assert max(waited) <= 3600


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fault", ["reset", "hang", "cut", "malformed", "html", "status"])
def test_one_job_whatever_becomes_of_the_answer(fault: Any, after: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftexp.backends.hosted.service.REQUEST_SECONDS", 0.3)
    rule = Rule(fault, **CREATE, after=after, seconds=1.0)
    with provider(LONG, Manners(listed_after_seconds=0.1, foreign_jobs=7), [rule]) as p:
        job = parts(p.base_url, tmp_path, listed_within_seconds=1.5 if fault == "hang" else 0.2).created()
        assert [j["id"] for j in p.counts.jobs] == [job.id]
        assert (p.counts.violations, p.counts.fired) == ([], [1])


def test_who_never_learns_whether_there_is_a_job_waits_and_another_try_looks_first(tmp_path: Path) -> None:
    with provider(LONG, rules=[Rule("status", **CREATE, times=0)]) as p:
        run = parts(p.base_url, tmp_path, listed_within_seconds=0.0)
        with pytest.raises(WaitingError):
            run.created()
        assert run.step.state.journal.intended_at(job_key("ab" * 32, 1)) is not None
        p.script(rules=[])
        assert run.created().id == p.counts.jobs[0]["id"]


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("lost", [False, True], ids=["well", "answer lost"])
def test_a_death_at_any_write_of_the_journal_costs_no_second_job(
    lost: bool, done: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = 0
    with provider(LONG) as p:
        while True:
            key = f"{point:064}"
            p.script(rules=[Rule("reset", **CREATE, after=True)] if lost else [])
            if not _dies(parts(p.base_url, tmp_path), key, point, done, monkeypatch):
                break
            job = parts(p.base_url, tmp_path).created(key=key)
            assert [j["id"] for j in p.counts.jobs if j["metadata"]["ftexp_train_key"] == key] == [job.id]
            point += 1
    assert point >= 2


def _dies(run: Parts, key: str, point: int, done: bool, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether there was such a point, of the journal's writes for a job from 0 on."""
    left = [point]
    order = run.order(key=key)
    with monkeypatch.context() as patched:
        for name in ("intend", "conclude"):
            patched.setattr(Journal, name, _deadly(getattr(Journal, name), left, done))
        try:
            create_once(run.service, order, run.step)
        except Killed:
            return True
    return False


def _deadly(write: Callable[..., None], left: list[int], done: bool) -> Callable[..., None]:
    def wrapped(*words: object) -> None:
        left[0] -= 1
        if left[0] == -1 and not done:
            raise Killed
        write(*words)
        if left[0] == -1:
            raise Killed

    return wrapped
