"""Ctrl-C and its kin, held back until the work in hand has come to where it can be left."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # the last is unknown to Windows


class HeldBack:
    """`asked` is true once somebody wants the work to stop."""

    asked = False


@contextmanager
def held_back(notice: str) -> Iterator[HeldBack]:
    """Says `notice` at the first interrupt, and raises KeyboardInterrupt when the block has come to its end; a second one does so at once.

    What the process ignores stays ignored. Outside the main thread nothing is held back: no signal arrives there.
    """
    held = HeldBack()
    main = threading.current_thread() is threading.main_thread()
    signals = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)] if main else []
    before = {number: handler for number in signals if callable(handler := signal.getsignal(number))}

    def note(number: int, frame: FrameType | None) -> None:
        if held.asked:
            before[number](number, frame)
        held.asked = True
        os.write(2, f"ftexp: {notice}\n".encode())  # printing isn't safe here: it may be what was interrupted

    for number in before:
        signal.signal(number, note)
    try:
        yield held
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if held.asked:
        raise KeyboardInterrupt
