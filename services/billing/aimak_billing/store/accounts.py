"""Accounts and what hangs on them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from aimak.batches import in_batches
from aimak.storage import bulk
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, Date, Integer, Row, Select, or_, select

from aimak_billing.domain.addresses import EARLIEST, HOUSE, STREET

BATCH = 5_000
# So many digits are a phone's number, not a house's.
PHONE_DIGITS = 6


def add_rows(work: UnitOfWork, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows of one table at once; JSON columns come as text."""
    if not rows:
        return
    table = work.table(name)
    names = ["tenant", *rows[0]]
    schema = {column: _polars_type(table.c[column]) for column in names}
    columns: dict[str, list[Any]] = {column: [row[column] for row in rows] for column in names[1:]}
    frame = pl.DataFrame({"tenant": [work.tenant] * len(rows), **columns}, schema=schema)
    bulk.load(work, table, frame)


def _polars_type(column: Any) -> Any:
    if isinstance(column.type, Date):
        return pl.Date
    return pl.Int64 if isinstance(column.type, Integer) else pl.String


def by_numbers(work: UnitOfWork, numbers: Collection[str]) -> dict[str, Row[Any]]:
    """Accounts by their own numbers (not aliases), with customer and premise."""
    account = work.table("account")
    query = _described(work).where(account.c.number.in_(list(numbers)))
    return {row.number: row for row in work.execute(query)}


def ids_by_name(work: UnitOfWork, names: Collection[str]) -> dict[str, int]:
    """Account ids by number or alias."""
    account, alias = work.table("account"), work.table("account_alias")
    wanted = list(names)
    found = select(account.c.number, account.c.id).where(account.c.tenant == work.tenant, account.c.number.in_(wanted))
    other = select(alias.c.alias, alias.c.account_id).where(alias.c.tenant == work.tenant, alias.c.alias.in_(wanted))
    return {row[0]: row[1] for query in (other, found) for row in work.execute(query)}


def one(work: UnitOfWork, account_id: int) -> Row[Any] | None:
    """One account with customer and premise."""
    return work.execute(_described(work).where(work.table("account").c.id == account_id)).one_or_none()


def described(work: UnitOfWork, account_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Accounts with customer and premise, in the order of their ids."""
    account = work.table("account")
    return work.execute(_described(work).where(account.c.id.in_(list(account_ids))).order_by(account.c.id)).all()


def _described(work: UnitOfWork) -> Select[Any]:
    account, customer, premise = work.table("account"), work.table("customer"), work.table("premise")
    holder = (customer.c.tenant == account.c.tenant) & (customer.c.id == account.c.customer_id)
    place = (premise.c.tenant == account.c.tenant) & (premise.c.id == account.c.premise_id)
    facts = (customer.c.name.label("holder"), customer.c.phone, customer.c.language, premise.c.kind)
    parts = (premise.c.street_id, premise.c.house_id, premise.c.flat_id)
    query = select(account, *facts, *parts).join(customer, holder).join(premise, place)
    return query.where(account.c.tenant == work.tenant)


def listed(work: UnitOfWork, search: str | None, after: int, limit: int) -> Sequence[Row[Any]]:
    """Accounts above `after` by id. `search` is part of a holder's name, the beginning of a number (an old one, too), a
    street, also with its house, or the end of a phone's number."""
    account = work.table("account")
    query = _described(work).where(account.c.id > after)
    if search and (text := search.strip()):
        query = query.where(or_(*_ways(work, text)))
    return work.execute(query.order_by(account.c.id).limit(limit)).all()


def _ways(work: UnitOfWork, text: str) -> Iterator[ColumnElement[bool]]:
    account, customer, premise = work.table("account"), work.table("customer"), work.table("premise")
    yield customer.c.folded.contains(text.casefold(), autoescape=True)
    yield account.c.number.startswith(text, autoescape=True)
    alias = work.table("account_alias")
    old = (alias.c.tenant == work.tenant) & alias.c.alias.startswith(text, autoescape=True)
    yield account.c.id.in_(select(alias.c.account_id).where(old))
    phone = "".join(sign for sign in text if sign.isdigit()).lstrip("0")
    if len(phone) >= PHONE_DIGITS and not any(sign.isalpha() for sign in text):
        yield customer.c.phone.endswith(phone)
    if streets := _streets(work, text):
        yield premise.c.street_id.in_(streets)
    street, _, house = text.rpartition(" ")
    if street and (streets := _streets(work, street)):
        address = work.table("address")
        there = (address.c.tenant == work.tenant) & (address.c.kind == HOUSE) & address.c.parent_id.in_(streets)
        yield premise.c.house_id.in_(select(address.c.id).where(there, address.c.name == house))


def _streets(work: UnitOfWork, text: str) -> list[int]:
    """Streets whose name, now or before, holds the text; SQLite cannot compare Cyrillic letters of either case."""
    table = work.table("address")
    query = select(table.c.id, table.c.name).where(table.c.tenant == work.tenant, table.c.kind == STREET)
    return sorted({row.id for row in work.execute(query) if text.casefold() in row.name.casefold()})


def batches(work: UnitOfWork) -> Iterator[Sequence[Row[Any]]]:
    """All accounts in order, some thousand at a time."""
    after = 0
    while rows := listed(work, None, after, BATCH):
        yield rows
        after = rows[-1].id


def address_names(work: UnitOfWork, ids: Collection[int | None], day: date | None = None) -> dict[int, str]:
    """Names of address objects as they are called now, or as they were on a day."""
    table = work.table("address")
    wanted = [number for number in ids if number is not None]
    query = select(table.c.id, table.c.name).where(table.c.tenant == work.tenant, table.c.id.in_(wanted))
    if day is not None:
        query = query.where(table.c.valid_from <= day)
    rows = work.execute(query.order_by(table.c.id, table.c.valid_from))
    return {row.id: row.name for row in rows}


def add_addresses(work: UnitOfWork, objects: Mapping[int, tuple[str, int | None, str]]) -> None:
    """Insert address objects (id → kind, parent, name) that are not there yet."""
    known = address_names(work, objects)
    rows = [
        {"id": key, "valid_from": EARLIEST, "kind": kind, "parent_id": parent, "name": name}
        for key, (kind, parent, name) in objects.items()
        if key not in known
    ]
    add_rows(work, "address", rows)


def connections_of(work: UnitOfWork, account_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Connections of some accounts, in order."""
    table = work.table("connection")
    mine = (table.c.tenant == work.tenant) & table.c.account_id.in_(list(account_ids))
    return work.execute(select(table).where(mine).order_by(table.c.account_id, table.c.id)).all()


def owners(work: UnitOfWork, connection_ids: Collection[int]) -> dict[int, int]:
    """The account of each of these connections."""
    return _at_connections(work, "account_id", connection_ids)


def services_of(work: UnitOfWork, connection_ids: Collection[int]) -> dict[int, str]:
    """The service of each of these connections."""
    return _at_connections(work, "service", connection_ids)


def classes_of(work: UnitOfWork, connection_ids: Collection[int]) -> dict[int, str]:
    """The customer's class at each of these connections."""
    return _at_connections(work, "customer_class", connection_ids)


def _at_connections(work: UnitOfWork, name: str, connection_ids: Collection[int]) -> dict[int, Any]:
    table = work.table("connection")
    found: dict[int, Any] = {}
    for part in in_batches(sorted(connection_ids), BATCH):
        query = select(table.c.id, table.c[name]).where(table.c.tenant == work.tenant, table.c.id.in_(part))
        found |= {key: value for key, value in map(tuple, work.execute(query))}
    return found


def connections_above(work: UnitOfWork, after: int, limit: int) -> Sequence[Row[Any]]:
    """Connections in the order of their ids."""
    table = work.table("connection")
    mine = (table.c.tenant == work.tenant) & (table.c.id > after)
    return work.execute(select(table).where(mine).order_by(table.c.id).limit(limit)).all()


def residents_of(work: UnitOfWork, account_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Entries of the resident register of some accounts, in order of date."""
    table = work.table("resident")
    mine = (table.c.tenant == work.tenant) & table.c.account_id.in_(list(account_ids))
    return work.execute(select(table).where(mine).order_by(table.c.account_id, table.c.valid_from, table.c.id)).all()


def change_residents(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write entries of the resident register again, each by its id; all give the same columns."""
    if rows:
        table = work.table("resident")
        schema = {column: _polars_type(table.c[column]) for column in rows[0]}
        frame = pl.DataFrame({column: [row[column] for row in rows] for column in schema}, schema=schema)
        bulk.change(work, table, frame.with_columns(pl.lit(work.tenant).alias("tenant")), ("tenant", "id"))


def aliases_of(work: UnitOfWork, account_id: int) -> list[str]:
    """Other numbers of an account, in order."""
    table = work.table("account_alias")
    query = select(table.c.alias).where(table.c.tenant == work.tenant, table.c.account_id == account_id)
    return list(work.execute(query.order_by(table.c.alias)).scalars())


def aliases_of_many(work: UnitOfWork, account_ids: Collection[int]) -> dict[int, list[str]]:
    """Other numbers of accounts, in order, by account id."""
    table = work.table("account_alias")
    mine = (table.c.tenant == work.tenant) & table.c.account_id.in_(list(account_ids))
    found: dict[int, list[str]] = {}
    for row in work.execute(select(table).where(mine).order_by(table.c.account_id, table.c.alias)):
        found.setdefault(row.account_id, []).append(row.alias)
    return found


def aliases_above(work: UnitOfWork, after: str, limit: int) -> Sequence[Row[Any]]:
    """Aliases in order."""
    table = work.table("account_alias")
    mine = (table.c.tenant == work.tenant) & (table.c.alias > after)
    return work.execute(select(table).where(mine).order_by(table.c.alias).limit(limit)).all()
