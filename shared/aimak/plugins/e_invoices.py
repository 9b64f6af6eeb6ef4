"""The kind "e-invoice": electronic invoices and acts of services for organisations. Host: billing. No built-in yet."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from aimak.plugins.base import Plugin

if TYPE_CHECKING:
    from marshmallow import Schema

GROUP = "aimak.e_invoices"
INTERFACE_VERSION = 1


@dataclass(frozen=True)
class InvoiceLine:
    """One service: quantity in thousandths of its unit, amounts in tyiyn; net + tax = gross."""

    name: str
    unit: str
    quantity_thousandths: int | None
    net_tyiyn: int
    tax_code: str | None
    tax_tyiyn: int
    gross_tyiyn: int


@dataclass(frozen=True)
class Invoice:
    """An invoice of one provider to one organisation for one period. `key` is the bill's id, the same on every try;
    `corrects` is the number of the invoice that this one replaces."""

    key: int
    day: date
    period: str
    seller_tax_number: str
    buyer_tax_number: str
    lines: tuple[InvoiceLine, ...]
    corrects: str | None = None


@dataclass(frozen=True)
class Accepted:
    """The number under which the tax service keeps it, and its state there in the tax service's own word."""

    number: str
    state: str


class EInvoices(Plugin):
    """A channel to the tax service's invoices. Called by a job, never inside an open transaction."""

    settings: ClassVar[type[Schema]]
    """What the operator must tell: address, seller, key."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` as the schema loaded them."""
        self.settings_given = settings

    @abstractmethod
    def problems(self, invoice: Invoice) -> list[str]:
        """What would be refused, in plain words, without calling out: a missing tax number, an unknown unit."""

    @abstractmethod
    def send(self, invoice: Invoice) -> Accepted:
        """Send an invoice. A repeat of a key returns the first answer. Raise TimeoutError or ConnectionError for what
        may pass. Must not change anything in the invoice."""

    @abstractmethod
    def state(self, number: str) -> str:
        """The state of an invoice in the tax service's own word."""
