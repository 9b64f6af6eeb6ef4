"""What a printed bill says, before it is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Creditor:
    """A provider to whom part of the bill is owed, and where its money goes."""

    name: str
    tax_number: str = ""
    bank: str = ""
    bank_account: str = ""
    phone: str = ""


@dataclass(frozen=True)
class BillLine:
    """One charge with its tax; `quantity` and `price` (som, without tax) are texts, empty where a charge has none.
    `note` stands small below the label. Money is tyiyn."""

    label: str
    quantity: str
    unit: str
    price: str
    net: int
    tax: int
    gross: int
    note: str = ""


@dataclass(frozen=True)
class CreditorPart:
    """What concerns one creditor; opening: by earlier bills, without what was paid and moved by documents since. All in
    tyiyn; opening + charged + corrected - paid = due."""

    creditor: Creditor
    lines: tuple[BillLine, ...]
    opening: int
    paid: int
    charged: int
    due: int
    corrected: int = 0


@dataclass(frozen=True)
class MeterReading:
    """A meter's last two readings of the period; readings and use are texts in the unit of the service."""

    label: str
    serial: str
    previous: str
    previous_on: date
    current: str
    current_on: date
    used: str
    unit: str


@dataclass(frozen=True)
class PaymentCode:
    """A payment link that is printed as a QR code; `creditor` names whom it pays, empty where there is one code for
    all, and `amount` is what it pays, tyiyn."""

    creditor: str
    link: str
    amount: int


@dataclass(frozen=True)
class BillDocument:
    """One bill with all that is printed. `period` is its title ("Октябрь 2026"), `codes` pay it, `explanations` say
    how the lines were counted, `places_to_pay` where it can be paid; what was paid and moved by documents is counted
    from the day `moved_since`."""

    municipality: str
    number: str
    period: str
    issued_on: date
    due_on: date
    moved_since: date
    account: str
    holder: str
    address: str
    parts: tuple[CreditorPart, ...]
    old_numbers: tuple[str, ...] = ()
    residents: int | None = None
    readings: tuple[MeterReading, ...] = ()
    explanations: tuple[str, ...] = ()
    places_to_pay: tuple[str, ...] = ()
    codes: tuple[PaymentCode, ...] = ()

    @property
    def due(self) -> int:
        """What is to be paid on all parts, tyiyn; below 0 is an advance."""
        return sum(part.due for part in self.parts)
