"""What is told while a run goes on: bars with rate and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ftexp.withheld import without_keys

if TYPE_CHECKING:
    from rich.console import Console


class Progress:
    """Writes to standard error, so that standard output holds results alone."""

    def __init__(self, console: Console, prefix: str = "") -> None:
        self.console, self.prefix = console, prefix

    def of(self, prefix: str) -> Progress:
        """The same with `prefix` before every line, for one of several that tell."""
        return Progress(self.console, prefix)

    @property
    def plain(self) -> Progress:
        """The same without bars, where several tell at a time."""
        return plain(self.prefix)

    def __reduce__(self) -> tuple[Callable[[str], Progress], tuple[str]]:
        """In another process it writes to that one's standard error, without bars: several would write over each other."""
        return plain, (self.prefix,)

    def say(self, text: str) -> None:
        self.console.print(without_keys(self.prefix + text), style="dim", highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def task(self, title: str, total: int) -> Iterator[Callable[[int, str], None]]:
        """Yields what is called with how many units are done so far and a remark to show beside the bar."""
        if not self.console.is_terminal:
            self.say(f"{title} ...")
            yield lambda done, remark: None
            return
        from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars
        from rich.text import Text

        class _Rate(ProgressColumn):
            def render(self, task: Task) -> Text:
                return Text(f"{task.speed:.1f}/s" if task.speed else "")

        columns = (TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn())
        with Bars(*columns, TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[remark]}"), console=self.console) as bars:
            bar = bars.add_task(self.prefix + title, total=total, remark="")
            yield lambda done, remark: bars.update(bar, completed=done, remark=without_keys(remark))


def plain(prefix: str) -> Progress:
    from rich.console import Console

    return Progress(Console(stderr=True, force_terminal=False), prefix)
