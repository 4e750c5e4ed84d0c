"""Writes replies down while others are on their way: waiting for the disk each time would take longer than to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue

from ftexp.backends.kept import Batch, KeptBatches


@contextmanager
def kept_beside(kept: KeptBatches | None) -> Iterator[Callable[[Batch], None]]:
    """Gives what takes a batch and returns at once. All of them are on disk when the block has ended, however it ends.

    Those that come during one write go down together in the next. Where the disk takes no more, the next batch raises the OSError.
    """
    if kept is None:
        yield lambda batch: None
        return
    queue = SimpleQueue[Batch | None]()
    with ThreadPoolExecutor(1) as beside:
        written = beside.submit(_write, queue, kept)

        def take(batch: Batch) -> None:
            if written.done():
                written.result()
            queue.put(batch)

        try:
            yield take
        finally:
            queue.put(None)
            written.result()


def _write(queue: SimpleQueue[Batch | None], kept: KeptBatches) -> None:
    """Until there is a None."""
    last = False
    while not last:
        found = [queue.get()]
        while not queue.empty():
            found.append(queue.get())
        last = None in found
        kept.keep(*filter(None, found))
