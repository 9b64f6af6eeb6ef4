"""Changes of accounts, connections, residents and addresses; each raises the version that others are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from aimak.batches import in_batches
from aimak.storage.types import dumps
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, func, insert, null, select, update

from aimak_billing.store import accounts


def lock(work: UnitOfWork, account_id: int) -> Row[Any]:
    """An account's own row, locked."""
    table = work.table("account")
    mine = (table.c.tenant == work.tenant) & (table.c.id == account_id)
    return work.execute(select(table).where(mine).with_for_update()).one()


def lock_all(work: UnitOfWork, account_ids: Iterable[int]) -> None:
    """Lock several accounts, in their order: what they have is asked for afterwards."""
    table = work.table("account")
    mine = (table.c.tenant == work.tenant) & table.c.id.in_(sorted(set(account_ids)))
    work.execute(select(table.c.id).where(mine).order_by(table.c.id).with_for_update())


def change_account(work: UnitOfWork, account_id: int, **values: Any) -> None:
    """Write an account's new facts under the next version."""
    table = work.table("account")
    mine = (table.c.tenant == work.tenant) & (table.c.id == account_id)
    work.execute(update(table).where(mine).values(version=table.c.version + 1, **values))


def raise_versions(work: UnitOfWork, account_ids: Sequence[int]) -> None:
    """Accounts are to be told again: something beside them has changed, as a street's name."""
    table = work.table("account")
    for part in in_batches(account_ids, 5_000):
        mine = (table.c.tenant == work.tenant) & table.c.id.in_(part)
        work.execute(update(table).where(mine).values(version=table.c.version + 1))


def end_connections(work: UnitOfWork, rows: Sequence[Row[Any]], day: date, *, left_on: date | None = None) -> None:
    """Connections end; `day` is the first without them, and one that begins later ends as it begins. A statement for
    each day. `left_on`: because the account is left that day."""
    table = work.table("connection")
    # Until when it waits for who moves in is until when it would have lasted.
    waits = {"left_on": left_on, "left_until": null() if left_on is None else table.c.valid_to}
    for end, ids in _by_day((row, max(day, row.valid_from)) for row in rows):
        mine = (table.c.tenant == work.tenant) & table.c.id.in_(ids)
        work.execute(update(table).where(mine).values(valid_to=end, version=table.c.version + 1, **waits))


def _by_day(rows: Iterable[tuple[Row[Any], date]]) -> list[tuple[date, list[int]]]:
    found: dict[date, list[int]] = {}
    for row, day in rows:
        found.setdefault(day, []).append(row.id)
    return sorted(found.items())


def end_waiting(work: UnitOfWork, rows: Iterable[tuple[Row[Any], date]]) -> None:
    """For whoever moves in, another takes the place of connections from a day on, each its own; the whole place where
    it would not have held before."""
    table = work.table("connection")
    for day, ids in _by_day(rows):
        mine = (table.c.tenant == work.tenant) & table.c.id.in_(ids)
        before = (table.c.valid_from < day) & (table.c.left_on < day)
        work.execute(update(table).where(mine, ~before).values(left_on=None, left_until=None))
        work.execute(update(table).where(mine, before).values(left_until=day))


def end_resident(work: UnitOfWork, resident_id: int, day: date) -> None:
    """An entry of the resident register ends; `day` is the first on which it no longer holds."""
    table = work.table("resident")
    mine = (table.c.tenant == work.tenant) & (table.c.id == resident_id)
    work.execute(update(table).where(mine).values(valid_to=day, version=table.c.version + 1))


def drop_resident(work: UnitOfWork, resident_id: int) -> None:
    """An entry that would begin after the one that takes its place."""
    table = work.table("resident")
    work.execute(table.delete().where(table.c.tenant == work.tenant, table.c.id == resident_id))


def address(work: UnitOfWork, kind: str, object_id: int) -> Row[Any] | None:
    """The newest row of an address object of that kind."""
    table = work.table("address")
    mine = (table.c.tenant == work.tenant) & (table.c.id == object_id) & (table.c.kind == kind)
    return work.execute(select(table).where(mine).order_by(table.c.valid_from.desc()).limit(1)).one_or_none()


def streets(work: UnitOfWork) -> Sequence[Row[Any]]:
    """Every name that every street has had, by id and day."""
    table = work.table("address")
    mine = (table.c.tenant == work.tenant) & (table.c.kind == "street")
    return work.execute(select(table).where(mine).order_by(table.c.id, table.c.valid_from)).all()


def facts_by_street(work: UnitOfWork, name: str) -> Sequence[Row[Any]]:
    """street_id, service, from_date, to_date, ground and how many accounts a fact of periods concerns, the newest
    first."""
    fact, connection, account = work.table("period_fact"), work.table("connection"), work.table("account")
    premise = work.table("premise")
    keys = (premise.c.street_id, connection.c.service, fact.c.from_date, fact.c.to_date, fact.c.ground)
    same = (connection.c.tenant == fact.c.tenant) & (connection.c.id == fact.c.connection_id)
    owner = (account.c.tenant == fact.c.tenant) & (account.c.id == fact.c.account_id)
    place = (premise.c.tenant == account.c.tenant) & (premise.c.id == account.c.premise_id)
    query = select(*keys, func.count(fact.c.account_id.distinct()).label("accounts"))
    query = query.join(connection, same).join(account, owner).join(premise, place)
    mine = (fact.c.tenant == work.tenant) & (fact.c.name == name)
    order = (fact.c.from_date.desc(), premise.c.street_id, connection.c.service, fact.c.ground)
    return work.execute(query.where(mine).group_by(*keys).order_by(*order)).all()


def name_address(work: UnitOfWork, row: Mapping[str, Any]) -> None:
    """Give an address object a name from a day on; the same day again replaces the name."""
    table = work.table("address")
    same = (table.c.tenant == work.tenant) & (table.c.id == row["id"]) & (table.c.valid_from == row["valid_from"])
    if not work.execute(update(table).where(same).values(name=row["name"])).rowcount:
        work.execute(insert(table).values(tenant=work.tenant, **row))


def change_connection(
    work: UnitOfWork, connection: Row[Any], day: date, customer_class: str, attributes: Mapping[str, Any], ground: str
) -> Row[Any]:
    """A connection is otherwise from `day` on; what it was on the days before stays in its past. What was known of
    days after `day` gives way. Gives what it was on `day` until now."""
    past, table = work.table("connection_past"), work.table("connection")
    of_it = (past.c.tenant == work.tenant) & (past.c.connection_id == connection.id)
    # What was until this very day is what it was before: changed once more on the same day, it stays that.
    later = work.execute(select(past).where(of_it, past.c.valid_to >= day).order_by(past.c.valid_to)).all()
    before = later[0] if later else connection
    work.execute(past.delete().where(of_it, past.c.valid_to >= day))
    if day > connection.valid_from:
        was = {"customer_class": before.customer_class, "attributes": before.attributes, "ground": ground}
        named = {"connection_id": connection.id, "valid_to": day, "account_id": connection.account_id}
        work.execute(insert(past).values(tenant=work.tenant, **named, **was))
    mine = (table.c.tenant == work.tenant) & (table.c.id == connection.id)
    values = {"customer_class": customer_class, "attributes": dict(attributes), "version": table.c.version + 1}
    work.execute(update(table).where(mine).values(**values))
    return next((row for row in later if row.valid_to > day), connection)


def copy_past(work: UnitOfWork, to: Mapping[int, Mapping[str, Any]]) -> None:
    """What connections (by id) were on days on which others, rows of the register as they are entered, already were,
    those were too. In columns, however many."""
    past = work.table("connection_past")
    mine = (past.c.tenant == work.tenant) & past.c.connection_id.in_(sorted(to))
    query = select(past).where(mine).order_by(past.c.connection_id, past.c.valid_to)
    rows = []
    for row in work.execute(query).mappings():
        made = to[row["connection_id"]]
        if row["valid_to"] > made["valid_from"]:
            own = {"connection_id": made["id"], "account_id": made["account_id"]}
            kept = {name: value for name, value in row.items() if name != "tenant"}
            rows.append({**kept, **own, "attributes": dumps(row["attributes"])})
    accounts.add_rows(work, "connection_past", rows)
