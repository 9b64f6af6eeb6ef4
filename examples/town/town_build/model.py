"""What the town is made of, and how large each part of it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from aimak.money import half_up, share

FULL = 8430
PERIOD_START = date(2026, 10, 1)
PERIOD_END = date(2026, 11, 1)
KINDS = {"flat": 2320, "house": 4950, "standpipe": 460, "budget": 90, "other": 610}
HOME_KINDS = ("flat", "house", "standpipe")
PEOPLE = 34_000
NORM_LITRES = {"flat": 230, "house": 215, "standpipe": 50}


@dataclass
class Meter:
    """A water meter. `state` is working, expired (past verification) or stopped: out since `last_day`."""

    serial: str
    size: int
    dials: int
    installed_on: date
    initial_reading: int
    verified_until: date
    seal: str
    state: str
    last_day: date | None = None


@dataclass
class Account:
    """One account of the town with all that the files say of it."""

    place: int
    number: str
    kind: str
    holder: str
    street: str
    house: str
    flat: str
    language: str
    opened_on: date
    aliases: list[str] = field(default_factory=list)
    phone: str = ""
    persons: int = 0
    pensioners: int = 0
    wet: bool = False
    sewered: bool = False
    lamps: int = 0
    waste_volume: int = 0
    monthly_use: int = 0
    meter: Meter | None = None

    @property
    def home(self) -> bool:
        """A household, not a body."""
        return self.kind in HOME_KINDS

    @property
    def customer_class(self) -> str:
        """household, budget or other."""
        return "household" if self.home else self.kind

    @property
    def metered(self) -> bool:
        """Billed by its meter."""
        return self.meter is not None and self.meter.state == "working"


@dataclass(frozen=True)
class Size:
    """The town's figures brought to `accounts` accounts."""

    accounts: int

    def of(self, figure: int, least: int = 1) -> int:
        """A figure of the full town in this town."""
        return max(least, half_up(figure * self.accounts, FULL))

    def kinds(self) -> list[str]:
        """The kind of each account; no kind is missing."""
        counts = [max(1, count) for count in share(self.accounts, list(KINDS.values()))]
        counts[1] -= sum(counts) - self.accounts
        return [kind for kind, count in zip(KINDS, counts, strict=True) for _ in range(count)]

    def people(self, homes: int) -> int:
        """Served people in so many homes."""
        return half_up(PEOPLE * homes, sum(KINDS[kind] for kind in HOME_KINDS))
