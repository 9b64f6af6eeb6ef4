"""What a run comes to beside the periods before it, by service, provider, class or street."""

from __future__ import annotations

from typing import Any

from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, Select, func, select

from aimak_billing.domain.cycle import ENDED
from aimak_billing.store import issued
from aimak_billing.store.cancellations import in_force

OF_TOTALS = ("service", "provider", "customer_class")
STREET = "street"


def of_run(work: UnitOfWork, run_id: int, by: str) -> dict[Any, int]:
    """Gross of a run's bills as previewed (tyiyn), by the dimension; a street by its id, None where there is none."""
    if by == STREET:
        bill = work.table("run_bill")
        return _sums(work, _by_street(work, bill).where(bill.c.run_id == run_id))
    table = work.table("run_total")
    query = select(table.c[by], func.sum(table.c.net + table.c.tax)).where(table.c.run_id == run_id)
    return _sums(work, query.where(table.c.tenant == work.tenant).group_by(table.c[by]))


def of_month(work: UnitOfWork, run: Row[Any], by: str) -> dict[Any, int]:
    """Gross of the month whose own run this is, as `of_run`: with what other runs issued where some did, and what this
    one has in preview; that alone where it bills all of them anew. What was issued after the preview is in it already
    or, of whom it has not seen, waits for the next one."""
    anew = run.replaces and run.state not in ENDED
    if anew or all(one.id == run.id for one in issued.runs(work, run.period)):
        return of_run(work, run.id, by)
    if run.state in ENDED or not run.attempt:
        return of_period(work, run.period, by)
    sums = of_period(work, run.period, by, run.turn)
    for key, gross in of_run(work, run.id, by).items():
        sums[key] = sums.get(key, 0) + gross
    return sums


def of_period(work: UnitOfWork, period: str, by: str, before: int | None = None) -> dict[Any, int]:
    """Gross of a period that was issued: by street of the bills in force; by the rest as its run issued it,
    or of the bills in force where others did. `before`: what was issued before that turn."""
    if by == STREET:
        bill, made = work.table("bill"), [run.id for run in issued.runs(work, period, before)]
        stands = in_force(work, bill.c.id)
        if before is not None:
            # As it was: what a later run cancelled, it has issued anew since.
            stands = bill.c.id.not_in(issued.cancelled_bills(work, period, before))
        return _sums(work, _by_street(work, bill).where(bill.c.run_id.in_(made), stands))
    return {row[0]: int(row.net + row.tax) for row in issued.totals(work, period, (by,), before)}


def _by_street(work: UnitOfWork, bill: Any) -> Select[Any]:
    account, premise = work.table("account"), work.table("premise")
    owner = (account.c.tenant == bill.c.tenant) & (account.c.id == bill.c.account_id)
    place = (premise.c.tenant == account.c.tenant) & (premise.c.id == account.c.premise_id)
    query = select(premise.c.street_id, func.sum(bill.c.net + bill.c.tax)).select_from(bill)
    return (
        query.join(account, owner)
        .join(premise, place)
        .where(bill.c.tenant == work.tenant)
        .group_by(premise.c.street_id)
    )


def _sums(work: UnitOfWork, query: Select[Any]) -> dict[Any, int]:
    rows: list[Row[Any]] = list(work.execute(query).all())
    return {row[0]: int(row[1]) for row in rows}
