"""What people ask of metering."""

from __future__ import annotations

from typing import Any

from aimak.problems import NotFound, Problem
from aimak.storage.work import UnitOfWork

from aimak_metering import store
from aimak_metering.application import judging
from aimak_metering.application.meters import UNKNOWN_ACCOUNT
from aimak_metering.domain.checks import expected, shown

READINGS_SHOWN = 13
HELD_SHOWN = 500


def account(work: UnitOfWork, number: str) -> tuple[dict[str, Any], list[tuple[dict[str, Any], list[Problem]]]]:
    """The meters of an account, by number or alias, with their last readings; each reading with what was found about
    it. Raises NotFound."""
    account_id = store.accounts(work, {number}).get(number)
    known = store.account(work, account_id) if account_id is not None else None
    if known is None:
        raise NotFound(Problem(UNKNOWN_ACCOUNT, {"account": number}))
    told: list[tuple[dict[str, Any], list[Problem]]] = []
    meters = []
    for meter in store.meters(work, {known.account_id}):
        readings = [_reading(row) for row in store.last_readings(work, meter.meter_id, READINGS_SHOWN)]
        told += readings
        meters.append({**_meter(meter), "readings": [reading for reading, _ in readings]})
    return {"account": known.number, "holder": known.holder, "address": known.address, "meters": meters}, told


def held(work: UnitOfWork) -> tuple[dict[str, Any], list[tuple[dict[str, Any], list[Problem]]]]:
    """Readings that wait for a decision, the oldest first, each with what was found about it."""
    total, rows = store.held(work, HELD_SHOWN)
    told = [
        (
            {
                "reading": row.reading_id,
                "account": row.number,
                "serial": row.serial,
                "service": row.service,
                "date": row.date.isoformat(),
                "value": shown(row.value),
                "last_date": row.last_date.isoformat(),
                "last_value": shown(row.last_value),
                "reader": row.reader,
                "note": row.note,
            },
            judging.problems_of(row.findings),
        )
        for row in rows
    ]
    return {"total": total, "held": [reading for reading, _ in told]}, told


def _meter(row: Any) -> dict[str, Any]:
    usual = expected(judging.track_of(row), 30)
    return {
        "serial": row.serial,
        "service": row.service,
        "size": row.size,
        "dials": row.dials,
        "installed_on": row.installed_on.isoformat(),
        "initial": shown(row.initial),
        "verified_until": row.verified_until.isoformat() if row.verified_until else None,
        "seal": row.seal,
        "removed_on": row.removed_on.isoformat() if row.removed_on else None,
        "held": row.held,
        "usual_month": None if usual is None else shown(usual),
    }


def _reading(row: Any) -> tuple[dict[str, Any], list[Problem]]:
    told = {
        "reading": row.reading_id,
        "date": row.date.isoformat(),
        "value": shown(row.value),
        "state": row.state,
        "use": None if row.quantity_thousandths is None else shown(row.quantity_thousandths),
        "method": row.method,
        "reader": row.reader,
        "note": row.note,
        "decided_by": row.decided_by,
        "decided_why": row.decided_why,
    }
    return told, judging.problems_of(row.findings)
