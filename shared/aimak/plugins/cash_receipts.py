"""The kind "cash receipt": receipts of a fiscal cash register. Host: payments. No built-in plugin yet."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from aimak.plugins.base import Plugin

if TYPE_CHECKING:
    from marshmallow import Schema

GROUP = "aimak.cash_receipts"
INTERFACE_VERSION = 1


@dataclass(frozen=True)
class ReceiptLine:
    """One service on the receipt: its name in the register's language, amount and the tax within it, in tyiyn."""

    name: str
    amount_tyiyn: int
    tax_code: str | None
    tax_tyiyn: int


@dataclass(frozen=True)
class Receipt:
    """A sale or a return. `key` is the payment's id: it is the same on every try."""

    key: int
    kind: str
    instant: datetime
    cashier: str
    shift: str
    lines: tuple[ReceiptLine, ...]
    cash_tyiyn: int
    electronic_tyiyn: int


@dataclass(frozen=True)
class Registered:
    """What the register answered: its fiscal number and the text that the QR code of the receipt carries."""

    fiscal_number: str
    qr_text: str


class CashReceipts(Plugin):
    """A fiscal register or the service before it. A job of the payments worker calls it, never a request in which a
    cashier waits, never inside an open transaction."""

    settings: ClassVar[type[Schema]]
    """What the operator must tell: address, number of the register, key."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` as the schema loaded them."""
        self.settings_given = settings

    @abstractmethod
    def register(self, receipt: Receipt) -> Registered:
        """Register a receipt. May be called again with the same key after a time-out: it must then give the first
        answer and register nothing twice. Raise TimeoutError or ConnectionError for what may pass; anything else
        is shown to the operator. Must not move money."""

    @abstractmethod
    def find(self, key: int) -> Registered | None:
        """What was registered under a key; None when nothing was. Called after a time-out, before trying again."""

    @abstractmethod
    def close_shift(self, shift: str, instant: datetime) -> str:
        """Close the shift and return the number of its report. A repeat returns the same number."""
