"""The sheet of budget lines that owe a relief in the place of residents: opening + charged + recalculated - paid =
closing, for each creditor."""

from __future__ import annotations

from datetime import date

import polars as pl
from aimak.money import plain_som
from aimak.problems import Problem
from aimak.storage.work import UnitOfWork

from aimak_billing.application.kit import Kit
from aimak_billing.application.reports.turnover import Sheet
from aimak_billing.application.tariffs import stored
from aimak_billing.domain.posting import payer_account
from aimak_billing.store.reports import debtors as store
from aimak_billing.store.reports.moves import Books

COLUMNS = ("opening", "charged", "recalculated", "paid", "closing")


def debtors(kit: Kit, work: UnitOfWork) -> list[tuple[str, str]]:
    """Each creditor with each budget line that a tariff of its names, in order: tariffs are never removed."""
    versions, _ = stored(kit, work)
    named = {
        (version.provider, str(component.parameters["payer"]))
        for version in versions
        for component in version.components
        if component.parameters.get("payer")
    }
    return sorted(named)


def sheet(kit: Kit, work: UnitOfWork, since: date, books: Books) -> Sheet:
    """What debtors owed and paid from `since` to the day of `books`, with those that never moved. What residents were
    relieved of and no debtor has is a problem."""
    known = debtors(kit, work)
    named = pl.DataFrame(
        [(provider, payer, payer_account(provider, payer)) for provider, payer in known],
        schema={"provider": pl.String, "payer": pl.String, "debtor": pl.Int64},
        orient="row",
    )
    ids = named.get_column("debtor").to_list()
    sums = store.sums(work, books, since, ids)
    closing = (pl.col("opening") + pl.col("charged") + pl.col("recalculated") - pl.col("paid")).alias("closing")
    rows = named.join(sums, on="debtor", how="left", maintain_order="left").drop("debtor")
    rows = rows.with_columns(pl.col(COLUMNS[:-1]).fill_null(0)).with_columns(closing)
    totals = {name: int(rows[name].sum()) for name in COLUMNS}
    return Sheet(rows, totals, _problems(work, books, ids))


def _problems(work: UnitOfWork, books: Books, ids: list[int]) -> list[Problem]:
    every = store.sums(work, books, date.min, ids)
    said, wanted = int(every["charged"].sum() + every["recalculated"].sum()), store.taken_over(work, books)
    fields = {"column": "charged", "sheet": plain_som(said), "ledger": plain_som(wanted)}
    return [] if said == wanted else [Problem("AIM-B953", fields)]
