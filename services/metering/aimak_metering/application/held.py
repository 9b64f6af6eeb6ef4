"""Held readings: a person releases or rejects them, oldest first, and what waited behind is judged again."""

from __future__ import annotations

from datetime import date
from typing import Any

from aimak import audit
from aimak.problems import Conflict, NotFound, Problem, Refused
from aimak.storage.work import UnitOfWork

from aimak_metering import store
from aimak_metering.application import judging, usage
from aimak_metering.domain import checks
from aimak_metering.domain.checks import Verdict
from aimak_metering.domain.meters import Track

UNKNOWN_READING = "AIM-M401"
NOT_HELD = "AIM-M402"
EARLIER_FIRST = "AIM-M403"
NO_REASON = "AIM-M404"
IMPOSSIBLE = "AIM-M405"


def release(work: UnitOfWork, reading_id: int, actor: str, why: str) -> dict[str, Any]:
    """Accept a held reading on a person's word. A value below the last means a register that passed zero. Raises
    Refused, NotFound, Conflict."""
    return _decide(work, reading_id, actor, why, accept=True)


def reject(work: UnitOfWork, reading_id: int, actor: str, why: str) -> dict[str, Any]:
    """Set a held reading aside on a person's word; it stays in the list with who and why. Raises as `release`."""
    return _decide(work, reading_id, actor, why, accept=False)


def _decide(work: UnitOfWork, reading_id: int, actor: str, why: str, *, accept: bool) -> dict[str, Any]:
    if not why.strip():
        raise Refused(Problem(NO_REASON))
    reading = store.reading(work, reading_id)
    if reading is None:
        raise NotFound(Problem(UNKNOWN_READING, {"reading": str(reading_id)}))
    meter = store.meter(work, reading.meter_id)
    reading, behind = _first_held(work, reading_id, store.held_of(work, reading.meter_id))
    decided = {"decided_by": actor, "decided_why": why.strip(), "decided_at": work.now}
    track = judging.track_of(meter)
    told: list[dict[str, Any]] = []
    if accept:
        verdict = checks.release(judging.meter_of(meter), track, reading.date, reading.value)
        if verdict is None:
            fields = {"value": checks.shown(reading.value), "last": checks.shown(track.value)}
            raise Conflict(Problem(IMPOSSIBLE, fields))
        track = _accept(work, meter, reading, track, verdict, told, decided)
    else:
        store.change_reading(work, reading_id, state="rejected", **decided)
    track, held = judge_again(work, meter, behind, track, told)
    keep(work, meter, track, held, latest(work, meter))
    usage.tell(work, told)
    state = "accepted" if accept else "rejected"
    about = {"serial": meter.serial, "date": reading.date.isoformat(), "value": checks.shown(reading.value)}
    sides = {"before": {**about, "state": "held"}, "after": {"state": state}}
    audit.note(work, account_id=meter.account_id, ground=why.strip(), **sides)
    return {"reading": reading_id, "state": state, "accepted": len(told), "held": held}


def _first_held(work: UnitOfWork, reading_id: int, held: list[Any]) -> tuple[Any, list[Any]]:
    """The reading to be decided and those held behind it. Raises Conflict when it is not the first that is held."""
    if reading_id not in {row.reading_id for row in held}:
        now = store.reading(work, reading_id)
        state = now.state if now is not None else "rejected"
        raise Conflict(Problem(NOT_HELD, {"reading": str(reading_id), "state": state}))
    if held[0].reading_id != reading_id:
        earlier = {"reading": str(held[0].reading_id), "date": held[0].date.isoformat()}
        raise Conflict(Problem(EARLIER_FIRST, earlier))
    return held[0], held[1:]


def _accept(
    work: UnitOfWork,
    meter: Any,
    reading: Any,
    track: Track,
    verdict: Verdict,
    told: list[dict[str, Any]],
    decided: dict[str, Any],
) -> Track:
    ended = judging.usage_row(meter, reading.reading_id, track, reading.date, reading.value, verdict)
    store.add(work, "usage", [ended])
    told.append(ended)
    # Why it was held stays beside what was noted now.
    findings = [*reading.findings, *judging.findings_json(verdict.findings)]
    store.change_reading(work, reading.reading_id, state="accepted", findings=findings, **decided)
    return track.after(reading.date, reading.value, verdict.quantity or 0)


def judge_again(
    work: UnitOfWork, meter: Any, waiting: list[Any], track: Track, told: list[dict[str, Any]]
) -> tuple[Track, int]:
    """Readings that only waited are judged in turn until one is held on its own account."""
    track = Track(track.day, track.value, track.uses)
    for place, reading in enumerate(waiting):
        verdict = checks.judge(judging.meter_of(meter), track, reading.date, reading.value)
        if verdict.held:
            store.change_reading(work, reading.reading_id, findings=judging.findings_json(verdict.findings))
            return track, len(waiting) - place
        track = _accept(work, meter, reading, track, verdict, told, {})
    return track, 0


def latest(work: UnitOfWork, meter: Any) -> date | None:
    """The day of a meter's last reading that counts, held ones included."""
    kept = store.kept_readings(work, [meter.meter_id], meter.installed_on)
    return max((row.date for row in kept), default=None)


def keep(work: UnitOfWork, meter: Any, track: Track, held: int, last: date | None) -> None:
    """Write what a meter remembers."""
    values = {"last_date": track.day, "last_value": track.value, "uses": judging.uses_json(track)}
    row = {"meter_id": meter.meter_id, **values, "held": held, "latest_date": last, "changed_at": work.now}
    store.change_meters(work, [row])
