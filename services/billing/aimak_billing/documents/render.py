"""Bills as PDF: A5, a bill a page, the same bytes for the same bills and instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from aimak.money import format_som

from aimak_billing.documents import qr
from aimak_billing.documents.bill import BillDocument, BillLine, Creditor, CreditorPart, MeterReading
from aimak_billing.documents.pdf import laid_out
from aimak_billing.documents.texts import words

TEMPLATE = Path(__file__).parent / "bill.typ"


def render_bills(bills: Sequence[BillDocument], issued_at: datetime, lang: str) -> bytes:
    """One PDF with every bill, in one language (ky, ru or en); `issued_at` is an aware instant. A single bill is
    tagged for screen readers; several go to a printer and are four times smaller without. Memory grows with the
    bills: some fifty at a time is best. Raises ValueError without a bill."""
    if not bills or issued_at.tzinfo is None:
        raise ValueError("needs a bill and an instant with its zone")
    said = {
        "lang": lang,
        "author": bills[0].municipality,
        "words": words(lang),
        "bills": [_bill(bill) for bill in bills],
    }
    return laid_out(TEMPLATE, said, issued_at, tagged=len(bills) == 1)


def _bill(bill: BillDocument) -> dict[str, Any]:
    """The bill with every figure as text: the template lays out and computes nothing."""
    return {
        "municipality": bill.municipality,
        "number": bill.number,
        "period": bill.period,
        "issued_on": f"{bill.issued_on:%d.%m.%Y}",
        "due_on": f"{bill.due_on:%d.%m.%Y}",
        "opening_on": f"{bill.opening_on:%d.%m.%Y}",
        "account": bill.account,
        "old_numbers": ", ".join(bill.old_numbers),
        "holder": bill.holder,
        "address": bill.address,
        "residents": "" if bill.residents is None else str(bill.residents),
        "parts": [_part(part) for part in bill.parts],
        "sums": _sums(bill.parts),
        "advance": format_som(-bill.due) if bill.due < 0 else "",
        "owes": bill.due > 0,
        "readings": [_reading(reading) for reading in bill.readings],
        "explanations": list(bill.explanations),
        "places": list(bill.places_to_pay),
        "codes": [{"creditor": code.creditor, "qr": qr.svg(code.link)} for code in bill.codes],
    }


def _part(part: CreditorPart) -> dict[str, Any]:
    return {
        "creditor": part.creditor.name,
        "details": _details(part.creditor),
        "lines": [_line(line) for line in part.lines],
        **_sums([part]),
    }


def _details(creditor: Creditor) -> dict[str, str]:
    return {
        "tax_number": creditor.tax_number,
        "bank_account": creditor.bank_account,
        "bank": creditor.bank,
        "phone": creditor.phone,
    }


def _line(line: BillLine) -> dict[str, str]:
    return {
        "label": line.label,
        "note": line.note,
        "quantity": f"{line.quantity}\u00a0{line.unit}".strip("\u00a0"),
        "price": line.price,
        "net": format_som(line.net),
        "tax": format_som(line.tax),
        "gross": format_som(line.gross),
    }


def _sums(parts: Sequence[CreditorPart]) -> dict[str, str]:
    """Each figure of the account added up over `parts`; a recalculation only where there is one."""
    lines = [line for part in parts for line in part.lines]
    corrected = sum(part.corrected for part in parts)
    return {
        "net": format_som(sum(line.net for line in lines)),
        "tax": format_som(sum(line.tax for line in lines)),
        "gross": format_som(sum(line.gross for line in lines)),
        "opening": format_som(sum(part.opening for part in parts)),
        "charged": format_som(sum(part.charged for part in parts)),
        "corrected": format_som(corrected) if corrected else "",
        "paid": format_som(sum(part.paid for part in parts)),
        "due": format_som(sum(part.due for part in parts)),
    }


def _reading(reading: MeterReading) -> dict[str, str]:
    return {
        "label": reading.label,
        "serial": reading.serial,
        "previous": reading.previous,
        "previous_on": f"{reading.previous_on:%d.%m.%Y}",
        "current": reading.current,
        "current_on": f"{reading.current_on:%d.%m.%Y}",
        "used": f"{reading.used}\u00a0{reading.unit}",
    }
