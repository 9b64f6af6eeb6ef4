"""A reading that was believed and was wrong: both stay, the uses on its two sides are told anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak import audit
from aimak.ids import derived_id
from aimak.problems import Conflict, NotFound, Problem, Refused
from aimak.storage.work import UnitOfWork

from aimak_metering import store
from aimak_metering.application import held, judging, usage
from aimak_metering.domain import checks
from aimak_metering.domain.meters import REMEMBERED, Track, Use

NOT_ACCEPTED = "AIM-M406"
SAME_VALUE = "AIM-M407"
NEXT_IS_LOWER = "AIM-M408"
_COPIED = ("meter_id", "date", "reader", "note", "import_id", "line")
_TOLD = ("usage_id", "meter_id", "connection_id", "serial", "from_date", "to_date")
SIDES = ("previous_thousandths", "current_thousandths", "quantity_thousandths", "method", "state", "version")


def correct(work: UnitOfWork, reading_id: int, value: int, actor: str, why: str) -> dict[str, Any]:
    """Put `value` (thousandths) in the place of an accepted reading of the same day, on a person's word. The use that
    ended there is withdrawn and told anew, the use that began there changes, and what was held behind is judged again.
    Raises Refused, NotFound, Conflict."""
    reading = _accepted(work, reading_id, value, why)
    meter = store.meter(work, reading.meter_id)
    ended, begun = store.uses_at(work, meter.meter_id, reading.date)
    decided = {"decided_by": actor, "decided_why": why.strip(), "decided_at": work.now}
    new_id = derived_id("corrected-reading", work.tenant, reading_id)
    told = [withdrawn(ended), _anew(meter, ended, new_id, value)]
    if begun is not None:
        told.append(use_from(meter, begun, value))
    store.change_reading(work, reading_id, state="corrected", **decided)
    copied = {name: getattr(reading, name) for name in _COPIED}
    fresh = {"reading_id": new_id, "value": value, "state": "accepted", "findings": [], "corrects": reading_id}
    store.add(work, "reading", [{**copied, **fresh, "received_at": work.now, **decided}])
    store.add(work, "usage", [told[1]])
    for row in (told[0], *told[2:]):
        store.change_usage(work, row["usage_id"], **{name: row[name] for name in SIDES})
    accepted, waiting = catch_up(work, meter)
    usage.tell(work, told + accepted)
    sides = {"before": {"value": checks.shown(reading.value)}, "after": {"value": checks.shown(value)}}
    about = {"serial": meter.serial, "date": reading.date.isoformat()}
    noted = {"before": {**about, **sides["before"]}, "after": sides["after"]}
    audit.note(work, account_id=meter.account_id, ground=why.strip(), **noted)
    answer = {"reading": new_id, "corrects": reading_id, "date": reading.date.isoformat(), **sides}
    return {**answer, "uses": [use_view(row) for row in told], "accepted": len(accepted), "held": waiting}


def _accepted(work: UnitOfWork, reading_id: int, value: int, why: str) -> Any:
    if not why.strip():
        raise Refused(Problem(held.NO_REASON))
    reading = store.reading(work, reading_id)
    if reading is None:
        raise NotFound(Problem(held.UNKNOWN_READING, {"reading": str(reading_id)}))
    if reading.state != "accepted":
        raise Conflict(Problem(NOT_ACCEPTED, {"reading": str(reading_id), "state": reading.state}))
    if reading.value == value:
        raise Conflict(Problem(SAME_VALUE, {"value": checks.shown(value)}))
    return reading


def withdrawn(use: Any) -> dict[str, Any]:
    """A use as it is told when it no longer counts."""
    return {**_row(use), "state": "withdrawn", "version": use.version + 1}


def _anew(meter: Any, use: Any, reading_id: int, value: int) -> dict[str, Any]:
    """The use up to the corrected reading, under an id of its own."""
    quantity, method = between(meter, use.from_date, use.previous_thousandths, use.to_date, value)
    now = {"usage_id": reading_id, "current_thousandths": value, "quantity_thousandths": quantity}
    return {**_row(use), **now, "method": method, "connection_id": use.connection_id, "version": 1}


def use_from(meter: Any, use: Any, value: int) -> dict[str, Any]:
    """A use from another value on than it began with. Raises Conflict where it would end below that."""
    try:
        quantity, method = between(meter, use.from_date, value, use.to_date, use.current_thousandths)
    except Conflict:
        later = {"date": use.to_date.isoformat(), "value": checks.shown(use.current_thousandths)}
        raise Conflict(Problem(NEXT_IS_LOWER, later)) from None
    now = {"previous_thousandths": value, "quantity_thousandths": quantity, "method": method}
    return {**_row(use), **now, "version": use.version + 1}


def between(meter: Any, since: Any, before: int, day: Any, value: int) -> tuple[int, str]:
    """Quantity (thousandths) and method of a use between two values that a person vouches for. Raises Refused for more
    digits than the meter has, Conflict for what it cannot have carried."""
    asset = judging.meter_of(meter)
    if value >= asset.capacity:
        fields: Mapping[str, Any] = {"value": checks.shown(value), "dials": asset.dials}
        raise Refused(Problem(checks.TOO_MANY_DIGITS, dict(fields)))
    verdict = checks.release(asset, Track(since, before), day, value)
    if verdict is None or verdict.quantity is None:
        raise Conflict(Problem(held.IMPOSSIBLE, {"value": checks.shown(value), "last": checks.shown(before)}))
    return verdict.quantity, verdict.method


def _row(use: Any) -> dict[str, Any]:
    return {name: getattr(use, name) for name in (*_TOLD, *SIDES)}


def use_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """A use as the API shows it."""
    days = {"from": row["from_date"].isoformat(), "to": row["to_date"].isoformat()}
    return {**days, "use": checks.shown(row["quantity_thousandths"]), "state": row["state"]}


def catch_up(work: UnitOfWork, meter: Any) -> tuple[list[dict[str, Any]], int]:
    """Bring what a meter remembers to its accepted uses as they are now, and judge anew what is held behind them:
    the uses accepted by that, and how many readings are still held."""
    last = store.last_uses(work, meter.meter_id, REMEMBERED)
    uses = tuple(Use((use.to_date - use.from_date).days, use.quantity_thousandths) for use in last)
    track = Track(meter.installed_on, meter.initial)
    if last:
        track = Track(last[0].to_date, last[0].current_thousandths, uses)
    accepted: list[dict[str, Any]] = []
    track, waiting = held.judge_again(work, meter, store.held_of(work, meter.meter_id), track, accepted)
    held.keep(work, meter, track, waiting, held.latest(work, meter))
    return accepted, waiting
