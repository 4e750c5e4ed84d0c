"""Lines that several commands end with."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ftexp.errors import TrackingError

if TYPE_CHECKING:
    from rich.console import Console


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
