"""What payments knows of accounts: numbers, old numbers, and what is owed to whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aimak.storage.work import UnitOfWork
from sqlalchemy import func, insert, literal, select

from aimak_payments.domain.split import SplitRule, Standing
from aimak_payments.domain.terms import ACTIVE


@dataclass(frozen=True)
class Account:
    """An account as partners may ask for it; the holder is masked."""

    account_id: int
    number: str
    holder: str
    status: str


def find(work: UnitOfWork, texts: Iterable[str], *, lock: bool = False) -> dict[str, Account]:
    """Accounts by the text they were asked for with: their number, else an old number. `lock` holds their rows, in
    the order of ids, until the transaction ends."""
    wanted = sorted(set(texts))
    ids = _ids(work, wanted)
    account = work.table("account")
    query = (
        select(account)
        .where(account.c.tenant == work.tenant, account.c.account_id.in_(sorted(set(ids.values()))))
        .order_by(account.c.account_id)
    )
    rows = work.execute(query.with_for_update() if lock else query)
    known = {row.account_id: Account(row.account_id, row.number, row.holder, row.status) for row in rows}
    return {text: known[found] for text, found in ids.items() if found in known}


def _ids(work: UnitOfWork, texts: Sequence[str]) -> dict[str, int]:
    account, alias = work.table("account"), work.table("alias")
    by_alias = select(alias.c.alias, alias.c.account_id).where(alias.c.tenant == work.tenant, alias.c.alias.in_(texts))
    # A number that has moved on may stand at two accounts for a moment: the active one is meant.
    by_number = (
        select(account.c.number, account.c.account_id, account.c.status)
        .where(account.c.tenant == work.tenant, account.c.number.in_(texts))
        .order_by(account.c.account_id)
    )
    found = {row.alias: row.account_id for row in work.execute(by_alias)}
    rows = work.execute(by_number).all()
    for row in sorted(rows, key=lambda row: (row.status == ACTIVE, -row.account_id)):
        found[row.number] = row.account_id
    return found


def numbers(work: UnitOfWork, account_ids: Sequence[int]) -> dict[int, str]:
    """The present numbers of accounts."""
    account = work.table("account")
    query = select(account.c.account_id, account.c.number).where(
        account.c.tenant == work.tenant, account.c.account_id.in_(sorted(set(account_ids)))
    )
    return {row.account_id: row.number for row in work.execute(query)}


def any_known(work: UnitOfWork) -> bool:
    """Whether any account of this tenant is known at all."""
    account = work.table("account")
    query = select(literal(1)).where(account.c.tenant == work.tenant).limit(1)
    return work.execute(query).first() is not None


def standings(work: UnitOfWork, account_ids: Iterable[int]) -> dict[int, list[Standing]]:
    """How accounts stand with each of their providers; an account that nobody serves is not in it."""
    ids = sorted(set(account_ids))
    charged = _sums(work, "receivable", ids)
    taken = _sums(work, "payment_part", ids)
    connection = work.table("connection")
    served = select(connection.c.account_id, connection.c.provider).where(
        connection.c.tenant == work.tenant, connection.c.account_id.in_(ids)
    )
    keys = {(row.account_id, row.provider) for row in work.execute(served)} | charged.keys() | taken.keys()
    found: dict[int, list[Standing]] = defaultdict(list)
    for account_id, provider in sorted(keys):
        key = (account_id, provider)
        found[account_id].append(Standing(provider, charged.get(key, 0), taken.get(key, 0)))
    return dict(found)


def _sums(work: UnitOfWork, name: str, ids: Sequence[int]) -> dict[tuple[int, str], int]:
    table = work.table(name)
    query = (
        select(table.c.account_id, table.c.provider, func.sum(table.c.amount).label("amount"))
        .where(table.c.tenant == work.tenant, table.c.account_id.in_(ids))
        .group_by(table.c.account_id, table.c.provider)
    )
    # PostgreSQL sums bigints to numeric.
    return {(row.account_id, row.provider): int(row.amount) for row in work.execute(query)}


def split_rules(work: UnitOfWork) -> list[SplitRule]:
    """The tenant's rules, the oldest first."""
    rule = work.table("split_rule")
    query = select(rule).where(rule.c.tenant == work.tenant).order_by(rule.c.valid_from)
    return [SplitRule(row.valid_from, row.method) for row in work.execute(query)]


def add_split_rule(work: UnitOfWork, rule: SplitRule, actor: str) -> None:
    """Write a rule."""
    values = {"tenant": work.tenant, "valid_from": rule.valid_from, "method": rule.method}
    work.execute(insert(work.table("split_rule")).values(**values, set_by=actor, set_at=work.now))
