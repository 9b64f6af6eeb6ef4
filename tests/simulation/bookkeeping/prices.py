"""What a month comes to, worked out anew: whole numbers and fractions over the days of a month, from persons, usage and
prices. Nothing here is read from the program that is watched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cache
from itertools import pairwise

FIRST = (2026, 3)
HOUSEHOLD, BUDGET = "household", "budget"
# What the tariffs of the machine's town say: thousandths a person and month, tyiyn a m³, tax in per cent.
NORM, TAX = 5_000, 3
WATER_PRICE = {"vodokanal": 1_000, "garden": 1_500}
FIRST_PRICE, GARDEN_PRICE, BUDGET_PRICE = 2_500, 2_000, 3_000
# The program's unrounded amounts have nine decimals: so near a half, several days' shares added up may fall either way.
NEAR = Fraction(1, 10**6)
Span = tuple[int, int]
NOTHING: Span = (0, 0)


def month(place: int) -> str:
    """The month of that place in the story: 0 is the first."""
    return first_day(place).isoformat()[:7]


@cache
def first_day(place: int) -> date:
    """The first day of that month."""
    year, number = FIRST
    whole = year * 12 + number - 1 + place
    return date(whole // 12, whole % 12 + 1, 1)


def length_of(place: int) -> int:
    """How many days a month has."""
    return (first_day(place + 1) - first_day(place)).days


def rounded(amount: Fraction | int, *, exact: bool = True) -> Span:
    """The whole number, half away from zero. What was added up of several days' decimals is not exact: both neighbours
    where it is a half to within what they lose."""
    doubled = 2 * abs(Fraction(amount))
    whole, low = int((doubled + 1) // 2), int(doubled // 2)
    if not exact and abs(doubled - 2 * low - 1) < NEAR:
        return (low, low + 1) if amount > 0 else (-low - 1, -low)
    return (whole, whole) if amount >= 0 else (-whole, -whole)


def added(*spans: Span) -> Span:
    """Bounds of a sum."""
    return sum(low for low, _ in spans), sum(high for _, high in spans)


@dataclass
class Timeline:
    """What holds from days on."""

    entries: list[tuple[date, object]] = field(default_factory=list)

    def set(self, day: date, value: object) -> None:
        """From a day on, whatever was known of later ones."""
        self.entries = [entry for entry in self.entries if entry[0] < day] + [(day, value)]

    def on(self, day: date) -> object:
        """What holds on a day; None before the first."""
        return next((value for since, value in reversed(self.entries) if since <= day), None)

    def since(self, day: date) -> Timeline:
        """The same from a day on."""
        return Timeline([(day, self.on(day)), *(entry for entry in self.entries if entry[0] > day)])

    @property
    def last(self) -> object:
        """What holds in the end."""
        return self.entries[-1][1]


@dataclass
class Connection:
    """One service of one creditor."""

    service: str
    provider: str
    since: date
    until: date | None = None
    like: Timeline = field(default_factory=Timeline)
    """Of waste: the customer's class; of water: whether there is a meter."""

    def during(self, place: int) -> tuple[date, date] | None:
        """The first of its days in a month and the one after the last; None where it has none."""
        since, until = max(self.since, first_day(place)), min(self.until or date.max, first_day(place + 1))
        return (since, until) if since < until else None


@dataclass
class Version:
    """A price of waste; `counts` is the first day on which it is charged by."""

    since: date
    counts: date
    price: int


@dataclass
class Account:
    """What the machine knows of an account."""

    number: str
    id: int
    opened: date
    connections: list[Connection]
    street: str = "Токтогул"
    closed: date | None = None
    waiting: list[tuple[date, Connection, date]] = field(default_factory=list)
    """Of a house that was left: from which day on whoever moves in has what, and up to which."""
    people: Timeline = field(default_factory=Timeline)
    usage: dict[int, dict[int, tuple[int, int]]] = field(default_factory=dict)
    dry: dict[int, tuple[date, date]] = field(default_factory=dict)
    """By month, the first of the days without water and the one after the last."""

    def lasting(self, day: date) -> list[Connection]:
        """What holds on a day or later; what ended as it began never did."""
        return [one for one in self.connections if (one.until or date.max) > max(day, one.since)]

    def change_provider(self, service: str, old: str, new: str, day: date) -> None:
        """Another creditor has a service from a day on, and of who moves in."""
        for had in self.lasting(day):
            if (had.service, had.provider) == (service, old):
                since, until = max(day, had.since), had.until
                had.until = since
                came = Connection(service, new, since, until, had.like.since(since))
                self.connections.append(came)
                self.waiting = [(start, came if other is had else other, end) for start, other, end in self.waiting]
        for piece in list(self.waiting):
            start, had, end = piece
            since = max(day, start)
            if (had.service, had.provider) == (service, old) and end > since:
                self.waiting.remove(piece)
                came = Connection(service, new, since, like=Timeline([(since, had.like.last)]))
                self.waiting += [(start, had, day)] * (day > start) + [(since, came, end)]

    def go_dry(self, place: int, since: date, until: date) -> None:
        """No water from a day until another of a month, if it has any on one of them."""
        if any(one.service == "water" and self._common(one, since, until) for one in self.connections):
            self.dry[place] = since, until

    @staticmethod
    def _common(one: Connection, since: date, until: date) -> int:
        return max((min(until, one.until or until) - max(since, one.since)).days, 0)

    def given_over(self, day: date) -> list[Connection]:
        """What waits for who moves in on a day, and from then on no longer does."""
        given, left = [], []
        for start, one, until in self.waiting:
            since = max(day, start)
            if until > since:
                end = None if until == date.max else until
                given.append(Connection(one.service, one.provider, since, end, Timeline([(since, one.like.last)])))
            if start < min(since, until):
                left.append((start, one, min(since, until)))
        self.waiting = left
        return given

    def due(self, place: int, prices: list[Version]) -> dict[tuple[str, str], Span]:
        """What a month comes to, net and tax, tyiyn, by service and provider."""
        found: dict[tuple[str, str], Span] = {}
        for connection in self.connections:
            if connection.during(place):
                amount = self._waste if connection.service == "waste" else self._water
                key = connection.service, connection.provider
                found[key] = added(found.get(key, NOTHING), amount(connection, place, prices))
        return found

    def _stretches(self, connection: Connection, place: int, *more: date) -> Iterator[tuple[date, int]]:
        """The days of a month cut where something changes: the first day of each stretch and how many they are."""
        bounds = connection.during(place)
        assert bounds is not None
        changes = {day for line in (self.people, connection.like) for day, _ in line.entries} | {*more}
        cuts = [bounds[0], *sorted(day for day in changes if bounds[0] < day < bounds[1]), bounds[1]]
        yield from ((day, (following - day).days) for day, following in pairwise(cuts))

    def _waste(self, connection: Connection, place: int, prices: list[Version]) -> Span:
        """A line for each version: its days added up, rounded once."""
        lines: dict[tuple[object, date | None], list[int]] = defaultdict(list)
        stretches = list(self._stretches(connection, place, *(version.counts for version in prices)))
        for day, length in stretches:
            persons, pensioners = self._people(day)
            kind, version = connection.like.on(day), None
            if kind == BUDGET:
                price = BUDGET_PRICE
            elif connection.provider == "garden":
                price = GARDEN_PRICE
            else:
                version = [one for one in prices if one.counts <= day][-1]
                price = version.price
            if kind == BUDGET or connection.provider == "garden":
                pensioners = 0
            lines[kind, version.since if version else None].append((2 * persons - pensioners) * price * length)
        whole = 2 * length_of(place)
        exact = len(stretches) == 1 and stretches[0][1] * 2 == whole
        return added(*(rounded(Fraction(sum(line), whole), exact=exact) for line in lines.values()))

    def _people(self, day: date) -> tuple[int, int]:
        known = self.people.on(day)
        assert isinstance(known, tuple), f"{self.number} has nobody on {day}"
        return known

    def _water(self, connection: Connection, place: int, prices: list[Version]) -> Span:
        """The volume's line, the credit for days without supply, and the tax on both."""
        since, until = connection.during(place) or (date.max, date.max)
        here, price = (until - since).days, WATER_PRICE[connection.provider]
        low, high = (rounded(Fraction(some * price, 1_000))[0] for some in self._volumes(connection, place))
        dry = self._common(connection, *self.dry[place]) if place in self.dry else 0
        whole = []
        for net in range(low, high + 1):
            credit = rounded(Fraction(net * dry, here))[0]
            whole.append(net - credit + rounded(Fraction((net - credit) * TAX, 100))[0])
        return min(whole), max(whole)

    def _volumes(self, connection: Connection, place: int) -> Span:
        """Thousandths of a m³: what was read, else the norm by the days on which as many lived there. Where these are
        only a part of the month each stretch is a whole number of its own, whichever way it falls."""
        metered = connection.like.on(max(first_day(place), connection.since))
        if metered and place in self.usage:
            uses = ((quantity, piece) for piece, (quantity, _) in self.usage[place].items())
            return added(NOTHING, *(self._share(connection, place, quantity, piece) for quantity, piece in uses))
        stretches = list(self._stretches(connection, place))
        volume = sum(self._people(day)[0] * NORM * length for day, length in stretches)
        if len(stretches) == 1 and stretches[0][1] == length_of(place):
            return volume // length_of(place), volume // length_of(place)
        return volume // length_of(place) - len(stretches), volume // length_of(place) + len(stretches)

    def _share(self, connection: Connection, place: int, quantity: int, piece: int) -> Span:
        """What of a use falls to a connection: by the days of the use that each of the service had. Where none had any,
        to one of them, whichever the use was told with."""
        begins, ends = first_day(place).replace(day=20 if piece else 1), first_day(place + 1)
        days = {
            id(one): max(0, (min(one.until or ends, ends) - max(one.since, begins)).days)
            for one in self.connections
            if one.service == "water" and one.during(place)
        }
        mine, whole = days[id(connection)], sum(days.values())
        if len(days) == 1 or (whole and mine == whole):
            return quantity, quantity
        if not whole:
            return 0, quantity
        return quantity * mine // whole, quantity * mine // whole + (mine > 0)
