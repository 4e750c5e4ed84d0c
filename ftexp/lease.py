"""Who drives a run: written beside it, so that whoever looks can tell a run that goes on from one that was cut off."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from ftexp.values import Value


class Driver(Value):
    """One process, for good: a process id alone comes back after a while, and after a restart at once.

    `boot` and `started` are empty where the system doesn't tell (only Linux does).
    """

    host: str
    pid: int
    boot: str
    started: str

    @classmethod
    def here(cls) -> Driver:
        return cls(host=socket.gethostname(), pid=os.getpid(), boot=_boot(), started=_started(os.getpid()))

    @property
    def is_alive(self) -> bool | None:
        """None where it can't be told from here: it ran on another machine."""
        if self.host != socket.gethostname():
            return None
        if self.boot != _boot():
            return False
        if self.started:
            return _started(self.pid) == self.started
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def _boot() -> str:
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def _started(pid: int) -> str:
    """Clock ticks between the machine's start and the process's, empty where there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
