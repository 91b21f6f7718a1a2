"""Progress on standard error: one live line in a terminal, a line for each tenth elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prompteval.cli import printer
from prompteval.core.text import counted, one_line
from prompteval.engine.progress import Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[Progress]:
    """What the engine reports its progress to; silent when `quiet`."""
    if quiet:
        yield Progress()
        return
    console = printer.progress_console()
    if console is None:
        yield PlainProgress()
    else:
        with _live(console) as progress:
            yield progress


# Fewer cases than this do not deserve a line of their own.
SHORT = 25
# Seconds between two lines of an index that is being built.
EVERY = 5.0


class PlainProgress(Progress):
    """A line for each tenth of an entry, so that a log stays short."""

    def __init__(self) -> None:
        self._title = ""
        self._total = self._done = self._errors = self._cached = self._next = self._step = 0
        self._started = self._began = self._printed = 0.0

    def start(self, title: str, total: int) -> None:
        self._title, self._total = title, total
        self._done = self._errors = self._cached = 0
        self._step = max(total // 10, SHORT)
        self._next = self._step
        self._started = time.monotonic()

    def advance(self, *, error: bool, cached: bool) -> None:
        self._done += 1
        self._errors += error
        self._cached += cached
        if self._done >= self._next or self._done == self._total:
            self._next += self._step
            seconds = time.monotonic() - self._started
            printer.stderr_line(
                f"{self._title}: {self._done}/{self._total} done, {self._cached} cached, "
                f"{counted(self._errors, 'error')}, {seconds:.1f} s"
            )

    def building(self, work: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == 0:
            self._began, self._printed = now, now
        if now - self._printed >= EVERY or (done == total and self._printed > self._began):
            self._printed = now
            printer.stderr_line(f"{work}: {done:,}/{total:,} texts, {now - self._began:.1f} s")

    def note(self, text: str) -> None:
        printer.stderr_line(text)


class _LiveProgress(Progress):
    def __init__(self, bar: "RichProgress") -> None:
        self._bar = bar
        self._task: TaskID | None = None
        self._work: TaskID | None = None
        self._errors = self._cached = 0

    def start(self, title: str, total: int) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._errors = self._cached = 0
        self._task = self._bar.add_task(one_line(title), total=total, extra="")

    def advance(self, *, error: bool, cached: bool) -> None:
        self._errors += error
        self._cached += cached
        extra = f"{self._cached} cached  {counted(self._errors, 'error')}"
        if self._task is not None:
            self._bar.update(self._task, advance=1, extra=extra)

    def building(self, work: str, done: int, total: int) -> None:
        """A line of its own while it lasts; that of the cases waits for it."""
        if self._work is None:
            self._work = self._bar.add_task(work, total=total, extra="")
        self._bar.update(self._work, description=work, completed=done, total=total)
        if done >= total:
            self._bar.remove_task(self._work)
            self._work = None

    def note(self, text: str) -> None:
        self._bar.console.print(one_line(text))


@contextmanager
def _live(console: "Console") -> Iterator[Progress]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[extra]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        refresh_per_second=8,
    )
    with bar:
        yield _LiveProgress(bar)
