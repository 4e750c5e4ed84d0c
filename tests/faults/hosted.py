"""One case at a scripted service: a run that something happens to, there or here, and the same command again until it ends well."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from cases import SPARED, ForkServer, said
from hosted_parts import RUN_WORDS, VARIABLE
from points import Fate
from provider import Life, Manners, Provider, provider
from provider.faults import Rule
from record import differences
from tiny import write_chats

REQUEST_SECONDS = 0.7  # that an answer is waited for; what hangs, hangs longer
LIFE = Life(seconds=0.1)


@dataclass
class Ward:
    """A service, a process to fork from, an empty project, and what a run in one comes to when nothing disturbs it."""

    folder: Path
    server: ForkServer
    service: Provider
    expected: dict[str, Any] = field(default_factory=dict)
    counts: Any = None
    _numbers: Iterator[int] = field(default_factory=count)

    @classmethod
    def begin(cls, folder: Path, server: ForkServer, service: Provider, database: Path) -> Ward:
        ward = cls(folder, server, service)
        (folder / "empty").mkdir(parents=True)
        write_chats(folder / "empty" / "chats.jsonl")
        shutil.copy(database, folder / "empty" / "mlflow.db")
        service.script(life=LIFE, manners=Manners(), rules=[], reset=True)
        project = ward.new_project()
        ward.expected = ward.undisturbed(project)
        ward.counts = service.counts
        return ward

    def new_project(self) -> Path:
        return Path(shutil.copytree(self.folder / "empty", self.folder / f"project-{next(self._numbers)}"))

    def run(self, project: Path, fate: Fate = SPARED, more: Sequence[str] = (), seconds: float = REQUEST_SECONDS) -> int:
        words = ["run", *RUN_WORDS, f"model.provider.base_url={self.service.base_url}", *more, "--yes"]
        said_to = str(project.with_suffix(".said"))
        asked = {"project": str(project), "words": words, "fate": vars(fate), "said": said_to}
        return self.server.ask(**asked, pause_seconds=60.0, request_seconds=seconds)

    def undisturbed(self, project: Path, more: Sequence[str] = ()) -> dict[str, Any]:
        code = self.run(project, more=more, seconds=20.0)
        assert code == 0, f"exit code {code}\n{said(project)}"
        found: dict[str, Any] = json.loads(project.with_suffix(".json").read_text(encoding="utf-8"))
        return found

    def case(
        self,
        *fates: Fate,
        rules: Sequence[Rule] = (),
        manners: Manners | None = None,
        life: Life = LIFE,
        more: Sequence[str] = (),
        expected: dict[str, Any] | None = None,
    ) -> Trial:
        """A command that meets each fate in turn, or what the service does, and then the same command at a service that does well."""
        self.service.script(life=life, manners=manners or Manners(), rules=list(rules), reset=True)
        self.service.script(rules=list(rules))
        project, trial = self.new_project(), Trial(f"{fates} {rules} {manners} {life if life != LIFE else ''}")
        for fate in fates or (SPARED,):
            trial.codes.append(self.run(project, fate, more))
            log = project.with_suffix(".struck")
            trial.points += [log.read_text(encoding="utf-8")] if log.exists() else []
            log.unlink(missing_ok=True)
        trial.said, trial.fired = said(project), list(self.service.counts.fired)
        self.service.script(rules=[], manners=Manners(), release=True)
        try:
            trial.faults += differences(self.expected if expected is None else expected, self.undisturbed(project, more))
        except AssertionError as error:
            trial.faults.append(str(error)[-3000:])
        trial.faults += self._counted(trial)
        if not trial.faults:
            shutil.rmtree(project)
            for left in self.folder.glob(f"{project.name}.*"):
                left.unlink()
        return trial

    def _counted(self, trial: Trial) -> Iterator[str]:
        """What the service has at the end against what it had after an undisturbed run."""
        counts = self.service.counts
        trial.jobs = len(counts.jobs)
        if set(counts.jobs_by_key.values()) != {1}:
            yield f"jobs by key: {counts.jobs_by_key}"
        if counts.uploads != self.counts.uploads:
            yield f"{counts.uploads} uploads, expected {self.counts.uploads}"
        if counts.violations:
            yield f"requests that OpenAI's document doesn't allow: {counts.violations[:3]}"


@dataclass
class Trial:
    """Exit codes of the disturbed commands, the points that fates struck at, the rules that struck, and what is wrong in the end."""

    what: str
    codes: list[int] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    fired: list[int] = field(default_factory=list)
    said: str = ""
    jobs: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.what} {self.points} {self.codes}:\n    " + "\n    ".join(self.faults)


def wrong(trials: Sequence[Trial]) -> str:
    return "\n".join(str(trial) for trial in trials if trial.faults)


@contextmanager
def wards(folder: Path, database: Path, how_many: int) -> Iterator[list[Ward]]:
    """Each with a service and a process of its own."""
    os.environ |= {VARIABLE: "sk-laboratory-0123456789abcdef", f"{VARIABLE}_HOST": "127.0.0.1"}
    found: list[Ward] = []
    try:
        yield from _begun(folder, database, how_many, found)
    finally:
        for name in (VARIABLE, f"{VARIABLE}_HOST"):
            del os.environ[name]


def _begun(folder: Path, database: Path, left: int, found: list[Ward]) -> Iterator[list[Ward]]:
    if not left:
        yield found
        return
    with ForkServer() as server, provider(LIFE) as service:
        found.append(Ward.begin(folder / f"ward-{left}", server, service, database))
        yield from _begun(folder, database, left - 1, found)
