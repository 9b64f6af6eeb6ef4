"""The life of a message. It only moves forward: what has been delivered is never "sent" again by a late report."""

from __future__ import annotations

QUEUED = "queued"
SENDING = "sending"
# Handed over or not, nobody can tell: the process died in between, or the gateway's answer was lost.
UNKNOWN = "unknown"
SENT = "sent"
DELIVERED = "delivered"
FAILED = "failed"
REFUSED = "refused"
WITHDRAWN = "withdrawn"

_RANK = {QUEUED: 0, SENDING: 1, UNKNOWN: 2, SENT: 3, DELIVERED: 4, FAILED: 4, REFUSED: 4, WITHDRAWN: 4}
STATES = tuple(_RANK)
REPORTED = (SENT, DELIVERED, FAILED, REFUSED)


def earlier(state: str) -> tuple[str, ...]:
    """The states that may give way to `state`; those of the same rank are final beside each other."""
    return tuple(name for name, rank in _RANK.items() if rank < _RANK[state])
