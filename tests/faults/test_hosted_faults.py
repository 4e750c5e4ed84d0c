"""A run at a service, disturbed at any point or by any answer, must create one job and come to what an undisturbed run comes to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count, product
from pathlib import Path

import pytest
from hosted import LIFE, REQUEST_SECONDS, Trial, Ward, wards, wrong
from points import Fate
from provider import Life, Manners
from provider.faults import Rule

pytestmark = pytest.mark.faults
LATE = REQUEST_SECONDS + 0.2  # when nobody listens any more, but within the time that a job may be unlisted

# Every kind of request that a run makes.
REQUESTS = {
    "model": ("GET", "/models/.*"),
    "list of files": ("GET", "/files"),
    "upload": ("POST", "/files"),
    "list of jobs": ("GET", "/fine_tuning/jobs"),
    "creation": ("POST", "/fine_tuning/jobs"),
    "job": ("GET", "/fine_tuning/jobs/[^/]+"),
    "events": ("GET", "/fine_tuning/jobs/[^/]+/events"),
    "checkpoints": ("GET", "/fine_tuning/jobs/[^/]+/checkpoints"),
    "result file": ("GET", "/files/[^/]+/content"),
    "chat": ("POST", "/chat/completions"),
}
# What a run goes on from by itself.
PASSING = {
    "reset": {"fault": "reset"},
    "reset after": {"fault": "reset", "after": True},
    "500": {"fault": "status", "status": 500},
    "500 after": {"fault": "status", "status": 500, "after": True},
    "503": {"fault": "status", "status": 503},
    "408": {"fault": "status", "status": 408},
    "409": {"fault": "status", "status": 409},
    "429": {"fault": "status", "status": 429, "retry_after": "0.1"},
    "hang": {"fault": "hang", "seconds": LATE},
    "hang after": {"fault": "hang", "seconds": LATE, "after": True},
    "cut": {"fault": "cut"},
    "malformed": {"fault": "malformed", "after": True},
    "html": {"fault": "html"},
    "slow": {"fault": "slow", "seconds": REQUEST_SECONDS / 4},
}
# What it stops at, keeping what it has.
STOPPING = {
    "401": {"fault": "status", "status": 401, "code": "invalid_api_key"},
    "403": {"fault": "status", "status": 403},
    "no money": {"fault": "status", "status": 429, "code": "insufficient_quota"},
    "redirect": {"fault": "redirect"},
}


# What a trained model can be had without; the record says what is missing.
DISPENSABLE = ("events", "checkpoints", "result file")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, mlflow_database: Path) -> Iterator[list[Ward]]:
    yield from _wards(tmp_path_factory.mktemp("hosted"), mlflow_database)


def _wards(folder: Path, database: Path) -> Iterator[list[Ward]]:
    with wards(folder, database, os.cpu_count() or 1) as found:
        yield found


def shared(two: Sequence[Ward], works: Sequence[Callable[[Ward], Trial]]) -> list[Trial]:
    """Each in one of the wards; the trials in the order of the works."""
    with ThreadPoolExecutor(len(two)) as pool:
        parts = list(pool.map(lambda n: [work(two[n]) for work in works[n :: len(two)]], range(len(two))))
    return [parts[i % len(two)][i // len(two)] for i in range(len(works))]


def rule(request: str, fault: dict[str, object], nth: int = 1, times: int = 1) -> Rule:
    method, path = REQUESTS[request]
    return Rule(method=method, path=path, nth=nth, times=times, **fault)  # type: ignore[arg-type]


def test_killed_at_any_point_and_started_again(two, tell) -> None:
    def at(which: int) -> list[Trial]:
        trials: list[Trial] = []
        for number in count(1 + which, len(two)):
            trial = two[which].case(Fate(number=number))
            if not trial.points:
                return trials
            trials.append(trial)
        return trials

    with ThreadPoolExecutor(len(two)) as pool:
        trials = [trial for part in pool.map(at, range(len(two))) for trial in part]
    requests = sum("request" in t.points[0] for t in trials)
    tell(len(trials), f"points of a run at a service to be killed at, {requests} of them requests")
    assert not wrong(trials), wrong(trials)
    assert {t.codes[0] for t in trials} == {-9} and requests >= 15


def test_whatever_answer_passes_by_itself(two, tell) -> None:
    cases = [(request, fault) for request, fault in product(REQUESTS, PASSING)]
    trials = shared(two, [lambda ward, r=r, f=f: ward.case(rules=[rule(r, PASSING[f])]) for r, f in cases])
    tell(len(trials), f"requests and faults that pass, {sum(t.codes == [0] for t in trials)} of them gone on from at once")
    assert not wrong(trials), wrong(trials)
    assert all(t.fired == [1] for t in trials)
    assert all(t.codes == [0] for t in trials), [t.what + t.said[-500:] for t in trials if t.codes != [0]]


def test_whatever_answer_stops_it_leaves_the_rest_for_another_start(two, tell) -> None:
    cases = [(request, fault) for request, fault in product(REQUESTS, STOPPING)]
    trials = shared(two, [lambda ward, r=r, f=f: ward.case(rules=[rule(r, STOPPING[f], times=0)]) for r, f in cases])
    tell(len(trials), "requests and faults that stop a run")
    without = [t for (request, _), t in zip(cases, trials, strict=True) if request in DISPENSABLE and t.codes == [0]]
    assert all("partial: expected , found" in str(t) and t.jobs == 1 for t in without), wrong(without)
    others = [t for t in trials if t not in without]
    assert not wrong(others), wrong(others)
    assert all("Traceback" not in t.said for t in trials) and len(without) <= len(STOPPING) * len(DISPENSABLE) // 2


def test_a_lost_answer_and_a_kill_at_once(two, tell) -> None:
    """Whichever comes first, the process that dies knows nothing of the job, and the list may not either."""
    lost = [PASSING[name] for name in ("reset after", "hang after", "500 after", "malformed")]
    late = [None, Manners(listed_after_seconds=0.2), Manners(metadata_filter=False, foreign_jobs=130)]
    where = ["after request POST /v1/fine_tuning/jobs", "before request GET /v1/fine_tuning/jobs/ID", "after request POST /v1/files"]
    cases = list(product(lost, late, where))
    trials = shared(two, [lambda ward, c=c: ward.case(Fate(name=c[2]), rules=[rule("creation", c[0])], manners=c[1]) for c in cases])
    tell(len(trials), "lost answers with a kill and a list that is late or not filtered")
    assert not wrong(trials), wrong(trials)


MANNERS = {
    "late list": Manners(listed_after_seconds=0.2),
    "no filter": Manners(metadata_filter=False),
    "jobs of others": Manners(foreign_jobs=250),
    "jobs of others, no filter": Manners(metadata_filter=False, foreign_jobs=250),
    "no list of files": Manners(has_file_list=False),
}


@pytest.mark.parametrize("manners", MANNERS)
def test_a_service_of_other_manners(manners: str, two, tell) -> None:
    fates = [(), (Fate(name="after request POST /v1/fine_tuning/jobs"),), (Fate(name="before request GET /v1/fine_tuning/jobs/ID"),)]
    trials = shared(two, [lambda ward, f=f: ward.case(*f, manners=MANNERS[manners]) for f in fates])
    tell(len(trials), f"kills at a service with {manners}")
    assert not wrong(trials), wrong(trials)


@pytest.mark.parametrize("ends", ["failed", "cancelled", "vanished"])
def test_a_job_that_ends_badly_is_recorded_and_another_one_only_made_when_asked_for(ends: str, two) -> None:
    ward = two[0]
    ward.service.script(life=Life(seconds=0.1, ends=ends, ends_at=0.5), manners=Manners(), rules=[], reset=True)
    project = ward.new_project()
    assert [ward.run(project), ward.run(project)] == [5, 5]
    assert list(ward.service.counts.jobs_by_key.values()) == [1]
    ward.service.script(life=LIFE)
    ward.undisturbed(project, more=("--retry-failed",))
    assert list(ward.service.counts.jobs_by_key.values()) == [2]
