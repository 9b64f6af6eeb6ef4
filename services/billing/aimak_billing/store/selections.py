"""Which accounts a selection names."""

from __future__ import annotations

from aimak.storage.work import UnitOfWork
from sqlalchemy import select


def of_street(work: UnitOfWork, street_id: int) -> list[int]:
    """Accounts whose premise stands in a street, in order."""
    account, premise = work.table("account"), work.table("premise")
    place = (premise.c.tenant == account.c.tenant) & (premise.c.id == account.c.premise_id)
    mine = (account.c.tenant == work.tenant) & (premise.c.street_id == street_id)
    return list(work.execute(select(account.c.id).join(premise, place).where(mine).order_by(account.c.id)).scalars())


def touched(work: UnitOfWork, period: str) -> list[int]:
    """Accounts of which something became known after a period was billed, and that nothing has settled yet."""
    table = work.table("touched")
    mine = (table.c.tenant == work.tenant) & (table.c.period == period) & table.c.bill_id.is_(None)
    query = select(table.c.account_id).where(mine).distinct().order_by(table.c.account_id)
    return list(work.execute(query).scalars())


def of_service(work: UnitOfWork, service: str, provider: str) -> list[int]:
    """Accounts that have, or had, a service of a provider, in order."""
    connection = work.table("connection")
    mine = (connection.c.tenant == work.tenant) & (connection.c.service == service)
    query = select(connection.c.account_id).where(mine, connection.c.provider == provider).distinct()
    return list(work.execute(query.order_by(connection.c.account_id)).scalars())


def last_of(work: UnitOfWork, selection: str) -> list[int]:
    """The accounts of the last run over a selection that names them one by one, in order; none where there was no
    such run."""
    run, member = work.table("run"), work.table("run_member")
    mine = (run.c.tenant == work.tenant) & (run.c.selection == selection)
    last = work.execute(select(run.c.id).where(mine).order_by(run.c.turn.desc()).limit(1)).scalar()
    query = select(member.c.account_id).where(member.c.tenant == work.tenant, member.c.run_id == last)
    return list(work.execute(query.order_by(member.c.account_id)).scalars()) if last is not None else []
