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

    @classmethod
    def two_months_of(cls, day: date) -> Period:
        """The two months, January and February the first, that hold `day`: "2026-09/10"."""
        first = (day.month - 1) // 2 * 2 + 1
        return cls._of_months(day.year, first, 2, f"{day.year}-{first:02d}/{first + 1:02d}")

    @classmethod
    def quarter_of(cls, day: date) -> Period:
        """The calendar quarter that holds `day`: "2026-Q4"."""
        place = (day.month - 1) // 3
        return cls._of_months(day.year, place * 3 + 1, 3, f"{day.year}-Q{place + 1}")

    @classmethod
    def half_year_of(cls, day: date) -> Period:
        """The half of the calendar year that holds `day`: "2026-H2"."""
        place = (day.month - 1) // 6
        return cls._of_months(day.year, place * 6 + 1, 6, f"{day.year}-H{place + 1}")

    @classmethod
    def year_of(cls, day: date) -> Period:
        """The calendar year that holds `day`: "2026"."""
        return cls._of_months(day.year, 1, 12, str(day.year))

    @classmethod
    def season_of(cls, day: date, first: int, last: int) -> Period | None:
        """The season from the month `first` to the month `last` (1 to 12) that holds `day`, named by its first and
        last month: "2026-04/10"; None where that day is in none. A season may pass over the turn of the year."""
        months = (last - first) % 12 + 1
        passed = (day.month - first) % 12
        if passed >= months:
            return None
        year = day.year if day.month >= first else day.year - 1
        return cls._of_months(year, first, months, f"{year}-{first:02d}/{last:02d}")

    @classmethod
    def _of_months(cls, year: int, first: int, months: int, name: str) -> Period:
        after = first - 1 + months
        return cls(date(year, first, 1), date(year + after // 12, after % 12 + 1, 1), name)

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
