"""Every command on runs of a service: what it costs is asked first, a job is left and taken up again, and the rest is as for any run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hosted_parts import RUN_WORDS, VARIABLE
from provider import Life, Provider, provider
from tiny import Said, ftexp, in_project, new_project

from ftexp.errors import ExitCode
from ftexp.journal import RunRow
from ftexp.state import State


@dataclass(frozen=True)
class Hosted:
    service: Provider
    words: tuple[str, ...]

    def run(self, *more: str) -> Said:
        return ftexp("run", *self.words, *more)

    @property
    def jobs(self) -> dict[str, int]:
        """How many by key of ours."""
        found: dict[str, int] = self.service.counts.jobs_by_key
        return found

    @property
    def statuses(self) -> list[str]:
        return [str(job["status"]) for job in self.service.counts.jobs]


@pytest.fixture(scope="module")
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "sk-laboratory-0123456789abcdef")
        patch.setenv(f"{VARIABLE}_HOST", "127.0.0.1")
        yield


@contextmanager
def a_service() -> Iterator[Hosted]:
    with provider(Life()) as service:
        yield Hosted(service, (*RUN_WORDS, f"model.provider.base_url={service.base_url}"))
        assert service.violations == []


@pytest.fixture
def hosted(key: None, tmp_path: Path, mlflow_database: Path) -> Iterator[Hosted]:
    """In a project with no run yet."""
    with a_service() as found, new_project(tmp_path / "project", tmp_path / "no-model", mlflow_database):
        yield found


@pytest.fixture(scope="module")
def swept_there(key: None, tmp_path_factory: pytest.TempPathFactory, mlflow_database: Path) -> Iterator[tuple[Path, Hosted]]:
    """Two runs with a gate each."""
    path = tmp_path_factory.mktemp("swept") / "project"
    with a_service() as found:
        with new_project(path, path / "no-model", mlflow_database):
            gate = "eval.gates.overlap={line: Says anything, metric: chat/chrf, at_least: 0.0, by: point}"
            said = found.run("-m", "seed=0,1", gate, "--yes")
        assert said.code == 0, said.err
        yield path, found


@pytest.fixture
def swept(swept_there: tuple[Path, Hosted]) -> Iterator[Hosted]:
    """Tests only add to it."""
    with in_project(swept_there[0]):
        yield swept_there[1]


def rows() -> list[RunRow]:
    return State(Path.cwd()).journal.runs("kind='run'")


def test_nothing_is_spent_without_a_limit_and_a_yes(hosted: Hosted) -> None:
    unlimited, unasked = hosted.run("budget.usd=null", "--yes"), hosted.run()
    assert (unlimited.code, unasked.code) == (ExitCode.REFUSED, ExitCode.REFUSED)
    assert "budget.usd: not set, and this may cost up to $" in unlimited.err
    assert "nobody is here to ask: add --yes to the command" in unasked.err
    too_little = hosted.run("budget.usd=0.001", "--yes")
    assert too_little.code == ExitCode.REFUSED and "nothing was started" in too_little.err
    assert hosted.service.counts.uploads == 0 and hosted.jobs == {}


def test_the_same_command_again_pays_nothing_and_needs_no_yes(hosted: Hosted) -> None:
    first = hosted.run("--yes")
    assert first.code == 0, first.err
    assert re.search(r"billed by http://127\.0\.0\.1:\d+/v1: \$0\.00\d+", first.out) and "estimated $" in first.out
    counts = hosted.service.counts
    again = hosted.run()
    assert (again.code, again.run) == (0, first.run)
    later = hosted.service.counts
    assert (later.jobs_by_key, later.uploads, later.dollars) == (counts.jobs_by_key, counts.uploads, counts.dollars)


def test_a_run_can_be_submitted_and_gone_on_with_later(hosted: Hosted) -> None:
    submitted = hosted.run("model.provider.wait=false", "--yes")
    assert submitted.code == ExitCode.OK, submitted.err
    (row,) = rows()
    assert row.state == "waiting" and f"ftexp resume {row.id}" in submitted.err
    assert "waiting" in ftexp("status").out
    done = ftexp("resume", "--all", "model.provider.wait=true", "--yes")
    assert done.code == 0, done.err
    assert [r.state for r in rows()] == ["finished"] and list(hosted.jobs.values()) == [1]


def test_a_cancelled_job_is_only_followed_by_another_when_asked_for(hosted: Hosted) -> None:
    hosted.service.script(life=Life(seconds=60))
    hosted.run("model.provider.wait=false", "--yes")
    (row,) = rows()
    cancelled = ftexp("cancel", row.id)
    assert cancelled.code == 0 and f"ftexp resume {row.id} --retry-failed" in cancelled.out
    assert hosted.statuses == ["cancelled"]
    assert ftexp("cancel", row.id).code != 0
    hosted.service.script(life=Life())
    as_it_was = ftexp("resume", row.id, "model.provider.wait=true", "--yes")
    assert as_it_was.code == ExitCode.FAILED and "--retry-failed" in as_it_was.err and list(hosted.jobs.values()) == [1]
    another = ftexp("resume", row.id, "model.provider.wait=true", "--yes", "--retry-failed")
    assert another.code == 0, another.err
    assert list(hosted.jobs.values()) == [2] and [r.state for r in rows()] == ["finished"]


def test_a_paused_job_goes_on_with_its_run(hosted: Hosted) -> None:
    hosted.service.script(life=Life(seconds=1))
    hosted.run("model.provider.wait=false", "--yes")
    (row,) = rows()
    paused = ftexp("pause", row.id)
    assert paused.code == 0, paused.err
    assert hosted.statuses == ["paused"]
    done = ftexp("resume", row.id, "model.provider.wait=true", "--yes")
    assert done.code == 0, done.err
    assert hosted.statuses == ["succeeded"] and list(hosted.jobs.values()) == [1]


def test_a_run_of_this_machine_has_no_job(finished) -> None:
    for command in ("cancel", "pause"):
        said = ftexp(command, "last")
        assert said.code == ExitCode.USAGE and "trains on this machine" in said.err


def test_a_sweep_is_compared_reported_and_its_models_asked(swept: Hosted) -> None:
    one, two = rows()
    compared = ftexp("compare", one.id, two.id)
    assert compared.code == 0 and "seed" in compared.out
    assert ftexp("diff", one.id, two.id).code == 0
    assert ftexp("gate", one.id).code == 0
    report = ftexp("report", one.id)
    assert report.code == 0, report.err
    said = ftexp("chat", one.id, "How do I get to Taipei?")
    assert said.code == 0 and "Taipei" in said.out, said.err
    assert len(set(hosted_models())) == 2


def hosted_models() -> list[str]:
    from ftexp.backends.results import TrainingResult

    results = [TrainingResult.model_validate_json(State(Path.cwd()).journal.step_of(row.id, "train") or "") for row in rows()]
    return [result.hosted.model for result in results if result.hosted]


def test_a_model_of_a_service_is_evaluated_without_training(swept: Hosted) -> None:
    before = len(swept.statuses)
    said = ftexp("evaluate", "last", "eval.suites.chat.metrics.exact={kind: exact_match}", "--yes")
    assert said.code == 0 and "exact" in said.out, said.err
    assert len(swept.statuses) == before


def test_a_model_of_a_service_can_not_be_exported(swept: Hosted) -> None:
    said = ftexp("export", "last", "exported")
    assert said.code == ExitCode.USAGE and "gives out no weights" in said.err
    assert not Path("exported").exists()


def test_a_passing_model_of_a_service_is_registered(swept: Hosted) -> None:
    from mlflow import MlflowClient

    one, _ = rows()
    said = ftexp("register", one.id, "--name", "places")
    assert said.code == 0, said.err
    (version,) = MlflowClient(f"sqlite:///{Path('mlflow.db').resolve()}").search_model_versions("name='places'")
    assert str(version.version) == "1" and version.tags["ftexp.verdict"] == "pass"


def test_a_record_is_made_again_at_the_service_and_comes_out_identical(swept: Hosted) -> None:
    one, _ = rows()
    assert ftexp("freeze", one.id, "kept").code == 0
    unpaid = ftexp("reproduce", "kept", "--verify")
    assert unpaid.code == ExitCode.REFUSED and "--yes" in unpaid.err
    said = ftexp("reproduce", "kept", "--verify", "--yes")
    assert said.code == 0 and "identical" in said.out, said.out + said.err
    assert sorted(swept.jobs.values()) == [1, 1, 1], "a run made again is trained again"
