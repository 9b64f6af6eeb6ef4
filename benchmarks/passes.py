"""One pass of a cycle through the workers: how long it took, how much memory, and where a chunk's time goes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from aimak.contracts.base import Event
from aimak.service import Service
from aimak.testing.servers.process import descendants, wait_until
from aimak_billing.application import chunks, rating
from aimak_billing.store import columns as frames
from town import PERIOD, TENANT

_LONGEST_S = 900


def seconds(connection: psycopg.Connection, command: Callable[[], None], state: str, routing_key: str) -> float:
    """Give the command, wait for the run's `state`; from the first chunk message taken to the last commit."""
    command()
    reached: list[float] = []

    def done() -> bool:
        row = connection.execute("SELECT state FROM run WHERE period = %s", [PERIOD]).fetchone()
        if row and row[0] == state:
            reached.append(time.time())
        return bool(reached)

    wait_until(done, _LONGEST_S, f"the run is {state}", every_s=0.02)
    first = connection.execute(
        "SELECT min(i.processed_at) FROM inbox i JOIN outbox o USING (message_id) WHERE o.routing_key = %s",
        [routing_key],
    ).fetchone()
    assert first is not None
    return reached[0] - float(first[0].timestamp())


def consumers(supervisor: int) -> list[int]:
    """Process ids of the consumers below a supervisor."""
    return [pid for pid in descendants(supervisor) if "rabbitmq.consumer" in Path(f"/proc/{pid}/cmdline").read_text()]


def peak_mb(pid: int) -> int:
    """The most memory a process has held so far (MB)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


def profile(service: Service, handler: Callable[..., None], event: Event) -> dict[str, float]:
    """Shares of the time of handling one chunk in this process, after one was handled to warm up."""
    spent: dict[str, float] = defaultdict(float)
    with _timed(spent):
        began = time.perf_counter()
        with service.work(TENANT, bulk=True) as work:
            publish = work.publish
            work.publish = _clocked(spent, "events", publish)  # type: ignore[method-assign]
            handler(work, event)
            _clocked(spent, "commit", work.commit)()
        whole = time.perf_counter() - began
    spent["other"] = whole - sum(spent.values())
    return {name: share / whole for name, share in sorted(spent.items(), key=lambda item: -item[1])}


@contextmanager
def _timed(spent: dict[str, float]) -> Iterator[None]:
    places: tuple[tuple[Any, str, str], ...] = (
        (frames, "read", "read"),
        (rating, "rate", "rate"),
        (rating, "rating_frame", "rate"),
        (chunks.columns, "outcome", "rate"),
        (chunks.bulk, "load", "write"),
        (frames, "move", "write"),
        (chunks.runs, "clear_results", "clear"),
        *(
            (chunks.posting, name, "post")
            for name in ("bills", "sums", "transfers", "receivables_moved", "bills_issued")
        ),
        (Event, "of_frame", "events"),
    )
    kept = [(module, name, module.__dict__[name]) for module, name, _ in places]
    for module, name, share in places:
        setattr(
            module,
            name,
            _clocked(spent, share, getattr(module, name))
            if module is not Event
            else _clocked_class(spent, share, module.__dict__[name]),
        )
    try:
        yield
    finally:
        for module, name, original in kept:
            setattr(module, name, original)


def _clocked(spent: dict[str, float], share: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            spent[share] += time.perf_counter() - began

    return call


def _clocked_class(spent: dict[str, float], share: str, method: Any) -> Any:
    return classmethod(_clocked(spent, share, method.__func__))
