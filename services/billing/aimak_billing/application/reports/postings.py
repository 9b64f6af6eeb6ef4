"""Postings for the accountants' general ledger (1C): a line for each day, operation, creditor, service and class."""

from __future__ import annotations

from datetime import date

import polars as pl
from aimak.entries import account_id
from aimak.money import plain_som
from aimak.problems import Problem
from aimak.storage.work import UnitOfWork

from aimak_billing.application.reports.turnover import Sheet
from aimak_billing.domain.posting import BUDGET_PAYMENT, RELIEF
from aimak_billing.store import registers
from aimak_billing.store.reports import postings as store
from aimak_billing.store.reports.moves import Books, tax_accounts
from aimak_billing.store.reports.turnover import receivables

RECEIVABLE = "receivable"
# What a budget line owes stands where the relief put it; what residents owe in the receivable.
OWED = {BUDGET_PAYMENT: RELIEF}
# What the receivable stands against, by the kind of a transfer; other kinds stand against their own name.
REVENUE, TAX_PAYABLE, SETTLEMENTS = "revenue", "tax_payable", "settlements"
AGAINST = {
    "charge": REVENUE,
    "adjustment": REVENUE,
    "tax": TAX_PAYABLE,
    "payment": SETTLEMENTS,
    "refund": SETTLEMENTS,
}
COLUMNS = ("day", "kind", "provider", "tax_number", "service", "class", "debit", "credit", "count", "amount")


def sheet(work: UnitOfWork, since: date, books: Books) -> Sheet:
    """Postings from `since` to the day of `books` in the order of days, what the budget paid among them. What is a
    creditor's balance before and after differs by just the lines of residents, or there is a problem."""
    found = store.by_day(work, since, books)
    numbers = {row.code: row.tax_number for row in registers.providers(work)}
    # A cancellation takes back what stood against different things, and says so by its ledger account alone.
    undone = pl.col("undone").replace_strict(_books(work, found), default=RELIEF, return_dtype=pl.String)
    against = pl.when(pl.col("undone").is_null()).then(pl.col("kind").replace(AGAINST)).otherwise(undone)
    owed = pl.col("kind").replace_strict(OWED, default=RECEIVABLE, return_dtype=pl.String)
    raises = pl.col("raises") == 1
    rows = found.with_columns(
        pl.col("provider").replace_strict(numbers, default="", return_dtype=pl.String).alias("tax_number"),
        pl.when(raises).then(owed).otherwise(against).alias("debit"),
        pl.when(raises).then(against).otherwise(owed).alias("credit"),
    )
    rows = rows.group_by(COLUMNS[:-2]).agg(pl.col("count", "amount").sum())
    rows = rows.select(COLUMNS).sort(COLUMNS[:-1], nulls_last=True)
    found = found.filter(pl.col("kind") != BUDGET_PAYMENT)
    signed = found.select(pl.when(raises).then("amount").otherwise(-pl.col("amount")).sum().alias("moved"))
    before = Books(date.fromordinal(since.toordinal() - 1), books.as_of)
    moved = int(signed["moved"][0])
    opened = found.filter(pl.col("kind") == "opening")
    early = int(opened.select(pl.when(raises).then("amount").otherwise(-pl.col("amount")).sum())[:, 0][0])
    wanted = sum(receivables(work, books).values()) - sum(receivables(work, before).values()) + early
    said = {"column": "amount", "sheet": plain_som(moved), "ledger": plain_som(wanted)}
    return Sheet(rows, {"amount": int(rows["amount"].sum())}, [] if moved == wanted else [Problem("AIM-B953", said)])


def _books(work: UnitOfWork, found: pl.DataFrame) -> dict[int, str]:
    """What ledger accounts that cancellations take from are called; those of debtors of the budget are not in it."""
    books = dict.fromkeys(tax_accounts(work), TAX_PAYABLE)
    for provider, service in found.select("provider", "service").unique().iter_rows():
        books[account_id("revenue", provider, service or "")] = REVENUE
    for row in registers.providers(work):
        named = {"written_off": "write_off", "between": "transfer", "refund": SETTLEMENTS}
        books |= {account_id(kind, row.code): book for kind, book in named.items()}
    return books
