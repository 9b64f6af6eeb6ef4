"""Goal: a month comes to the same books whatever is killed. Method: kill -9 at seeded random moments and at named
points, and compare every row with those of a quiet month; with guards taken away, the same kills must show."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.books import Books, books, differences, without_tries
from tests.faults.conftest import DRAWN, LIMIT_S, PASSWORD, Servers
from tests.faults.driver import CHUNK, Town, patient
from tests.faults.injector import ByRequests, Injector
from tests.faults.one_process import OneProcess

Plant = Callable[..., Path]
PAID = "payments.payments_received.v1"
# A moment, the message (before its consumer's name where one handles it), and which of them.
POINTS = (
    "before_commit:billing.billing.preview_chunks_cut.v1@2",
    "after_commit_before_ack:billing.billing.preview_chunks_cut.v1@3",
    "before_commit:billing.billing.issue_chunks_cut.v1@3",
    "after_commit_before_ack:billing.billing.issue_chunks_cut.v1@1",
    "before_commit:payments.billing.receivables_moved.v1@2",
    "after_commit_before_ack:notifications.billing.bills_issued.v1@2",
    f"before_commit:billing.{PAID}@3",
    f"after_commit_before_ack:billing.{PAID}@5",
    f"after_commit_before_ack:notifications.{PAID}@2",
    "after_seal_before_publish:billing.bills_issued.v1@2",
    "after_publish_before_mark:billing.receivables_moved.v1@4",
    f"after_seal_before_publish:{PAID}@2",
    f"after_publish_before_mark:{PAID}@4",
)
HANDLED_TWICE = f"after_commit_before_ack:billing.{PAID}@5"


@pytest.mark.servers
@pytest.mark.faults
@pytest.mark.parametrize("seed", [1, 2])
def test_kills_at_random_moments_change_nothing(servers: Servers, expected: Books, planted: Plant, seed: int) -> None:
    """Consumer, relay, supervisor, RabbitMQ and PostgreSQL are killed in the cycle: nothing twice, nothing missing."""
    planted()
    found = differences(without_tries(expected), without_tries(servers.month(seed)))
    print(f"seed {seed}: {len(servers.killed)} kills: {', '.join(servers.killed)}")
    assert not found, "\n".join(found)
    assert len(servers.killed) >= 5
    assert servers.largest_message <= CHUNK


@pytest.mark.servers
@pytest.mark.faults
def test_kills_at_named_points_change_nothing(servers: Servers, expected: Books, planted: Plant) -> None:
    """Processes that die between two steps of carrying a message leave nothing twice and nothing missing."""
    notes = planted("points/named_points", points=POINTS)
    found = differences(without_tries(expected), without_tries(servers.month()))
    assert not found, "\n".join(found)
    assert not not_reached(notes, POINTS)


def not_reached(notes: Path, points: tuple[str, ...]) -> list[str]:
    """The points at which nothing has died."""
    hits = {file.name: file.stat().st_size for file in notes.iterdir()}
    return [point for point in points if hits.get(point.partition("@")[0], 0) < int(point.partition("@")[2])]


@pytest.mark.servers
@pytest.mark.faults
def test_the_inbox_alone_holds(servers: Servers, expected: Books, planted: Plant) -> None:
    """With versions and keys taken away, a consumer that dies after its commit still posts a payment once."""
    notes = planted("points/named_points", "payment_posted_by_message", points=(HANDLED_TWICE,))
    found = differences(without_tries(expected), without_tries(servers.month()))
    assert not found, "\n".join(found)
    assert not not_reached(notes, (HANDLED_TWICE,))


@pytest.mark.servers
@pytest.mark.faults
def test_without_the_inbox_a_payment_is_posted_twice(servers: Servers, expected: Books, planted: Plant) -> None:
    """The same death with the inbox unheeded: billing credits twice what was paid once, and the comparison shows it."""
    patches = ("points/named_points", "points/inbox_unheeded", "payment_posted_by_message")
    notes = planted(*patches, points=(HANDLED_TWICE,))
    servers.closes = False
    found = differences(without_tries(expected), without_tries(servers.month()))
    assert not not_reached(notes, (HANDLED_TWICE,))
    assert any(line.startswith("billing.transfer:") and "0 missing" in line for line in found), "\n".join(found)


@pytest.mark.servers
@pytest.mark.faults
def test_events_written_after_the_commit_are_lost(servers: Servers, expected: Books, planted: Plant) -> None:
    """With events in a transaction of their own, payments that dies between the two tells nobody of a payment that it
    accepted, and the comparison shows it."""
    point = f"between_commits:{PAID}@7"
    notes = planted("publish_after_commit", "points/named_points", "points/between_commits", points=(point,))
    servers.closes = False
    found = differences(without_tries(expected), without_tries(servers.month()))
    assert not not_reached(notes, (point,))
    assert any(line.startswith("billing.transfer:") and "0 added" in line for line in found), "\n".join(found)
    assert not any(line.startswith("payments.payment:") for line in found), "\n".join(found)


# One seed stands for all kills in `make test`.
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.faults)])
def test_kills_of_the_one_process_change_nothing(tmp_path: Path, expected: Books, planted: Plant, seed: int) -> None:
    """The embedded runtime is killed again and again from the preview to the last payment: the same books."""
    planted()
    town = Town.build(tmp_path)
    deadline = time.monotonic() + LIMIT_S
    one = OneProcess(town.out, {key: value for key, value in town.settings().items() if key != "ids.seed"})
    pace = ByRequests(6, 30)
    injector = Injector(seed, [one.kill], pace, one.wait)
    with one.running(PASSWORD):
        door = patient(one.address, deadline, pace)
        month = town.month(door, door, lambda: one.settle(deadline))
        town.through(month, injector)
    found = differences(without_tries(expected), without_tries(books(one.settings, DRAWN)))
    print(f"seed {seed}: {len(injector.done)} kills")
    assert not found, "\n".join(found)
    assert len(injector.done) >= 3
