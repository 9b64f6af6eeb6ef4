"""What is known of a meter when a reading of it is judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

# So many accepted uses are remembered: a year and a month of monthly readings.
REMEMBERED = 13

# Nominal and greatest flow by the meter's size (DN, mm) in litres an hour, after the usual classes of water meters.
_FLOWS_L_PER_H = {
    15: (1_500, 3_000),
    20: (2_500, 5_000),
    25: (3_500, 7_000),
    32: (6_000, 12_000),
    40: (10_000, 20_000),
    50: (15_000, 30_000),
    65: (25_000, 50_000),
    80: (40_000, 80_000),
    100: (60_000, 120_000),
    150: (150_000, 300_000),
    200: (250_000, 500_000),
}
SIZES = tuple(_FLOWS_L_PER_H)


@dataclass(frozen=True)
class Meter:
    """The asset: `dials` digits before the comma, size in millimetres."""

    dials: int
    size: int
    installed_on: date
    verified_until: date | None = None

    @property
    def capacity(self) -> int:
        """Thousandths after which the register begins at zero again."""
        return int(10**self.dials) * 1000

    @cached_property
    def nominal_flow(self) -> int:
        """Thousandths an hour that a meter of this size is made for."""
        return self._flows()[0]

    @cached_property
    def greatest_flow(self) -> int:
        """Thousandths an hour beyond which a meter of this size breaks."""
        return self._flows()[1]

    def _flows(self) -> tuple[int, int]:
        fitting = next((size for size in SIZES if size >= self.size), SIZES[-1])
        return _FLOWS_L_PER_H[fitting]


class Use(NamedTuple):
    """One accepted use: thousandths in so many days (> 0)."""

    days: int
    quantity: int


class Track(NamedTuple):
    """What came before: the last accepted reading (the installation's at first), the last accepted uses, the latest
    first, and whether an earlier reading is held."""

    day: date
    value: int
    uses: tuple[Use, ...] = ()
    held: bool = False

    def after(self, day: date, value: int, quantity: int) -> Track:
        """The track with one more accepted reading."""
        use = Use((day - self.day).days, quantity)
        return Track(day, value, (use, *self.uses)[:REMEMBERED], self.held)
