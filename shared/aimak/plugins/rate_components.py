"""The kind "rate component": one line of a tariff, priced on columns. Host: billing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import polars as pl

from aimak.plugins.base import Plugin
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import Number, Price

if TYPE_CHECKING:
    from marshmallow import Schema

GROUP = "aimak.rate_components"
INTERFACE_VERSION = 1


STRETCH, VERSION, PERIOD, CONNECTED = "stretch", "version", "period", "connected"
"""How often a component is rated where facts or tariffs change inside a period: for each stretch of days over which
what it depends on is the same; once for all days of the version; once, by the version of the period's last day, if it
is connected then; once, by the version of the last day on which it was connected."""


@dataclass(frozen=True)
class Part:
    """A part of a line as it is explained: quantity in thousandths, price (a share for a tax), amount unrounded.

    Parts are shown, never rounded; the host adds them up and rounds the line once, by the tariff's rule.
    """

    amount: Number
    quantity: Number | None = None
    price: Price | Number | None = None


@dataclass(frozen=True)
class Gap:
    """Why an amount is null although every number it is made of is known: the code of a problem, its fields (a column
    stands for what it holds) and the rows for which it is so."""

    code: str
    fields: Mapping[str, str | pl.Expr]
    holds: pl.Expr


@dataclass(frozen=True)
class Told:
    """A number that a line's sentence tells, and how it is written: "som" (it is in tyiyn) or "number"."""

    number: Number
    written: str


class RateComponent(Plugin):
    """One way to charge. Billing makes one with the parameters that the tariff gives it, checked by `schema`.

    Pure: it reads no clock, calls nothing, keeps nothing. `Number` does the arithmetic; `.expr` is for what it does
    not offer, and then the bounds are the author's to state.
    """

    schema: ClassVar[type[Schema]]
    """Its parameters. Fields of `aimak.plugins.fields`."""

    kind: str = "charge"
    """"charge", "tax", or "value": no line of the bill but a number in its own unit, which other components name."""

    unit_names: ClassVar[Mapping[str, str] | None] = None
    """How its quantity's unit is written, by language; None: as the service's; empty: no quantity is shown."""

    decimals: ClassVar[int | None] = None
    """How many decimals of its quantity are shown; None: as the service's."""

    keeps_quantity: bool = False
    """Whether `quantity` is kept beside the line to explain it later, as the line's own quantity is another."""

    sentences: Mapping[str, str] = {}
    """How a line is told to a resident, by language; empty: quantity × price = amount. In braces may stand
    `{amount}`, `{products}` (quantity × price of each part), `{quantity}`, `{unit}`, `{service_unit}`, the
    determinants it needs, its parameters by their names and what `told` adds. Money comes with its currency, a share
    with its sign."""

    needs: tuple[str, ...] = ()
    """Determinants and earlier components it uses; set it in `__init__` where it follows from the parameters. The
    order of calculation follows from it; an unknown name or a cycle is refused when the tariff is entered."""

    texts: tuple[str, ...] = ()
    """Attributes that it reads as texts or flags. What the service type does not have is refused when the tariff is
    entered."""

    optional_texts: tuple[str, ...] = ()
    """Those of `texts` of which a missing one is an answer: who has no category has no benefit."""

    optional: bool = False
    """Whether its line is left out of the bill where it comes to nothing."""

    spread: str | None = None
    """STRETCH, VERSION, PERIOD or CONNECTED, where facts or tariffs change inside a period. On each stretch, and over
    all days of a version, quantity, days and other lines are those of these days; persons and attributes that changed
    within a version are those of its last day. None follows from what it is made of: PERIOD where that is no quantity,
    no days and no other line (then it is owed whole by who is connected on the last day), CONNECTED where that is a
    fact of the period (then also by who has left), STRETCH for what is by days and by persons or attributes, and for a
    tax; else VERSION."""

    payer: str | None = None
    """The code of the budget line, or of another debtor, that bears what this line takes off the bill; only of a
    charge. It owes the creditor what the account does not."""

    tax: str | None = None
    """The code of the tax on the ledger; only of a component of kind "tax"."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        """`parameters` as `schema` loaded them. Raise marshmallow's ValidationError for what only shows together."""
        self.parameters = parameters

    @abstractmethod
    def parts(self, inputs: Inputs) -> list[Part]:
        """The parts of the line, at least one; their amounts in tyiyn at a scale of at most 10^-9. Called once for
        each tariff version of a run, and again on one row to explain a line. Must not fill a null."""

    def gaps(self, inputs: Inputs) -> list[Gap]:
        """Why the amount may be null beside a determinant that is not known: an attribute that is missing, a key that
        no table has, a division by zero. Called after `parts` with the same inputs. Default: no other reason."""
        return []

    def told(self, inputs: Inputs) -> Mapping[str, Told]:
        """What `sentences` name beside determinants and parameters. Default: nothing more."""
        return {}
