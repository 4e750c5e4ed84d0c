"""What this machine computes with, found out without loading torch."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from ftexp.backends.providers import LocalProvider
from ftexp.errors import MissingExtraError
from ftexp.values import Value


class Machine(Value):
    """Part of a run's identity: another device, dtype or thread count adds numbers in another order."""

    device: Literal["cpu", "cuda"]
    dtype: Literal["float32", "bfloat16"]
    threads: int


def resolve_machine(provider: LocalProvider) -> Machine:
    """The provider's wishes with every `auto` replaced by what is found here."""
    device = provider.device if provider.device != "auto" else ("cuda" if _has_cuda() else "cpu")
    dtype = provider.dtype if provider.dtype != "auto" else ("bfloat16" if device == "cuda" or has_bfloat16() else "float32")
    threads = provider.threads if provider.threads != "auto" else cores()
    return Machine(device=device, dtype=dtype, threads=threads)


def require_local_extra() -> None:
    """Raises MissingExtraError, without importing anything, when a package of the extra is missing."""
    for package in ("torch", "transformers", "peft"):
        try:
            version(package)
        except PackageNotFoundError as error:
            raise MissingExtraError("local", "training on this machine") from error


def processor() -> str:
    """The processor's name as the system gives it; identical results are promised for the same one only."""
    import platform

    for line in _cpuinfo():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


# Instruction sets that the mathematics picks its kernels by: processors of one name may differ in them, as virtual ones do.
_INSTRUCTIONS = {"fma", "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "asimd", "sve", "bf16"}


def instructions() -> str:
    """Those of the processor that sums depend on, in alphabetical order; empty where the system doesn't tell."""
    return " ".join(sorted(_flags() & _INSTRUCTIONS))


def _has_cuda() -> bool:
    try:
        return Path("/dev/nvidia0").exists() and "+cpu" not in version("torch")
    except PackageNotFoundError:
        return False


def has_bfloat16() -> bool:
    """bfloat16 dot products in the processor: AVX512-BF16, AMX, or ARM's bf16."""
    return bool(_flags() & {"avx512_bf16", "amx_bf16", "bf16"})


def _flags() -> set[str]:
    return {word for line in _cpuinfo() if line.startswith(("flags", "Features")) for word in line.split()}


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
