"""From stored meters to the domain's and back."""

from __future__ import annotations

from datetime import date
from typing import Any

from aimak.problems import Problem

from aimak_metering.domain.checks import Finding, Verdict
from aimak_metering.domain.meters import Meter, Track, Use


def meter_of(row: Any) -> Meter:
    """The asset."""
    return Meter(row.dials, row.size, row.installed_on, row.verified_until)


def track_of(row: Any) -> Track:
    """What came before. Whether something is held is the caller's to say."""
    return Track(row.last_date, row.last_value, tuple(map(Use._make, row.uses)), row.held > 0)


def uses_json(track: Track) -> list[list[int]]:
    """The last uses as they are stored."""
    return [list(use) for use in track.uses]


def findings_json(findings: tuple[Finding, ...]) -> list[list[Any]]:
    """Findings as they are stored."""
    return [[finding.code, finding.fields] for finding in findings]


def problems_of(findings: list[list[Any]]) -> list[Problem]:
    """Stored findings as problems."""
    return [Problem(code, fields, severity="warning") for code, fields in findings]


def usage_row(meter: Any, reading_id: int, track: Track, day: date, value: int, verdict: Verdict) -> dict[str, Any]:
    """The use that an accepted reading ends; `track` is what came before it."""
    assert verdict.quantity is not None
    return {
        "usage_id": reading_id,
        "meter_id": meter.meter_id,
        "connection_id": meter.connection_id,
        "serial": meter.serial,
        "from_date": track.day,
        "to_date": day,
        "previous_thousandths": track.value,
        "current_thousandths": value,
        "quantity_thousandths": verdict.quantity,
        "method": verdict.method,
        "state": "accepted",
        "version": 1,
    }
