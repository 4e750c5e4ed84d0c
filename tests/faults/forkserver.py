"""A process that has imported everything once, and forks a child for each command: `python forkserver.py`.

Reads one JSON request a line, and answers each with one line. Forking is safe since nothing of torch has run here.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from importlib.metadata import distributions
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]


IMPORTED = (
    "ftexp.backends.hosted.chat_completions",
    "ftexp.backends.hosted.following",
    "openai.resources.files",
    "openai.resources.fine_tuning",
    "ftexp.backends.local.generation",
    "ftexp.backends.local.training",
    "ftexp.commands.run",
    "ftexp.tracking.mlflow_store",
    "hydra.compose",
    "mlflow.store.tracking.sqlalchemy_workspace_store",
    "peft",
    "rich.progress",
    "sacrebleu",
    "scipy.stats",
    "tiny",
    "torch",
    "transformers.models.llama.modeling_llama",
    "transformers.trainer",
)


def serve() -> None:
    import_everything()
    for line in sys.stdin:
        request = json.loads(line)
        composed(tuple(word for word in request["words"][1:] if not word.startswith("--")))
        status = in_a_child(partial(run, request), Path(request["said"]))
        print(json.dumps({"status": status}), flush=True)


@cache
def composed(words: tuple[str, ...]) -> Any:
    """To compose takes a third of a run and writes nothing, so it is done once, here, for the runs in all children."""
    from ftexp.sweep.expand import expand

    return expand(words, Path.cwd())


def import_everything() -> None:
    """And fills caches, so that a run in a child takes half as long."""
    for module in IMPORTED:
        import_module(module)

    import ftexp.commands.run
    import ftexp.environment

    ftexp.commands.run.expand = lambda words, *_: composed(tuple(words))  # type: ignore[assignment]
    import_module("transformers.conversion_mapping").get_checkpoint_conversion_mapping("llama")
    packages = [SimpleNamespace(name=d.name, version=d.version) for d in distributions()]
    ftexp.environment.distributions = lambda: packages  # type: ignore[assignment]
    gc.freeze()  # a collection in a child would touch, and so copy, all of this


def in_a_child(work: Callable[[], int], said: Path) -> int:
    """The exit code of `work` in a fork, negative where a signal ended it; all it says goes into the file `said`."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 70
    try:
        out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        code = work()
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # nothing of the parent's is cleaned up twice


def run(request: dict[str, Any]) -> int:
    """`ftexp WORDS` in a project, as its `fate` will have it; then, where it ended well, what the project holds."""
    from points import Fate, Points, install
    from record import record_of
    from tiny import in_project

    from ftexp.cli import entry
    from ftexp.tracking import telling

    project = Path(request["project"])
    telling.PAUSE_SECONDS = request["pause_seconds"]
    be_impatient(request.get("request_seconds", 0.0))
    log_trained_steps(project.parent / f"{project.name}.trained")
    install(Points(Fate(**request["fate"]), project.parent / f"{project.name}.struck"))
    with in_project(project):
        sys.argv = ["ftexp", *request["words"]]
        code = entry()
        if code == 0 and Fate(**request["fate"]).is_spared:
            (project.parent / f"{project.name}.json").write_text(json.dumps(record_of(project)), encoding="utf-8")
    return code


def be_impatient(request_seconds: float) -> None:
    """A service's answer is waited for so long, and what went wrong is soon tried again; 0: as patient as ever."""
    from ftexp.backends.hosted import model, service
    from ftexp.backends.hosted.patience import Patience

    if request_seconds:
        service.REQUEST_SECONDS = request_seconds
        quick = partial(Patience, first_wait_seconds=0.02, request_seconds=request_seconds)
        service.Patience, model.Patience = quick, quick  # type: ignore[assignment,misc]


def log_trained_steps(log: Path) -> None:
    """A line for each step that this process trains."""
    from ftexp.backends.local import training

    step = training._Trainer.training_step

    def logged(self: Any, *arguments: Any, **named: Any) -> Any:
        with log.open("a", encoding="ascii") as file:
            file.write(f"{self.state.global_step + 1}\n")
        return step(self, *arguments, **named)

    training._Trainer.training_step = logged  # type: ignore[method-assign]


if __name__ == "__main__":
    serve()
