"""Readings come in as a file: a block of some thousand in a handful of statements."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl
from aimak.files.rows import Row
from aimak.ids import derived_id
from aimak.intake import Rows
from aimak.problems import Place, Problem
from aimak.storage import bulk
from aimak.storage.types import dumps
from aimak.storage.work import UnitOfWork

from aimak_metering import store
from aimak_metering.application import judging, usage
from aimak_metering.application.meters import ELSEWHERE, UNKNOWN_ACCOUNT
from aimak_metering.domain import checks
from aimak_metering.domain.meters import Meter, Track

UNKNOWN_METER = "AIM-M103"
AFTER_REMOVAL = "AIM-M111"

_READING = {
    "tenant": pl.String,
    "reading_id": pl.Int64,
    "meter_id": pl.Int64,
    "date": pl.Date,
    "value": pl.Int64,
    "reader": pl.String,
    "note": pl.String,
    "state": pl.String,
    "findings": pl.String,
    "import_id": pl.Int64,
    "line": pl.Int64,
    "received_at": pl.String,
}
_USAGE = {
    "tenant": pl.String,
    "usage_id": pl.Int64,
    "meter_id": pl.Int64,
    "connection_id": pl.Int64,
    "serial": pl.String,
    "from_date": pl.Date,
    "to_date": pl.Date,
    "previous_thousandths": pl.Int64,
    "current_thousandths": pl.Int64,
    "quantity_thousandths": pl.Int64,
    "method": pl.String,
    "state": pl.String,
    "version": pl.Int64,
}
_METER = {
    "tenant": pl.String,
    "meter_id": pl.Int64,
    "last_date": pl.Date,
    "last_value": pl.Int64,
    "latest_date": pl.Date,
    "uses": pl.String,
    "held": pl.Int64,
    "changed_at": pl.String,
}


@dataclass
class _State:
    """A meter while a block is judged."""

    row: Any
    meter: Meter
    track: Track
    latest: date | None
    kept: dict[date, int]
    held: int
    touched: bool = False


@dataclass
class _Written:
    """What a block adds."""

    readings: list[dict[str, Any]] = field(default_factory=list)
    usage: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def take_readings(work: UnitOfWork, rows: Rows) -> list[Problem]:
    """Judge the readings of a block in the order of their dates, keep them, and tell of the use accepted.

    Left out (a fault of the row): unknown account or meter, a date in the future or before the last, a second value
    for a day, more digits than the meter has. Kept and held: what is not believed. Kept with a note: the rest.
    """
    found = _meters_of(work, rows)
    written = _Written()
    today = work.today()
    for row in sorted(rows, key=lambda row: (row.values["date"], row.line)):
        state = found[row.line]
        if isinstance(state, Problem):
            written.problems.append(state)
        else:
            _judge(work, rows, row, state, today, written)
    _write(work, written, {id(state): state for state in found.values() if isinstance(state, _State)}.values())
    return written.problems


def _meters_of(work: UnitOfWork, rows: Rows) -> dict[int, _State | Problem]:
    """The meter of each line, or why there is none."""
    accounts = store.accounts(work, {row.values["account"] for row in rows})
    by_account: dict[tuple[int, str], list[Any]] = {}
    for meter in store.meters(work, set(accounts.values()), lock=True):
        by_account.setdefault((meter.account_id, meter.serial), []).append(meter)
    states: dict[int, _State] = {}
    found: dict[int, _State | Problem] = {}
    lost: list[Row] = []
    for row in rows:
        account_id = accounts.get(row.values["account"])
        meters = by_account.get((account_id, row.values["serial"])) if account_id else None
        if account_id is None:
            place = Place(line=row.line, column="account")
            found[row.line] = Problem(UNKNOWN_ACCOUNT, {"account": row.values["account"]}, place)
        elif not meters:
            lost.append(row)
        else:
            meter = meters[-1]
            if meter.meter_id not in states:
                states[meter.meter_id] = _state(meter)
            found[row.line] = states[meter.meter_id]
    _remember_days(work, rows, found, states)
    elsewhere = {meter.serial for meter in store.of_serials(work, {row.values["serial"] for row in lost})}
    for row in lost:
        code = ELSEWHERE if row.values["serial"] in elsewhere else UNKNOWN_METER
        fields = {"serial": row.values["serial"], "account": row.values["account"]}
        found[row.line] = Problem(code, fields, Place(line=row.line, column="serial"))
    return found


def _state(meter: Any) -> _State:
    track = judging.track_of(meter)
    kept = {meter.last_date: meter.last_value}
    return _State(meter, judging.meter_of(meter), track, meter.latest_date, kept, meter.held)


def _remember_days(work: UnitOfWork, rows: Rows, found: dict[int, _State | Problem], states: dict[int, _State]) -> None:
    """Which days are kept already, for the meters that get a reading of a day that is not new."""
    again: dict[int, date] = {}
    for row in rows:
        state, day = found.get(row.line), row.values["date"]
        if isinstance(state, _State) and state.latest is not None and day <= state.latest:
            again[state.row.meter_id] = min(day, again.get(state.row.meter_id, day))
    if not again:
        return
    for reading in store.kept_readings(work, again, min(again.values())):
        states[reading.meter_id].kept[reading.date] = reading.value


def _judge(work: UnitOfWork, rows: Rows, row: Row, state: _State, today: date, written: _Written) -> None:
    day, value = row.values["date"], row.values["reading"]
    fault = (
        _removed(state, day)
        or _same_day(state, day, value)
        or checks.row_fault(state.meter, state.track, state.latest, day, value, today)
    )
    if fault is not None:
        severity = "warning" if fault.code == checks.SAME_AGAIN else "error"
        column = "reading" if fault.code in (checks.OTHER_VALUE, checks.TOO_MANY_DIGITS) else "date"
        written.problems.append(Problem(fault.code, fault.fields, Place(line=row.line, column=column), severity))
        return
    reading_id = derived_id("reading", rows.file.id, row.line)
    verdict = checks.judge(state.meter, state.track, day, value)
    if verdict.held:
        state.held += 1
        state.track = Track(state.track.day, state.track.value, state.track.uses, held=True)
    else:
        written.usage.append(judging.usage_row(state.row, reading_id, state.track, day, value, verdict))
        state.track = state.track.after(day, value, verdict.quantity or 0)
    state.kept[day], state.latest, state.touched = value, day, True
    written.readings.append(
        {
            "tenant": work.tenant,
            "reading_id": reading_id,
            "meter_id": state.row.meter_id,
            "date": day,
            "value": value,
            "reader": row.values["reader"],
            "note": row.values["note"],
            "state": "held" if verdict.held else "accepted",
            "findings": dumps(judging.findings_json(verdict.findings)) if verdict.findings else "[]",
            "import_id": rows.file.id,
            "line": row.line,
            "received_at": work.now.isoformat(timespec="microseconds"),
        }
    )
    for finding in verdict.findings:
        place = Place(line=row.line, column="reading")
        written.problems.append(Problem(finding.code, finding.fields, place, "warning"))


def _removed(state: _State, day: date) -> checks.Finding | None:
    """A meter that was taken down shows nothing from that day on."""
    gone = state.row.removed_on
    if gone is None or day < gone:
        return None
    return checks.Finding(AFTER_REMOVAL, {"date": day.isoformat(), "removed": gone.isoformat()})


def _same_day(state: _State, day: date, value: int) -> checks.Finding | None:
    """A day that is kept already: the same value again says nothing new, another one is a contradiction."""
    if day not in state.kept:
        return None
    if state.kept[day] == value:
        return checks.Finding(checks.SAME_AGAIN, {"date": day.isoformat()})
    fields: dict[str, str | int | None] = {"date": day.isoformat(), "value": checks.shown(value)}
    return checks.Finding(checks.OTHER_VALUE, {**fields, "kept": checks.shown(state.kept[day])})


def _write(work: UnitOfWork, written: _Written, states: Any) -> None:
    bulk.load(work, work.table("reading"), pl.DataFrame(written.readings, schema=_READING))
    named = [{"tenant": work.tenant, **row} for row in written.usage]
    bulk.load(work, work.table("usage"), pl.DataFrame(named, schema=_USAGE))
    now = work.now.isoformat(timespec="microseconds")
    changes = [
        {
            "tenant": work.tenant,
            "meter_id": state.row.meter_id,
            "last_date": state.track.day,
            "last_value": state.track.value,
            "latest_date": state.latest,
            "uses": dumps(judging.uses_json(state.track)),
            "held": state.held,
            "changed_at": now,
        }
        for state in sorted(states, key=lambda state: int(state.row.meter_id))
        if state.touched
    ]
    bulk.change(work, work.table("meter"), pl.DataFrame(changes, schema=_METER), ("tenant", "meter_id"))
    usage.tell(work, written.usage)
