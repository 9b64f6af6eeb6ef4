"""What payments knows of accounts: numbers, old numbers, and what is owed to whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, insert, literal, select

from aimak_payments.domain.split import SplitRule, Standing
from aimak_payments.domain.terms import ACTIVE
from aimak_payments.store import queries


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
    if not wanted:
        return {}
    rows = work.fetch(queries.accounts_by_number(work.metadata), {"tenant": work.tenant, "texts": wanted})
    # A number that has moved on may stand at two accounts for a moment: the active one is meant.
    ordered = sorted(rows, key=lambda row: (row.status == ACTIVE, -row.account_id))
    found = {row.number: _account(row) for row in ordered}
    if others := [text for text in wanted if text not in found]:
        rows = work.fetch(queries.accounts_by_alias(work.metadata), {"tenant": work.tenant, "texts": others})
        found |= {row.text: _account(row) for row in rows}
    return _locked(work, found) if lock and not work.is_sqlite else found


def _account(row: Row[Any]) -> Account:
    return Account(row.account_id, row.number, row.holder, row.status)


def _locked(work: UnitOfWork, found: Mapping[str, Account]) -> dict[str, Account]:
    """The same accounts as they stand once nobody else holds them."""
    account = work.table("account")
    ids = sorted({known.account_id for known in found.values()})
    query = select(account).where(account.c.tenant == work.tenant, account.c.account_id.in_(ids))
    rows = work.execute(query.order_by(account.c.account_id).with_for_update())
    held = {row.account_id: _account(row) for row in rows}
    return {text: held[known.account_id] for text, known in found.items() if known.account_id in held}


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
    if not ids:
        return {}
    rows = work.fetch(queries.standings(work.metadata), {"tenant": work.tenant, "ids": ids})
    sums: dict[tuple[int, str], tuple[int, int]] = {}
    for account_id, provider, charged, taken in map(tuple, rows):
        before_charged, before_taken = sums.get((account_id, provider), (0, 0))
        # PostgreSQL sums bigints to numeric.
        sums[account_id, provider] = before_charged + int(charged), before_taken + int(taken)
    found: dict[int, list[Standing]] = defaultdict(list)
    for (account_id, provider), (charges, parts) in sorted(sums.items()):
        found[account_id].append(Standing(provider, charges, parts))
    return dict(found)


def split_rules(work: UnitOfWork) -> list[SplitRule]:
    """The tenant's rules, the oldest first."""
    rows = work.fetch(queries.split_rules(work.metadata), {"tenant": work.tenant})
    return [SplitRule(row.valid_from, row.method) for row in rows]


def add_split_rule(work: UnitOfWork, rule: SplitRule, actor: str) -> None:
    """Write a rule."""
    values = {"tenant": work.tenant, "valid_from": rule.valid_from, "method": rule.method}
    work.execute(insert(work.table("split_rule")).values(**values, set_by=actor, set_at=work.now))
