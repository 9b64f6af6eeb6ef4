"""Bills as PDF: A5, a bill a page, the same bytes for the same bills and instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from aimak.money import format_som
from aimak.texts import translate

from aimak_billing.documents import qr
from aimak_billing.documents.bill import BillDocument, Creditor, CreditorPart, MeterReading, PaymentCode
from aimak_billing.documents.pdf import forget, laid_out
from aimak_billing.documents.texts import words
from aimak_billing.documents.widths import broken, width

# The room of a text in the template, mm, and the size of its letters, pt.
_METER, _ACROSS, _EXPLANATION = (44, 8), (130, 6.6), (130, 7)
_CREDITOR, _CREDITOR_BESIDE_CORRECTED = (52, 8), (39, 8)
# A charge is called in what its quantity, or where it has none its price, leaves free; where those columns end.
_QUANTITY_END, _PRICE_END, _NET_FROM, _APART, _LETTERS = 65, 85, 84, 2, 8
# The columns of what is owed, from what was owed before to what is due now, and the size of their heads.
_DEBTS, _DEBTS_CORRECTED, _HEAD = (23.5, 19, 23.5, 16.5), (23.5, 15.5, 17.5, 23.5, 16.5), 6.6
_HOLDER, _OLD_NUMBERS = (48, 8), (31, 6.6)
# So many bills in a file are worth to have typst forget them.
_MANY = 100
TEMPLATE = Path(__file__).parent / "bill.typ"


def render_bills(bills: Sequence[BillDocument], issued_at: datetime, lang: str) -> bytes:
    """One PDF with every bill, in one language (ky, ru or en); `issued_at` is an aware instant. A single bill is
    tagged for screen readers; several go to a printer and are four times smaller without: what they have in common is
    laid out once and is a picture on each. Raises ValueError without a bill."""
    if not bills or issued_at.tzinfo is None:
        raise ValueError("needs a bill and an instant with its zone")
    single = len(bills) == 1
    sheets: dict[_Sheet, int] = {}
    links: list[str] = []
    filled = [_bill(bill, lang, links) | {"sheet": sheets.setdefault(_sheet(bill), len(sheets))} for bill in bills]
    said = {
        "lang": lang,
        "author": bills[0].municipality,
        "words": words(lang),
        "sheets": [sheet._asdict() | {"debt_names": _debt_names(sheet, lang)} for sheet in sheets],
    }
    blank = said | {"make": "form", "form": [], "drawn": "", "bills": []}
    form = b"" if single else laid_out(TEMPLATE, blank, issued_at, tagged=False)
    said |= {"make": "whole" if single else "filled", "form": list(form), "drawn": qr.as_pdf(links), "bills": filled}
    pdf = laid_out(TEMPLATE, said, issued_at, tagged=single)
    if len(bills) >= _MANY:
        forget()
    return pdf


class _Sheet(NamedTuple):
    """What a bill has in common with others of its file: what is printed of it, and which of its parts there are."""

    municipality: str
    period: str
    issued_on: str
    due_on: str
    since: str
    owes: bool
    ahead: bool
    corrected: bool
    codes: int


def _sheet(bill: BillDocument) -> _Sheet:
    return _Sheet(
        municipality=bill.municipality,
        period=bill.period,
        issued_on=f"{bill.issued_on:%d.%m.%Y}",
        due_on=f"{bill.due_on:%d.%m.%Y}",
        since=f"{bill.moved_since:%d.%m.%Y}",
        owes=bill.due > 0,
        ahead=bill.due < 0,
        corrected=any(part.corrected for part in bill.parts),
        codes=len(bill.codes),
    )


def _debt_names(sheet: _Sheet, lang: str) -> list[str]:
    """The heads of what is owed, each broken where its column ends. What payments and documents are counted from the
    day `since` is said of them: what was owed before them is of no day, but of the bills before this one."""
    w = words(lang)
    since = translate("aimak_billing", "bill.since", lang, date=sheet.since) or sheet.since
    columns = _DEBTS_CORRECTED if sheet.corrected else _DEBTS
    corrected = [f"±\u00a0{w['corrected']}"] if sheet.corrected else []
    names = [w["opening"], f"+\u00a0{w['charged']}", *corrected, f"–\u00a0{w['paid']}\n{since}", f"=\u00a0{w['due']}"]
    heads = (broken(name, column, _HEAD) for name, column in zip(names, columns, strict=True))
    return [w["creditor"], *heads]


def _bill(bill: BillDocument, lang: str, links: list[str]) -> dict[str, Any]:
    """The bill with every figure as text: the template lays out and computes nothing. Its payment links go to `links`,
    its codes say on which page each is drawn."""
    first = len(links) + 1
    links += [code.link for code in bill.codes]
    old_numbers = ", ".join(bill.old_numbers)
    holder = "\n".join(broken(text, *_HOLDER) for text in (bill.holder, bill.address))
    old = broken(f"{words(lang)['old_numbers']} {old_numbers}", *_OLD_NUMBERS) if old_numbers else ""
    beside = holder.count("\n") + 2 + (bill.residents is not None)
    return {
        "number": f"{words(lang)['number']} {bill.number}",
        "account": bill.account,
        "old_numbers": old,
        "holder": bill.holder,
        "address": bill.address,
        "told": holder,
        "identity_lines": max(beside, 2 + old.count("\n") + bool(old)),
        "residents": "" if bill.residents is None else str(bill.residents),
        "charges": _charges(bill.parts, lang),
        "debts": _debts(bill.parts, lang),
        "sums": _sums(bill.parts),
        "to_pay": format_som(abs(bill.due)),
        "readings": [_reading(reading) for reading in bill.readings],
        "explanations": "\n".join(broken(line, *_EXPLANATION) for line in bill.explanations),
        "places": list(bill.places_to_pay),
        "codes": [{"caption": _caption(code, lang), "page": page} for page, code in enumerate(bill.codes, start=first)],
    }


def _caption(code: PaymentCode, lang: str) -> str:
    """What stands beside a code: whom it pays and how much, where there is one for each of several creditors. What the
    only one pays is what is due."""
    w = words(lang)
    return f"{w['scan']}: {code.creditor}, {format_som(code.amount)}\u00a0{w['som']}" if code.creditor else w["scan"]


class _Table:
    """Lines of a table below one another: labels, each as high as it is when broken, and a text for each column."""

    def __init__(self, columns: int) -> None:
        self._labels: list[dict[str, Any]] = []
        self._columns: list[list[str]] = [[] for _ in range(columns)]

    def row(self, label: str, room: tuple[float, float], *cells: str) -> None:
        """A label with a cell for each column."""
        self._add(label, room, cells, wide=False)

    def across(self, text: str) -> None:
        """A small line from one margin to the other."""
        self._add(text, _ACROSS, [""] * len(self._columns), wide=True)

    def _add(self, label: str, room: tuple[float, float], cells: Sequence[str], *, wide: bool) -> None:
        said = broken(label, *room)
        breaks = said.count("\n") + 1
        self._labels.append({"label": said, "wide": wide, "breaks": breaks})
        for column, cell in zip(self._columns, cells, strict=True):
            column.append(cell + "\n" * breaks)

    def said(self) -> dict[str, Any]:
        """The table for the template."""
        return {"labels": self._labels, "columns": ["".join(column) for column in self._columns]}


def _charges(parts: Sequence[CreditorPart], lang: str) -> dict[str, Any]:
    table = _Table(5)
    for part in parts:
        if part.lines:
            told = _details(part.creditor, lang)
            table.across(", ".join(filter(None, (part.creditor.name, told))))
        for line in part.lines:
            quantity = f"{line.quantity}\u00a0{line.unit}".strip("\u00a0")
            sums = (format_som(amount) for amount in (line.net, line.tax, line.gross))
            table.row(line.label, (_free(quantity, line.price), _LETTERS), quantity, line.price, *sums)
            if line.note:
                table.across(line.note)
    return table.said()


def _free(quantity: str, price: str) -> float:
    """How wide the label of a charge may be, mm."""
    for text, end in ((quantity, _QUANTITY_END), (price, _PRICE_END)):
        if text:
            return end - width(text, _LETTERS) - _APART
    return _NET_FROM


def _debts(parts: Sequence[CreditorPart], lang: str) -> dict[str, Any]:
    """What is owed to each creditor, and where to; a recalculation has a column only where there is one."""
    corrected = any(part.corrected for part in parts)
    table = _Table(4 + corrected)
    for part in parts:
        amounts = [part.opening, part.charged, *([part.corrected] if corrected else []), part.paid, part.due]
        room = _CREDITOR_BESIDE_CORRECTED if corrected else _CREDITOR
        table.row(part.creditor.name, room, *map(format_som, amounts))
        # Where to stands once: beside what is charged, if anything is.
        if not part.lines and (told := _details(part.creditor, lang)):
            table.across(told)
    return table.said()


def _details(creditor: Creditor, lang: str) -> str:
    named = (("tax_number", creditor.tax_number), ("bank_account", creditor.bank_account))
    told = [f"{words(lang)[word]} {value}" for word, value in named if value]
    return ", ".join([*told, *filter(None, (creditor.bank, creditor.phone))])


def _sums(parts: Sequence[CreditorPart]) -> dict[str, str]:
    """Each figure of the account added up over `parts`; a recalculation only where there is one."""
    lines = [line for part in parts for line in part.lines]
    corrected = any(part.corrected for part in parts)
    return {
        "net": format_som(sum(line.net for line in lines)),
        "tax": format_som(sum(line.tax for line in lines)),
        "gross": format_som(sum(line.gross for line in lines)),
        "opening": format_som(sum(part.opening for part in parts)),
        "charged": format_som(sum(part.charged for part in parts)),
        "corrected": format_som(sum(part.corrected for part in parts)) if corrected else "",
        "paid": format_som(sum(part.paid for part in parts)),
        "due": format_som(sum(part.due for part in parts)),
    }


def _reading(reading: MeterReading) -> dict[str, Any]:
    label = broken(f"{reading.label}, {reading.serial}", *_METER)
    return {
        "label": label,
        "wide": False,
        "breaks": label.count("\n") + 1,
        "previous": reading.previous,
        "previous_on": f"{reading.previous_on:%d.%m.%Y}",
        "current": reading.current,
        "current_on": f"{reading.current_on:%d.%m.%Y}",
        "used": f"{reading.used}\u00a0{reading.unit}",
    }
