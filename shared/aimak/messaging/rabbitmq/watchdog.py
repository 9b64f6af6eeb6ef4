"""The watchdog: an OS thread that ends a consumer which a half-open broker or a stuck handler has stopped."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EXIT_STUCK = 75
SILENT_S = 15.0

_log = logging.getLogger(__name__)


class Watchdog:
    """`beat()` says that the loop runs; inside `handling(limit_s)` a handler holds it and has that long.

    `late` is what happens otherwise: production ends the process, whose messages the broker then gives to another.
    """

    def __init__(self, silent_s: float = SILENT_S, late: Callable[[str], None] | None = None) -> None:
        self._silent_s = silent_s
        self._late = late or _end_process
        self._deadline = time.monotonic() + silent_s
        self._limit_s: float | None = None

    def beat(self) -> None:
        """The loop has come round; while a handler holds it, its own limit stands."""
        if self._limit_s is None:
            self._deadline = time.monotonic() + self._silent_s

    def extend(self) -> None:
        """The handler waits knowingly (the database is down): its limit starts again."""
        self._deadline = time.monotonic() + (self._limit_s or self._silent_s)

    @contextmanager
    def handling(self, limit_s: float) -> Iterator[None]:
        """A handler runs and may hold the loop for `limit_s`."""
        self._limit_s = limit_s
        self._deadline = time.monotonic() + limit_s
        try:
            yield
        finally:
            self._limit_s = None
            self.beat()

    def run(self) -> None:
        """Look once a second, for ever; the body of an OS thread, so that it runs while the loop is blocked."""
        from eventlet import patcher

        sleep = patcher.original("time").sleep
        while True:
            self.look()
            sleep(1)

    def look(self) -> None:
        """Call `late` if the deadline has passed."""
        if time.monotonic() > self._deadline:
            what = "the loop is silent" if self._limit_s is None else f"a handler holds it over {self._limit_s:g} s"
            self._late(what)

    def start(self) -> None:
        """Start the OS thread, also where eventlet has made threads green."""
        from eventlet import patcher

        patcher.original("threading").Thread(target=self.run, name="watchdog", daemon=True).start()


def _end_process(what: str) -> None:
    _log.critical("watchdog: %s; exit %d", what, EXIT_STUCK)
    os._exit(EXIT_STUCK)
