"""The log of the embedded runtime: a file in the data folder, so that a terminal shows messages alone."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

NAME = "aimak.log"
_FORM = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
_MOST_BYTES, _OLDER = 1 << 20, 3


class _File(RotatingFileHandler):
    """A log that its owner alone reads: what went wrong may name people. There is no file before the first record."""

    def _open(self) -> io.TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return io.TextIOWrapper(os.fdopen(handle, "ab"), encoding="utf-8")


@contextmanager
def kept(data_dir: Path, shown: bool) -> Iterator[None]:
    """While the block runs, warnings and errors of this process go to `aimak.log` in the data folder, four files of at
    most 1 MiB; to stderr as well where they are to be `shown`."""
    root = logging.getLogger()
    handlers: list[logging.Handler] = [_File(data_dir / NAME, maxBytes=_MOST_BYTES, backupCount=_OLDER, delay=True)]
    if shown:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORM))
        root.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
