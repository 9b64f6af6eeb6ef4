"""What a resident is told. Every text is complete without a link and follows from its facts alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from aimak import texts
from aimak.languages import spoken
from aimak.money import plain_som

from aimak_notifications.domain.segmentation import Segments, plain, segment

PACKAGE = "aimak_notifications"
# A bill in Cyrillic costs two parts; a shorter wording is taken before a third is paid for.
AIMED_PARTS = 2

Names = Mapping[str, str]


@dataclass(frozen=True)
class Reader:
    """Who reads it: the account's number, the town's name (language → name) and the reader's language."""

    account: str
    town: Names
    language: str


@dataclass(frozen=True)
class BillFacts:
    """One bill. `charges`: service code and gross tyiyn in the bill's order; `opening` > 0 is debt, < 0 an advance;
    `due` <= 0 means that nothing is to be paid."""

    period: str
    due_on: date
    opening: int
    due: int
    charges: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class ReceiptFacts:
    """One payment: the whole amount in tyiyn, the partner's code, the business date, the partner's name."""

    amount: int
    partner: str
    paid_on: date
    name: str


def charges_of(services: str) -> list[tuple[str, int]]:
    """The charges in a bill event's `services` column. Raises ValueError for what is not [[code, tyiyn], …]."""
    return [(str(code), int(amount)) for code, amount in json.loads(services)]


def named_here(service: str) -> bool:
    """Whether the catalogue has a short word of its own for this service."""
    return _template(f"service.{service}", texts.DEFAULT_LANGUAGE) is not None


def bill_message(bill: BillFacts, reader: Reader, names: Mapping[str, Names]) -> Segments:
    """The bill in the reader's words, in two parts where a wording allows it. `names`: service → language → name,
    for services that the catalogue has no short word for."""
    fields = {
        "town": _town(spoken(reader.town, reader.language), reader.language),
        "account": reader.account,
        "period": _period(bill.period, "{month}.{year}"),
        "month": _period(bill.period, "{month}.{short_year}"),
        "charges": _charges(bill, reader.language, names),
        "opening": _opening(bill.opening, reader.language),
        "due": plain_som(bill.due),
        "rest": plain_som(-bill.due),
        "due_on": f"{bill.due_on:%d.%m.%Y}",
        "due_day": f"{bill.due_on:%d.%m}",
    }
    fullest, *shorter = _bill_wordings(bill.due)
    chosen = _segments(fullest, reader.language, fields)
    for msgid in shorter:
        if len(chosen.parts) > AIMED_PARTS:
            chosen = min(chosen, _segments(msgid, reader.language, fields), key=lambda wording: len(wording.parts))
    return chosen


def receipt_message(receipt: ReceiptFacts, reader: Reader) -> Segments:
    """The receipt in the reader's words; a partner whose name would cost a part more is called by its code. No balance:
    it would depend on what else had arrived by then."""
    fields = {
        "town": _town(spoken(reader.town, reader.language), reader.language),
        "account": reader.account,
        "amount": plain_som(receipt.amount),
        "paid_on": f"{receipt.paid_on:%d.%m.%Y}",
    }
    chosen = _segments("sms.receipt", reader.language, {**fields, "partner": receipt.name or receipt.partner})
    if len(chosen.parts) == 1:
        return chosen
    by_code = _segments("sms.receipt", reader.language, {**fields, "partner": receipt.partner})
    return min(chosen, by_code, key=lambda wording: len(wording.parts))


def _bill_wordings(due: int) -> tuple[str, ...]:
    if due > 0:
        return ("sms.bill", "sms.bill.short")
    return ("sms.bill.settled",) if due == 0 else ("sms.bill.nothing_due",)


def _segments(msgid: str, language: str, fields: Mapping[str, str]) -> Segments:
    return segment(plain(_text(msgid, language, **fields)))


def _charges(bill: BillFacts, language: str, names: Mapping[str, Names]) -> str:
    told = [f"{_service(code, language, names)} {plain_som(amount)}" for code, amount in bill.charges]
    return ", ".join(told) or _text("sms.bill.no_charges", language)


def _service(code: str, language: str, names: Mapping[str, Names]) -> str:
    return _template(f"service.{code}", language) or spoken(names.get(code, {}), language) or code


def _opening(opening: int, language: str) -> str:
    if opening == 0:
        return ""
    return _text("sms.bill.debt" if opening > 0 else "sms.bill.overpaid", language, amount=plain_som(abs(opening)))


@cache
def _town(name: str, language: str) -> str:
    """The name without "town of": everyone knows what it is, and it would cost a part. A word is left out only at the
    end where the language puts it ("город Талас", but "Мой город" stays)."""
    left_out = _text("sms.town_words", language).split()
    before, _, after = name.partition(" ")
    if after and f"{before.casefold()}…" in left_out:
        return after
    before, _, after = name.rpartition(" ")
    return before if before and f"…{after.casefold()}" in left_out else name


def _period(name: str, form: str) -> str:
    """A month as people write it; a period of another kind keeps its name."""
    year, _, month = name.partition("-")
    return form.format(month=month, year=year, short_year=year[2:]) if month.isdecimal() else name


def _text(msgid: str, language: str, **fields: str) -> str:
    template = _template(msgid, language)
    assert template is not None, f"{msgid} is in no catalogue"
    return template.format(**fields)


@cache
def _template(msgid: str, language: str) -> str | None:
    """The catalogue's text as it stands. Thousands of messages are made of a few of them."""
    found = (texts.catalogue(PACKAGE, lang).get(msgid) for lang in (language, texts.DEFAULT_LANGUAGE, "en"))
    return next((text for text in found if text is not None), None)
