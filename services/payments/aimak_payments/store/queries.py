"""Statements on the way of a payment, built once for each service: building one takes longer than running it.

All take `tenant`; a list is an expanding parameter. Accounts found by number are not sorted here: SQLite would walk
through every account of the tenant to have them in the order of their key.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, MetaData, Select, bindparam, func, literal, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

# A process holds one service, a test run some.
_SERVICES = 8

_TENANT: BindParameter[str] = bindparam("tenant")


@lru_cache(_SERVICES)
def accounts_by_number(metadata: MetaData) -> Select[Any]:
    """Accounts whose number is one of `texts`."""
    account = metadata.tables["account"]
    wanted: BindParameter[Any] = bindparam("texts", expanding=True)
    return select(account).where(account.c.tenant == _TENANT, account.c.number.in_(wanted))


@lru_cache(_SERVICES)
def accounts_by_alias(metadata: MetaData) -> Select[Any]:
    """Accounts that were known as one of `texts`, with the `text`."""
    account, alias = metadata.tables["account"], metadata.tables["alias"]
    same = (account.c.tenant == alias.c.tenant) & (account.c.account_id == alias.c.account_id)
    return (
        select(alias.c.alias.label("text"), account)
        .join(account, same)
        .where(alias.c.tenant == _TENANT, alias.c.alias.in_(bindparam("texts", expanding=True)))
    )


@lru_cache(_SERVICES)
def standings(metadata: MetaData) -> CompoundSelect[Any]:
    """Account, provider, what was charged, what was taken, for the accounts of `ids`; several rows of one pair add
    up, and who serves an account stands there with 0."""
    receivable, part, connection = (metadata.tables[name] for name in ("receivable", "payment_part", "connection"))
    ids: BindParameter[Any] = bindparam("ids", expanding=True)
    nothing = literal(0)
    charged = select(receivable.c.account_id, receivable.c.provider, func.sum(receivable.c.amount), nothing)
    taken = select(part.c.account_id, part.c.provider, nothing, func.sum(part.c.amount))
    served = select(connection.c.account_id, connection.c.provider, nothing, nothing)
    return union_all(
        charged.where(receivable.c.tenant == _TENANT, receivable.c.account_id.in_(ids)).group_by(
            receivable.c.account_id, receivable.c.provider
        ),
        taken.where(part.c.tenant == _TENANT, part.c.account_id.in_(ids)).group_by(part.c.account_id, part.c.provider),
        served.where(connection.c.tenant == _TENANT, connection.c.account_id.in_(ids)),
    )


@lru_cache(_SERVICES)
def split_rules(metadata: MetaData) -> Select[Any]:
    """The tenant's rules, the oldest first."""
    rule = metadata.tables["split_rule"]
    return select(rule).where(rule.c.tenant == _TENANT).order_by(rule.c.valid_from)


@lru_cache(_SERVICES)
def answers(metadata: MetaData) -> Select[Any]:
    """Answers that were given to `ids` of a `partner`."""
    answer = metadata.tables["answer"]
    wanted: BindParameter[Any] = bindparam("ids", expanding=True)
    mine = (answer.c.tenant == _TENANT) & (answer.c.partner == bindparam("partner"))
    return select(answer).where(mine, answer.c.external_id.in_(wanted))


@lru_cache(_SERVICES)
def new_answers(metadata: MetaData, is_sqlite: bool) -> Any:
    """Insert answers whose ids are not there yet; gives the ids of those."""
    answer = metadata.tables["answer"]
    insert = sqlite.insert if is_sqlite else postgresql.insert
    return insert(answer).on_conflict_do_nothing().returning(answer.c.external_id)


@lru_cache(_SERVICES)
def partner_version(metadata: MetaData) -> Select[Any]:
    """The version of a partner by its `code`."""
    table = metadata.tables["partner"]
    return select(table.c.version).where(table.c.tenant == _TENANT, table.c.code == bindparam("code"))


@lru_cache(_SERVICES)
def partner(metadata: MetaData) -> Select[Any]:
    """A partner by its `code`, once for each of its credentials."""
    table, credential = metadata.tables["partner"], metadata.tables["credential"]
    same = (credential.c.tenant == table.c.tenant) & (credential.c.partner == table.c.code)
    return (
        select(table, credential.c.login, credential.c.secret_hash)
        .outerjoin(credential, same)
        .where(table.c.tenant == _TENANT, table.c.code == bindparam("code"))
        .order_by(credential.c.login)
    )
