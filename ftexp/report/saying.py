"""Words and lines that several commands share."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ftexp.errors import TrackingError

if TYPE_CHECKING:
    from rich.console import Console


NOT_MEASURED = "not measured"


def duration(seconds: float) -> str:
    """`48 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def say_behind(error: TrackingError | None, out: Console) -> None:
    if error:
        told = f"mlflow    is behind: {error}. The run is safe in the journal; complete it with: ftexp sync"
        out.print(told, highlight=False, soft_wrap=True)


def program() -> str:
    """As this shell finds it: `ftexp`, or its path where the environment isn't active."""
    called = Path(sys.argv[0])
    if called.name != "ftexp" or shutil.which("ftexp"):
        return "ftexp"
    return str(called.relative_to(Path.cwd())) if called.is_relative_to(Path.cwd()) else str(called)
