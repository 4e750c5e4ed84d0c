"""Tells MLflow in the background while a run goes on, so that no step ever waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ftexp.errors import TrackingError
from ftexp.tracking.mlflow_store import MlflowStore

PAUSE_SECONDS = 2.0
BUSY_PAUSE = 10.0  # times as long as telling took: where many runs wait for their turn, their figures come less often


def catch_up(store: MlflowStore, run: str) -> TrackingError | None:
    """Tells MLflow what it is behind by; the reason where it can't be told. What it misses stays in the journal."""
    try:
        if store.state.journal.has_untold(run):
            store.advance(run)
    except TrackingError as error:
        return error
    except Exception as error:  # whatever breaks in telling is said at the end, and must not end the run
        return TrackingError(f"{store.uri}: MLflow can't be written ({type(error).__name__}: {error})")
    return None


class Telling:
    """`error` says why MLflow is behind, None while it isn't."""

    error: TrackingError | None = None


@contextmanager
def telling(store: MlflowStore, run: str) -> Iterator[Telling]:
    """Tells along the way in a thread of its own and, at the end, whatever is left."""
    told, ended = Telling(), threading.Event()

    def work() -> None:
        pause = PAUSE_SECONDS
        while not ended.wait(pause):
            started = time.monotonic()
            catch_up(store, run)
            pause = max(PAUSE_SECONDS, BUSY_PAUSE * (time.monotonic() - started))

    thread = threading.Thread(target=work, name="mlflow", daemon=True)
    thread.start()
    try:
        yield told
    finally:
        ended.set()
        thread.join()
        told.error = catch_up(store, run)
