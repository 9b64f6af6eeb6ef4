"""What every child process has in common: its arguments, its service, its log, and its end with the supervisor's."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from aimak.service import Service
from aimak.settings import Settings
from aimak.storage import migrate

STOP_S = 20.0
_RETRY_S = 1.0
_LOG_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Arguments:
    """What the supervisor tells a child: the service, the pipe it holds open, the sockets to serve."""

    service: str
    pipe: int
    socket: int | None
    nginx_socket: int | None


def arguments() -> Arguments:
    """This process's command line."""
    parser = argparse.ArgumentParser(description="A child of a service's supervisor; not started by hand.")
    parser.add_argument("service")
    parser.add_argument("--pipe", type=int, required=True)
    parser.add_argument("--socket", type=int)
    parser.add_argument("--nginx-socket", type=int)
    return Arguments(**vars(parser.parse_args()))


def start_log() -> None:
    """Log to stderr; the supervisor's children share it."""
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT, stream=sys.stderr)


def build_service(name: str, settings: Settings) -> Service:
    """The service as its own bootstrap builds it. Several processes with one seed would make the same message ids,
    and the inboxes would take them for repeats: ids are random here, whatever the settings say."""
    bootstrap: Any = importlib.import_module(f"aimak_{name}.bootstrap")
    service: Service = bootstrap.build(settings.with_values(ids__seed=None))
    return service


def open_service(name: str) -> Service:
    """The service, when its database answers. Raises Conflict when that is at another version than the program."""
    service = build_service(name, Settings.load())
    while True:
        try:
            migrate.require_current(service)
            return service
        except SQLAlchemyError as away:
            _log.warning("%s waits for its database: %s", name, str(away).partition("\n")[0])
            time.sleep(_RETRY_S)


def end_with_supervisor(
    pipe: int,
    thread: Callable[..., threading.Thread] = threading.Thread,
    read: Callable[[int, int], bytes] = os.read,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """End this process when the supervisor's end of the pipe closes: SIGTERM first, 20 s later for certain.
    Under eventlet the caller gives the unpatched thread, read and sleep."""

    def watch() -> None:
        read(pipe, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(STOP_S)
        os._exit(1)

    thread(target=watch, name="supervisor-pipe", daemon=True).start()


def end_on_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT set `stop`."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())


def repeat(step: Callable[[], bool], stop: threading.Event, idle_s: float, name: str) -> None:
    """Call `step` until `stop` is set: at once again after one that did something, else after `idle_s`; after a
    fault a second later. Faults pass: database and broker come back, and what is broken stays in its table."""
    while not stop.is_set():
        try:
            moved = step()
        except Exception:
            _log.exception("%s: a step failed", name)
            stop.wait(_RETRY_S)
            continue
        if not moved:
            stop.wait(idle_s)
