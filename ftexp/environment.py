"""What a run was made with: packages, code, processor. Read when a run begins; what a process can't change, once."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

import ftexp
from ftexp.backends.local.machine import instructions, processor
from ftexp.files import sha256_of
from ftexp.redaction import KEY_SHAPED
from ftexp.values import Value, digest

LONGEST_DIFFERENCE = 1_000_000  # bytes
_NAMED = r"(?i:api[_-]?key|token|secret|password)['\"]?\s*[=:]\s*(?:\"[^\"\n]*\"|'[^'\n]*'|\S+)"
_SECRET = re.compile(f"{_NAMED}|{KEY_SHAPED.pattern}")


class Environment(Value):
    """`commit` is None outside a git checkout; `difference` is that of tracked files, values that look secret left out.

    `code` is the sha256 of ftexp's own source files, which tells its code apart where there is no commit.
    """

    ftexp: str
    code: str = ""
    python: str
    system: str
    processor: str
    instructions: str = ""
    packages: tuple[str, ...]
    commit: str | None
    dirty: bool
    difference: str


def environment(directory: Path) -> Environment:
    commit = _git(directory, "rev-parse", "HEAD")
    difference = (_git(directory, "diff", "HEAD") or "") if commit else ""
    return Environment(
        ftexp=ftexp.__version__,
        code=code_sha256(),
        python=sys.version.split()[0],
        system=platform.platform(),
        processor=processor(),
        instructions=instructions(),
        packages=_packages(),
        commit=commit.strip() if commit else None,
        dirty=bool(difference),
        difference=redacted(difference)[:LONGEST_DIFFERENCE],
    )


@cache
def _packages() -> tuple[str, ...]:
    return tuple(sorted(f"{d.name}=={d.version}" for d in distributions() if d.name))


@cache
def code_sha256() -> str:
    """Over the names and contents of ftexp's Python files."""
    here = Path(ftexp.__file__).parent
    files = sorted(p for p in here.rglob("*.py"))
    return digest([(p.relative_to(here).as_posix(), sha256_of(p)) for p in files])


def redacted(text: str) -> str:
    """`text` with what looks like a key or a password replaced."""
    return _SECRET.sub("[redacted]", text)


def _git(directory: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", *words], cwd=directory, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", errors="replace") if done.returncode == 0 else None
