"""What metering tells: accepted usage."""

from __future__ import annotations

from aimak.contracts.base import Event, Row
from aimak.contracts.fields import Day, Text, Whole


class UsageRow(Row):
    """What went through one meter between two accepted readings."""

    usage_id = Whole(required=True)
    connection_id = Whole(required=True)
    serial = Text(required=True)
    from_date = Day(required=True)
    to_date = Day(required=True)
    previous_thousandths = Whole(required=True)
    current_thousandths = Whole(required=True)
    quantity_thousandths = Whole(required=True)
    method = Text(required=True, metadata={"description": "actual, rollover, exchange"})
    state = Text(required=True, metadata={"description": "accepted or withdrawn"})
    version = Whole(required=True)


class UsageAccepted(Event):
    """Usage as it stands; what is withdrawn is a state, not a missing row."""

    publisher = "metering"
    row = UsageRow
