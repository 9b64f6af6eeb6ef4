"""What a service type or a rate component may ask of the host: determinants as exact columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from aimak.plugins.numbers import MAX_AMOUNT, MAX_QUANTITY, MAX_SCALE, MAX_SHARE, SHARE_SCALE, Number

MAX_PERSONS = 100_000
MAX_DAYS = 400
MAX_NORM = 10**9
TAX = "tax."
CHARGE = "charge."
"""Before the code of another service: what the account is charged for it by its own tariff, without tax."""
UNROUNDED = "unrounded."
"""Before a component's code, or before `charges`: the amount as it was before any rounding."""

GIVEN: Mapping[str, tuple[int, int, int]] = {
    "residents": (0, MAX_PERSONS, 0),
    "pensioners": (0, MAX_PERSONS, 0),
    "days": (0, MAX_DAYS, 0),
    "days_in_period": (1, MAX_DAYS, 0),
    "usage": (0, MAX_QUANTITY - 1, 3),
}
"""Determinants that every connection has: lowest, highest, scale. Outside of its bounds one counts as not known."""

FOUND: Mapping[str, tuple[int, int, int]] = {
    "norm": (0, MAX_NORM, 3),
    "quantity": (0, MAX_QUANTITY - 1, 3),
    "followed": (0, MAX_QUANTITY - 1, 3),
    "month": (1, 12, 0),
    "days_here": (1, MAX_DAYS, 0),
    "days_without_supply_in_period": (0, MAX_QUANTITY - 1, 3),
}
"""Determinants that the host works out."""

FLOWS = frozenset({"days", "usage", "followed", "quantity"})
"""Determinants of which a part of the days has a part; all others are as they are on a day."""

ATTRIBUTE = (0, MAX_QUANTITY - 1, 3)
AMOUNT = (-MAX_AMOUNT, MAX_AMOUNT, 0)
UNROUNDED_AMOUNT = (-MAX_AMOUNT * 10**MAX_SCALE, MAX_AMOUNT * 10**MAX_SCALE, MAX_SCALE)
SHARE = (0, MAX_SHARE - 1, SHARE_SCALE)


def flows(name: str) -> bool:
    """Whether a part of the days has a part of that determinant."""
    return name in FLOWS or name.startswith(CHARGE)


class UnknownName(KeyError):
    """A determinant or component that the host does not have, or that was not declared in `needs`."""


@dataclass(frozen=True)
class Flag:
    """A yes or no about each row; null where not known, unless `certain`. `name` is the determinant it was made of."""

    expr: pl.Expr
    name: str
    certain: bool = False


@dataclass(frozen=True)
class Inputs:
    """Determinants by name.

    Always: residents, pensioners, days, days_in_period, usage, norm, month (of the period, 1 to 12), days_here (how
    many days of the period the connection has in all, also where `days` are some of them),
    days_without_supply_in_period (of a service that has days_without_supply: those of all who supplied it to the
    account in the period); beside them the connection's attributes (numbers in thousandths), `quantity` (what the
    service type found, thousandths), `followed` (the quantity of the service that is followed), `charge.<service>`
    (what the account is charged for another service, without tax, in tyiyn), `tax.<code>` (a share), and for components
    the amounts (tyiyn) of the components named before and `charges`, the sum of all that are no tax. These are rounded
    as the tariff says; where it rounds only the total of the lines, they are in 10^-9 tyiyn. `unrounded.<component>`
    and `unrounded.charges` always are.
    """

    numbers: Mapping[str, Number]
    flags: Mapping[str, Flag] = field(default_factory=dict)
    texts: Mapping[str, pl.Expr] = field(default_factory=dict)
    norm_per: str = "day"
    months: int = 1
    """How many months the tariff's period has."""
    amounts: frozenset[str] = frozenset()
    """Which of `numbers` are amounts of money, in tyiyn."""
    whole: frozenset[str] = frozenset()
    """Which of the components named before are owed whole for the period, however few of its days a connection has."""

    def __getitem__(self, name: str) -> Number:
        """The number of that name. Raises UnknownName, which is told when the tariff is entered."""
        try:
            return self.numbers[name]
        except KeyError:
            raise UnknownName(name) from None

    def flag(self, name: str) -> Flag:
        """A true-or-false attribute of the connection. Raises UnknownName."""
        try:
            return self.flags[name]
        except KeyError:
            raise UnknownName(name) from None

    def text(self, name: str) -> pl.Expr:
        """An attribute of the connection as text, null where it has none; `class` and `regime` too. Raises
        UnknownName."""
        try:
            return self.texts[name]
        except KeyError:
            raise UnknownName(name) from None

    def has(self, name: str) -> Flag:
        """Whether the connection has that attribute at all; never null. Raises UnknownName."""
        try:
            return Flag(self.texts[name].is_not_null(), name, certain=True)
        except KeyError:
            raise UnknownName(name) from None

    def by_norm(self) -> Number:
        """Residents × norm × days in thousandths; a norm per month is taken for the days of the period that count."""
        quantity = self["norm"] * self["residents"]
        if self.norm_per == "day":
            return quantity * self["days"]
        if self.months > 1:
            quantity = quantity * Number.constant(self.months)
        return quantity.portion(self["days"], self["days_in_period"])
