"""The bill's own words, in the reader's language."""

from __future__ import annotations

from functools import cache

from aimak.period import Period
from aimak.texts import translate
from babel.dates import format_date

WORDS = (
    "account", "advance", "bank_account", "by_creditor", "charged", "charges", "corrected", "creditor",
    "due", "due_by", "explanations", "gross", "holder", "issued", "meter", "net", "nothing_due", "number",
    "old_numbers", "opening", "paid", "places", "previous", "current", "price", "quantity", "readings", "residents",
    "scan", "service", "som", "tax", "tax_number", "title", "total", "used",
)  # fmt: skip


@cache
def words(lang: str) -> dict[str, str]:
    """The fixed words of the bill by their short names."""
    return {word: translate("aimak_billing", f"bill.{word}", lang) or word for word in WORDS}


def period_title(period: Period, lang: str) -> str:
    """A month as "Октябрь 2026"; another period as its first and last day."""
    if period == Period.month_of(period.start):
        title = format_date(period.start, "LLLL y", locale=lang)
        return title[:1].upper() + title[1:]
    return f"{period.start:%d.%m.%Y} – {period.last_day:%d.%m.%Y}"
