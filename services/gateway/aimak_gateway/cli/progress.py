"""Progress of long work on stderr: done, total, rate, time left."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

from aimak_gateway.cli.frame import Ui


class Progress:
    """A bar on a terminal, nothing when it is not one or --quiet was given. Stopping the command does not stop the
    work: it goes on in the installation, and the same command again shows where it is."""

    def __init__(self, ui: Ui, what: str) -> None:
        self._shown = not ui.quiet and not ui.as_json and sys.stderr.isatty()
        self._what = what
        self._no_color = ui.no_color
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if self._shown:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
            from rich.progress import Progress as Bar

            speed = TextColumn("{task.fields[speed]}")
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), speed)
            self._bar = Bar(*columns, console=Console(stderr=True, no_color=self._no_color or None))
            self._task = self._bar.add_task(self._what, total=None, speed="")
            self._bar.start()
        return self

    def show(self, done: int, total: int | None, speed: str | None = None) -> None:
        """Move the bar; `speed` says rate and time left where the work itself knows them."""
        if self._bar:
            self._bar.update(self._task, completed=done, total=total, speed=speed or self._left())

    def _left(self) -> str:
        left = self._bar.tasks[0].time_remaining
        return "" if left is None else "-{}:{:02d}".format(*divmod(int(left), 60))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()
