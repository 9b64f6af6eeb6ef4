"""A reading that was taken between two that are believed and came to be known after the second: a slip that was found,
a photo, an estimate that inspector and resident agreed on. It says what of the use between them fell before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak import audit
from aimak.ids import derived_id
from aimak.problems import Conflict, Problem, Refused
from aimak.storage.work import UnitOfWork

from aimak_metering import store
from aimak_metering.application import correcting, held, judging, usage
from aimak_metering.application.exchange import enter_reading, meters_named
from aimak_metering.domain import checks
from aimak_metering.domain.meters import Track

NOT_BETWEEN = "AIM-M413"


def insert(work: UnitOfWork, number: str, asked: Mapping[str, Any], actor: str) -> dict[str, Any]:
    """Put a reading between two accepted ones, on a person's word. asked: serial, day, value (thousandths), reason.

    The use over the day becomes two, which together are what it was. Raises Refused, NotFound, Conflict.
    """
    why = str(asked["reason"]).strip()
    if not why:
        raise Refused(Problem(held.NO_REASON))
    meter, use = _over(work, number, asked)
    day, value = asked["day"], asked["value"]
    quantity, method = correcting.between(meter, use.from_date, use.previous_thousandths, day, value)
    rest = {**correcting.use_from(meter, use, value), "from_date": day}
    if quantity + rest["quantity_thousandths"] != use.quantity_thousandths:
        # Each half alone may pass for a register that went round.
        later = {"date": use.to_date.isoformat(), "value": checks.shown(use.current_thousandths)}
        raise Conflict(Problem(correcting.NEXT_IS_LOWER, later))
    reading_id = derived_id("inserted-reading", work.tenant, meter.meter_id, day.isoformat())
    decided = {"decided_by": actor, "decided_why": why, "decided_at": work.now}
    enter_reading(work, meter, reading_id, day, value, decided)
    before = Track(use.from_date, use.previous_thousandths)
    verdict = checks.Verdict(False, (), quantity, method)
    # Both halves stay with the connection that the whole was told with: the meter may be another's since.
    first = {
        **judging.usage_row(meter, reading_id, before, day, value, verdict),
        "connection_id": use.connection_id,
    }
    store.add(work, "usage", [first])
    store.change_usage(work, use.usage_id, **{name: rest[name] for name in ("from_date", *correcting.SIDES)})
    accepted, waiting = correcting.catch_up(work, meter)
    usage.tell(work, [first, rest, *accepted])
    after = {"serial": meter.serial, "date": day.isoformat(), "value": checks.shown(value)}
    audit.note(work, account_id=meter.account_id, after=after, ground=why)
    uses = [correcting.use_view(row) for row in (first, rest)]
    return {"account": number, "reading": reading_id, **after, "uses": uses, "accepted": len(accepted), "held": waiting}


def _over(work: UnitOfWork, number: str, asked: Mapping[str, Any]) -> tuple[Any, Any]:
    """The meter that was read and its use over that day."""
    for meter in meters_named(work, number, asked["serial"]):
        for use in store.uses_after(work, [meter.meter_id], asked["day"]):
            if use.from_date < asked["day"]:
                return meter, use
    raise Conflict(Problem(NOT_BETWEEN, {"serial": asked["serial"], "date": asked["day"].isoformat()}))
