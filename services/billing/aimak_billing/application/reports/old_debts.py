"""Debts that became too old, and who last had the account in hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from aimak.storage.work import UnitOfWork

from aimak_billing.application.reports import ageing
from aimak_billing.domain.ageing import AGES
from aimak_billing.store.reports import changes as store
from aimak_billing.store.reports.moves import Books

OLDEST = AGES[-1]


def grown_old(work: UnitOfWork, since: date, books: Books) -> dict[str, Any]:
    """Debts older than three years on the day of `books`, by account and creditor, the largest first: how much, how
    much of it became that old after `since`, and who last did something to the account, when and what. What nobody
    ever did anything about names nobody."""
    now = _old(work, books)
    before = _old(work, Books(since, books.as_of)).rename({"old": "old_before"})
    joined = now.join(before, on=["account", "provider"], how="left").with_columns(pl.col("old_before").fill_null(0))
    fresh = pl.max_horizontal(pl.col("old") - pl.col("old_before"), pl.lit(0)).alias("fresh")
    rows = joined.with_columns(fresh).sort("old", "account", "provider", descending=[True, False, False])
    hands = store.last_hands(work, rows["account"].to_list())
    debts = [
        {"account": row["account"], "provider": row["provider"], "old_tyiyn": row["old"], "fresh_tyiyn": row["fresh"]}
        | hands.get(row["account"], {"actor": None, "at": None, "action": None})
        for row in rows.iter_rows(named=True)
    ]
    return {"debts": debts, "old_tyiyn": int(rows["old"].sum()), "fresh_tyiyn": int(rows["fresh"].sum())}


def _old(work: UnitOfWork, books: Books) -> pl.DataFrame:
    rows = ageing.sheet(work, books, ("account", "provider")).rows
    return rows.filter(pl.col(OLDEST) > 0).select("account", "provider", pl.col(OLDEST).alias("old"))
