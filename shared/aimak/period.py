"""Billing periods and business dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, order=True)
class Period:
    """A pair of dates with a name; `end` is the first day that is no longer in it."""

    start: date
    end: date
    name: str

    @classmethod
    def month(cls, name: str) -> Period:
        """The calendar month written "2026-10". Raises ValueError for anything else."""
        match = _MONTH.fullmatch(name)
        if match is None:
            raise ValueError(f"not a month: {name!r}")
        start = date(int(match[1]), int(match[2]), 1)
        return cls(start, (start + timedelta(days=31)).replace(day=1), name)

    @classmethod
    def month_of(cls, day: date) -> Period:
        """The calendar month that holds `day`."""
        return cls.month(f"{day:%Y-%m}")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The last day that is in it."""
        return self.end - timedelta(days=1)

    def next(self) -> Period:
        """The month after."""
        return Period.month_of(self.end)

    def previous(self) -> Period:
        """The month before."""
        return Period.month_of(self.start - timedelta(days=1))

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end


def business_date(instant: datetime, zone: str) -> date:
    """The date on the wall calendar of the town at that instant."""
    return instant.astimezone(ZoneInfo(zone)).date()
