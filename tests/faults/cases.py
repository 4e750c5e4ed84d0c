"""One case: a run that something happens to, and the same command again, against a run that nothing disturbed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from points import Fate
from record import differences, seconds_of, told_steps
from tiny import Project, write_chats

SPARED = Fate()
VALIDATE_EVERY = 3  # four steps an epoch, so that checkpoints come at 3, 4, 6 and 8
WORDS = (
    "model.provider.lora.dropout=0.1",
    "model.provider.lora.layers=1",
    f"model.provider.validate_every={VALIDATE_EVERY}",
    "hyperparameters.n_epochs=2",
    "hyperparameters.batch_size=11",
)


class ForkServer:
    """Runs commands one at a time, each in a fork."""

    def __init__(self) -> None:
        server = Path(__file__).with_name("forkserver.py")
        same_order = {**os.environ, "PYTHONHASHSEED": "0"}  # of the sets that peft writes into adapter_config.json
        self.process = subprocess.Popen([sys.executable, server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=same_order)

    def ask(self, **request: Any) -> int:
        """The exit code; negative where a signal ended it."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return int(json.loads(self.process.stdout.readline())["status"])

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()


@dataclass
class Laboratory:
    """`folder` holds an empty project and copies of it; `expected` is what a run in one comes to when nothing disturbs it."""

    folder: Path
    server: ForkServer
    model: Path
    expected: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)  # of its training, and of its answers
    _numbers: Iterator[int] = field(default_factory=count)

    @classmethod
    def begin(cls, folder: Path, server: ForkServer, model: Path, database: Path) -> Laboratory:
        """`database` is an empty one of MLflow's, which takes seconds to make."""
        laboratory = cls(folder, server, model)
        (folder / "empty").mkdir()
        write_chats(folder / "empty" / "chats.jsonl")
        shutil.copy(database, folder / "empty" / "mlflow.db")
        project = laboratory.new_project()
        laboratory.expected = laboratory.undisturbed(project)
        laboratory.seconds = seconds_of(project)
        return laboratory

    def with_server(self, server: ForkServer) -> Laboratory:
        return Laboratory(self.folder, server, self.model, self.expected, self.seconds, self._numbers)

    def new_project(self, database: bool = True) -> Path:
        """With an empty MLflow database in it, or none."""
        project = Path(shutil.copytree(self.folder / "empty", self.folder / f"project-{next(self._numbers)}"))
        if not database:
            (project / "mlflow.db").unlink()
        return project

    def run(self, project: Path, fate: Fate = SPARED, pause_seconds: float = 60.0) -> int:
        """The exit code. MLflow is told every `pause_seconds`, and at the end."""
        words = ["run", *Project(project, self.model).overrides, *WORDS]
        said = str(project.with_suffix(".said"))
        return self.server.ask(project=str(project), words=words, fate=vars(fate), pause_seconds=pause_seconds, said=said)

    def undisturbed(self, project: Path) -> dict[str, Any]:
        code = self.run(project)
        assert code == 0, f"exit code {code}\n{said(project)}"
        return json.loads(project.with_suffix(".json").read_text(encoding="utf-8"))

    def case(self, *fates: Fate, pause_seconds: float = 60.0, database: bool = True) -> Case:
        """A command that meets one fate after the other, and then none. What went well leaves nothing behind."""
        project, case = self.new_project(database), Case(fates)
        for fate in fates:
            case.codes.append(self.run(project, fate, pause_seconds))
            case.points += [log.read_text(encoding="utf-8")] if (log := project.with_suffix(".struck")).exists() else []
            log.unlink(missing_ok=True)
        case.said = said(project)
        told = told_steps(project)
        trained = project.with_suffix(".trained")
        trained.unlink(missing_ok=True)
        try:
            case.faults += differences(self.expected, self.undisturbed(project))
        except AssertionError as error:
            case.faults.append(str(error))
        again = {int(step) for step in trained.read_text(encoding="ascii").split()} if trained.exists() else set()
        case.repeated = len(told & again)
        if case.repeated >= VALIDATE_EVERY:
            case.faults.append(f"{case.repeated} told steps were trained again: {sorted(told & again)}")
        if not case.faults:
            shutil.rmtree(project)
            for left in self.folder.glob(f"{project.name}.*"):
                left.unlink()
        return case


@dataclass
class Case:
    """The points at which fates struck, exit codes, what the last disturbed command said, and what is wrong after the undisturbed one.

    `repeated` counts the steps that had been told and were trained again.
    """

    fates: tuple[Fate, ...]
    codes: list[int] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    said: str = ""
    repeated: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.fates} {self.points}:\n    " + "\n    ".join(self.faults)


def said(project: Path) -> str:
    return project.with_suffix(".said").read_text(encoding="utf-8")


def report(cases: Sequence[Case]) -> str:
    return "\n".join(str(case) for case in cases if case.faults)
