"""Goal: a month comes to the same books whatever is killed. Method: kill -9 at seeded random moments and at named
points, and compare every row with those of a quiet month."""

import pytest

from tests.faults.books import Books, differences
from tests.faults.conftest import Servers

pytestmark = [pytest.mark.servers, pytest.mark.faults]

POINTS = ("before_commit@9", "after_commit_before_ack@9", "after_seal_before_publish@9", "after_publish_before_mark@9")


def test_a_quiet_month_is_the_same_on_servers(servers: Servers, expected: Books) -> None:
    """Without any kill the servers come to the embedded runtime's books."""
    found = differences(expected, servers.month())
    assert not found, "\n".join(found)


@pytest.mark.parametrize("seed", [1])
def test_kills_at_random_moments_change_nothing(servers: Servers, expected: Books, seed: int) -> None:
    """Consumer, relay, supervisor, RabbitMQ and PostgreSQL are killed in the cycle: nothing twice, nothing missing."""
    found = differences(expected, servers.month(seed))
    assert not found, "\n".join([*servers.killed, *found])
    assert len(servers.killed) >= 5


def test_kills_at_named_points_change_nothing(servers, expected, planted) -> None:  # type: ignore[no-untyped-def]
    """Processes that die between two steps of carrying a message leave nothing twice and nothing missing."""
    notes = planted("points/named_points", points=POINTS)
    found = differences(expected, servers.month())
    assert not found, "\n".join(found)
    assert all((notes / point.partition("@")[0]).stat().st_size > 9 for point in POINTS), "a point was not reached"
