"""One run of the command line that notes where its seconds go: python parts_of_a_run.py REPORT.json WORD...

overhead.py starts it. It imports nothing of ftexp at the top, so that every import can be timed where it first happens.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import wraps
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

# In the order in which a run comes to them; what one needs is imported by the first that needs it.
IMPORTS = ("ftexp.cli", "pydantic", "rich.console", "hydra", "ftexp.commands.run", "tokenizers", "scipy.stats", "torch", "transformers")
IMPORTS_BEHIND_NAMES = ("transformers.Trainer", "transformers.AutoModelForCausalLM", "peft.get_peft_model", "mlflow.MlflowClient")

# What to call it, and where it is. Inner ones are in the time of outer ones.
FUNCTIONS = (
    ("compose and judge the config", "ftexp.commands.run:compose"),
    ("data, split, tokens, prompts", "ftexp.commands.run:prepare"),
    ("  of it read and judge the data", "ftexp.run:load"),
    ("  of it open the model, count tokens", "ftexp.run:open_model"),
    ("read the environment", "ftexp.launch:environment"),
    ("load the model (2 times)", "ftexp.backends.local.backend:LocalBackend._load"),
    ("validation (in train)", "ftexp.backends.local.training:_Trainer.evaluate"),
    ("checkpoints (in train)", "ftexp.backends.local.training:_Trainer._save_checkpoint"),
    ("journal writes: events", "ftexp.journal:Journal.emit"),
    ("journal writes: steps", "ftexp.journal:Journal.conclude"),
    ("score", "ftexp.run:score"),
    ("compare", "ftexp.run:compare"),
    ("MLflow", "ftexp.tracking.mlflow_store:MlflowStore.advance"),
)


def main(report: Path, words: list[str]) -> int:
    """Imports, then the run itself with the named functions timed."""
    parts = dict(import_seconds())
    spent: defaultdict[str, float] = defaultdict(float)
    for name, place in FUNCTIONS:
        spent[name] = 0.0
        put_clock_on(place, name, spent)
    from ftexp.cli import main as ftexp_main

    exit_code = ftexp_main(words)
    report.write_text(json.dumps(parts | spent), encoding="utf-8")
    return exit_code


def import_seconds() -> Iterator[tuple[str, float]]:
    for name in IMPORTS + IMPORTS_BEHIND_NAMES:
        started = perf_counter()
        if name in IMPORTS:
            import_module(name)
        else:
            package, _, attribute = name.partition(".")
            getattr(import_module(package), attribute)
        yield f"import {name}", perf_counter() - started


def put_clock_on(place: str, name: str, spent: defaultdict[str, float]) -> None:
    """`place` is MODULE:FUNCTION or MODULE:CLASS.METHOD, where it is looked up when it is called."""
    module, _, path = place.partition(":")
    *owners, attribute = path.split(".")
    owner: Any = import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    setattr(owner, attribute, clocked(getattr(owner, attribute), name, spent))


def clocked(function: Callable[..., Any], name: str, spent: defaultdict[str, float]) -> Callable[..., Any]:
    @wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        beside = threading.current_thread() is not threading.main_thread()
        started = perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[f"{name}, beside the run" if beside else name] += perf_counter() - started

    return timed


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2:]))
