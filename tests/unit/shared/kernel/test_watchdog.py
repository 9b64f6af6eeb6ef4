"""The watchdog bites when a loop is silent or a handler takes too long, and not before."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from aimak.messaging.rabbitmq import watchdog
from aimak.messaging.rabbitmq.receiver import BULK_LIMIT_S, ONLINE_LIMIT_S


class Hour:
    """A clock that is moved, and a watchdog by it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        self.bites: list[str] = []
        monkeypatch.setattr(watchdog, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.dog = watchdog.Watchdog(late=self.bites.append)

    def pass_by(self, seconds: float) -> bool:
        """Whether the watchdog bites when so much time has passed."""
        self.now += seconds
        before = len(self.bites)
        self.dog.look()
        return len(self.bites) > before


@pytest.fixture
def hour(monkeypatch: pytest.MonkeyPatch) -> Hour:
    """A watchdog that has just been started."""
    return Hour(monkeypatch)


def test_an_idle_loop_may_be_silent_for_fifteen_seconds(hour: Hour) -> None:
    """Each turn is a sign of life; after the last one it has fifteen seconds."""
    assert not hour.pass_by(14.9)
    hour.dog.beat()
    assert not hour.pass_by(14.9)
    assert hour.pass_by(0.2)
    assert hour.bites == ["the loop is silent"] and watchdog.EXIT_STUCK == 75


@pytest.mark.parametrize("limit_s", [ONLINE_LIMIT_S, BULK_LIMIT_S])
def test_a_handler_has_its_own_limit(hour: Hour, limit_s: float) -> None:
    """While it holds the loop the limit is the handler's: turns do not lengthen it, waiting for a database does."""
    with hour.dog.handling(limit_s):
        assert not hour.pass_by(limit_s - 1)
        hour.dog.beat()
        assert hour.pass_by(2)
        hour.dog.extend()
        assert not hour.pass_by(limit_s - 1)
    assert not hour.pass_by(14)
    assert hour.pass_by(2), "the handler's limit ended with it"
