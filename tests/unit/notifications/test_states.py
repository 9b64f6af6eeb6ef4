"""A message only moves forward."""

import itertools

from aimak_notifications.domain import states

FINAL = (states.DELIVERED, states.FAILED, states.REFUSED, states.WITHDRAWN)


def test_a_final_state_stays() -> None:
    """Nothing follows a final state: a late "sent" does not overwrite "delivered", nor "failed" it."""
    for final, other in itertools.product(FINAL, states.STATES):
        assert final not in states.earlier(other)


def test_any_order_of_reports_ends_the_same() -> None:
    """Sent and delivered, in whatever order they come, end in delivered."""
    for order in itertools.permutations((states.SENDING, states.SENT, states.DELIVERED)):
        state = states.QUEUED
        for reported in order:
            state = reported if state in states.earlier(reported) else state
        assert state == states.DELIVERED


def test_a_report_settles_the_unknown() -> None:
    """What was in doubt is settled by a report, but never goes back into the queue."""
    assert states.UNKNOWN in states.earlier(states.SENT)
    assert states.UNKNOWN not in states.earlier(states.QUEUED)
