"""The checks of a reading: what makes it a faulty row, what holds it, what is only noted.

A held reading is kept as it is; a person decides. Thresholds are ratios of whole numbers, so that two machines agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from aimak.problems import Problem

from aimak_metering.domain.meters import Meter, Track

FUTURE = "AIM-M104"
BEFORE_LAST = "AIM-M105"
OTHER_VALUE = "AIM-M106"
TOO_MANY_DIGITS = "AIM-M107"
BEFORE_INSTALLATION = "AIM-M108"
SAME_AGAIN = "AIM-M120"

BELOW_LAST = "AIM-M201"
TOO_HIGH = "AIM-M202"
TOO_LOW = "AIM-M203"
BEYOND_METER = "AIM-M204"
WAITS = "AIM-M205"
UNKNOWN_USER = "AIM-M206"

ROLLED_OVER = "AIM-M301"
ZERO = "AIM-M302"
TOO_SOON = "AIM-M303"
TOO_LATE = "AIM-M304"
VERIFICATION_OVER = "AIM-M305"

# Between a quarter and four times what the meter's own last uses say, with room for the small ones: 25-400 % holds
# about 2 % of true readings, tighter limits seven times as many.
HIGH_RATIO = 4
LOW_RATIO = 4
HIGH_ROOM = 5_000
LOW_ROOM = 2_000
RECENT = 6
# Below so many uses the meter's own history says little: then only its size is a limit.
ENOUGH_HISTORY = 3
# Full nominal flow for half of the day is more than customers draw, months on end, by a meter of the right size.
HOURS_WITHOUT_HISTORY = 12
HOURS_A_DAY = 24
SOON_DAYS, LATE_DAYS = 5, 75
# A register that fell from its last tenth may have passed zero, if that makes a use of at most ten times the greatest.
ROLLOVER_FROM_TENTHS = 9
ROLLOVER_RATIO = 10


@dataclass(frozen=True)
class Finding:
    """A code with the fields of its message."""

    code: str
    fields: dict[str, str | int | None] = field(default_factory=dict)

    def problem(self) -> Problem:
        """As a problem without a place."""
        return Problem(self.code, self.fields)


@dataclass(frozen=True)
class Verdict:
    """What becomes of a reading. Accepted: `quantity` (thousandths, >= 0) and `method` (actual or rollover), with
    notes; held: `quantity` is None and `findings` say why."""

    held: bool
    findings: tuple[Finding, ...]
    quantity: int | None = None
    method: str = "actual"


def row_fault(meter: Meter, track: Track, latest: date | None, day: date, value: int, today: date) -> Finding | None:
    """Why a row cannot be kept at all; None where it can. `latest` is the day of the last reading that is kept,
    held ones included. A second reading of a day that is kept already is the caller's to compare."""
    if day > today:
        return Finding(FUTURE, {"date": day.isoformat()})
    if value >= meter.capacity:
        return Finding(TOO_MANY_DIGITS, {"value": shown(value), "dials": meter.dials})
    if day < meter.installed_on:
        return Finding(BEFORE_INSTALLATION, {"date": day.isoformat(), "installed": meter.installed_on.isoformat()})
    last = latest or track.day
    if day < last:
        return Finding(BEFORE_LAST, {"date": day.isoformat(), "last": last.isoformat()})
    return None


def judge(meter: Meter, track: Track, day: date, value: int) -> Verdict:
    """What becomes of a reading that comes after everything in `track` (day > track.day)."""
    assert day > track.day, "a reading comes after the last one"
    if track.held:
        return Verdict(True, (Finding(WAITS),))
    days = (day - track.day).days
    quantity, method = value - track.value, "actual"
    if quantity < 0:
        passed = quantity + meter.capacity
        if not _has_passed_zero(meter, track, days, passed):
            last = {"last": shown(track.value), "last_date": track.day.isoformat()}
            return Verdict(True, (Finding(BELOW_LAST, {"value": shown(value), **last}),))
        quantity, method = passed, "rollover"
    reason = _implausible(meter, track, days, quantity)
    if reason is not None:
        return Verdict(True, (reason,))
    notes = _notes(meter, track, day, days, quantity, method)
    return Verdict(False, notes, quantity, method)


def release(meter: Meter, track: Track, day: date, value: int) -> Verdict | None:
    """The verdict on a held reading that a person vouches for. A value below the last is then a register that passed
    zero; None where that would be more than the meter can carry."""
    days = (day - track.day).days
    quantity, method = value - track.value, "actual"
    if quantity < 0:
        quantity, method = quantity + meter.capacity, "rollover"
        if quantity > meter.greatest_flow * HOURS_A_DAY * days:
            return None
    return Verdict(False, _notes(meter, track, day, days, quantity, method), quantity, method)


def expected(track: Track, days: int) -> int | None:
    """Thousandths to be expected in so many days: the middle one of the last six daily uses; None with too few."""
    if len(track.uses) < ENOUGH_HISTORY:
        return None
    scaled = sorted(use.quantity * days // use.days for use in track.uses[:RECENT])
    middle = len(scaled) // 2
    return scaled[middle] if len(scaled) % 2 else (scaled[middle - 1] + scaled[middle]) // 2


def _has_passed_zero(meter: Meter, track: Track, days: int, quantity: int) -> bool:
    if track.value * 10 <= meter.capacity * ROLLOVER_FROM_TENTHS:
        return False
    if not track.uses:
        return quantity <= meter.nominal_flow * HOURS_WITHOUT_HISTORY * days
    greatest = max(use.quantity * days // use.days for use in track.uses)
    return quantity <= ROLLOVER_RATIO * greatest + HIGH_ROOM


def _implausible(meter: Meter, track: Track, days: int, quantity: int) -> Finding | None:
    limit = meter.greatest_flow * HOURS_A_DAY * days
    usual = expected(track, days)
    if quantity > limit:
        return Finding(BEYOND_METER, {"use": shown(quantity), "limit": shown(limit), "size": meter.size})
    if usual is None:
        limit = meter.nominal_flow * HOURS_WITHOUT_HISTORY * days
        if quantity > limit:
            return Finding(UNKNOWN_USER, {"use": shown(quantity), "limit": shown(limit), "size": meter.size})
        return None
    high, low = HIGH_RATIO * usual + HIGH_ROOM, usual // LOW_RATIO - LOW_ROOM
    if quantity > high:
        return Finding(TOO_HIGH, {"use": shown(quantity), "limit": shown(high), "usual": shown(usual)})
    if 0 < quantity < low:
        return Finding(TOO_LOW, {"use": shown(quantity), "limit": shown(low), "usual": shown(usual)})
    return None


def _notes(meter: Meter, track: Track, day: date, days: int, quantity: int, method: str) -> tuple[Finding, ...]:
    notes: list[Finding] = []
    if method == "rollover":
        notes.append(Finding(ROLLED_OVER, {"use": shown(quantity)}))
    if quantity == 0 and track.uses and all(use.quantity > 0 for use in track.uses):
        notes.append(Finding(ZERO))
    if days < SOON_DAYS:
        notes.append(Finding(TOO_SOON, {"days": days}))
    if days > LATE_DAYS and track.uses:
        notes.append(Finding(TOO_LATE, {"days": days}))
    if meter.verified_until is not None and day > meter.verified_until:
        notes.append(Finding(VERIFICATION_OVER, {"until": meter.verified_until.isoformat()}))
    return tuple(notes)


def shown(thousandths: int) -> str:
    """A quantity as people write it, without needless zeros."""
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") if rest else str(whole)
