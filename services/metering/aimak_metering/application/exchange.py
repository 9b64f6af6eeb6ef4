"""Another meter takes the place of one, on a day that may be long past."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from aimak import audit
from aimak.ids import derived_id
from aimak.problems import Conflict, NotFound, Problem, Refused
from aimak.storage.work import UnitOfWork

from aimak_metering import store
from aimak_metering.application import correcting, held, judging, usage
from aimak_metering.application.meters import UNKNOWN_ACCOUNT, begun
from aimak_metering.domain import checks
from aimak_metering.domain.meters import Track

NO_METER = "AIM-M409"
REMOVED = "AIM-M410"
TAKEN = "AIM-M411"
BAD_DAY = "AIM-M412"


def exchange(work: UnitOfWork, number: str, asked: Mapping[str, Any], actor: str) -> dict[str, Any]:
    """Take down a meter of an account and put up another. asked: old (its serial), final (thousandths, what it showed
    when it was taken down), new (a serial), initial (thousandths), day, reason, and of the new one size and dials
    (default: as the old one), verified_until and seal.

    Readings of the old meter after the day are withdrawn: nobody can have read it. One before it that is held must be
    decided on first. Raises Refused, NotFound, Conflict.
    """
    why = str(asked.get("reason") or "").strip()
    if not why:
        raise Refused(Problem(held.NO_REASON))
    meter = _standing(work, number, asked["old"])
    day = asked["day"]
    if not meter.installed_on < day <= work.today():
        raise Refused(Problem(BAD_DAY, {"day": day.isoformat(), "installed": meter.installed_on.isoformat()}))
    fresh = _fresh(work, meter, asked, day)
    decided = {"decided_by": actor, "decided_why": why, "decided_at": work.now}
    told = _withdraw(work, meter, day, decided)
    if waiting := store.held_of(work, meter.meter_id):
        first = {"reading": str(waiting[0].reading_id), "date": waiting[0].date.isoformat()}
        raise Conflict(Problem(held.EARLIER_FIRST, first))
    told += _final(work, meter, day, asked["final"], decided)
    store.add(work, "meter", [fresh])
    store.change_meters(work, [{"meter_id": meter.meter_id, "removed_on": day, "changed_at": work.now}])
    usage.tell(work, told)
    after = {"serial": fresh["serial"], "initial": checks.shown(fresh["initial"]), "day": day.isoformat()}
    before = {"serial": meter.serial, "final": checks.shown(asked["final"])}
    audit.note(work, account_id=meter.account_id, before=before, after=after, ground=why)
    withdrawn = sum(row["state"] == "withdrawn" for row in told)
    return {"account": number, "removed": meter.serial, "installed": fresh["serial"], "day": day.isoformat()} | {
        "withdrawn": withdrawn
    }


def meters_named(work: UnitOfWork, number: str, serial: str) -> list[Any]:
    """The meters of a serial at an account, one of each of its services at the most, locked. Raises NotFound."""
    account_id = store.accounts(work, {number}).get(number)
    if account_id is None:
        raise NotFound(Problem(UNKNOWN_ACCOUNT, {"account": number}))
    found = [meter for meter in store.meters(work, {account_id}, lock=True) if meter.serial == serial]
    if not found:
        raise NotFound(Problem(NO_METER, {"serial": serial, "account": number}))
    return found


def _standing(work: UnitOfWork, number: str, serial: str) -> Any:
    found = meters_named(work, number, serial)
    if found[-1].removed_on is not None:
        raise Conflict(Problem(REMOVED, {"serial": serial, "day": found[-1].removed_on.isoformat()}))
    return found[-1]


def _fresh(work: UnitOfWork, meter: Any, asked: Mapping[str, Any], day: date) -> dict[str, Any]:
    meter_id = derived_id("meter", meter.account_id, meter.service, asked["new"])
    if any(known.meter_id == meter_id for known in store.meters(work, {meter.account_id})):
        raise Conflict(Problem(TAKEN, {"serial": asked["new"]}))
    alike = {name: getattr(meter, name) for name in ("account_id", "connection_id", "service")}
    own = {name: asked.get(name) or getattr(meter, name) for name in ("size", "dials")}
    facts = {"installed_on": day, "initial": asked.get("initial") or 0}
    papers = {name: asked.get(name) for name in ("verified_until", "seal")}
    row = {"meter_id": meter_id, "serial": asked["new"], **alike, **own, **facts, **papers, **begun(facts)}
    return {**row, "removed_on": None, "changed_at": work.now}


def _withdraw(work: UnitOfWork, meter: Any, day: date, decided: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Set aside readings of the day and after it, with the uses that they ended."""
    for reading in store.kept_readings(work, [meter.meter_id], day):
        store.change_reading(work, reading.reading_id, state="withdrawn", **decided)
    told = []
    for use in store.uses_after(work, [meter.meter_id], day.fromordinal(day.toordinal() - 1)):
        told.append(correcting.withdrawn(use))
        store.change_usage(work, use.usage_id, state="withdrawn", version=use.version + 1)
    return told


def enter_reading(
    work: UnitOfWork, meter: Any, reading_id: int, day: date, value: int, decided: Mapping[str, Any]
) -> None:
    """Keep an accepted reading that no file brought; `decided`: who vouches for it, why and when."""
    common = {"reading_id": reading_id, "meter_id": meter.meter_id, "date": day, "value": value, "state": "accepted"}
    unread = {"reader": None, "note": None, "findings": [], "import_id": 0, "line": 0, "received_at": work.now}
    store.add(work, "reading", [{**common, **unread, **decided}])


def _final(work: UnitOfWork, meter: Any, day: date, value: int, decided: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The last reading of the old meter, and the use up to it."""
    last = store.last_uses(work, meter.meter_id, 1)
    track = Track(last[0].to_date, last[0].current_thousandths) if last else Track(meter.installed_on, meter.initial)
    quantity, method = correcting.between(meter, track.day, track.value, day, value)
    reading_id = derived_id("final-reading", work.tenant, meter.meter_id, day.isoformat())
    enter_reading(work, meter, reading_id, day, value, decided)
    ended = judging.usage_row(meter, reading_id, track, day, value, checks.Verdict(False, (), quantity, method))
    store.add(work, "usage", [ended])
    correcting.catch_up(work, meter)
    return [ended]
