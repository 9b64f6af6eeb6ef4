"""Metering's queries."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from aimak.batches import in_batches
from aimak.storage.statements import insert_into
from aimak.storage.work import UnitOfWork
from sqlalchemy import BindParameter, ColumnElement, Row, Select, Table, and_, bindparam, func, select, update

PAGE = 20_000
# Fewer parameters than either database allows in one statement.
_AT_ONCE = 10_000
KEPT = ("accepted", "held")


def accounts(work: UnitOfWork, numbers: Collection[str]) -> dict[str, int]:
    """Number or alias → account id. A number in use goes before an alias of the same text."""
    account, alias = work.table("account"), work.table("alias")
    found = {row.number: row.account_id for row in _among(work, account, "number", numbers)}
    missing = set(numbers) - found.keys()
    return {row.alias: row.account_id for row in _among(work, alias, "alias", missing)} | found


def account(work: UnitOfWork, account_id: int) -> Row[Any] | None:
    """One account."""
    table = work.table("account")
    mine = (table.c.tenant == work.tenant) & (table.c.account_id == account_id)
    return work.execute(select(table).where(mine)).one_or_none()


def connections(work: UnitOfWork, account_ids: Collection[int]) -> list[Row[Any]]:
    """The connections of these accounts, the newest last."""
    table = work.table("connection")
    found = _among(work, table, "account_id", account_ids)
    return sorted(found, key=lambda row: (row.valid_from, row.connection_id))


def ever_held(connection: Row[Any]) -> bool:
    """Whether a connection has a day at all; one that ended as it began waits for who moves in, at the most."""
    return connection.valid_to is None or bool(connection.valid_to > connection.valid_from)


def meters(work: UnitOfWork, account_ids: Collection[int], *, lock: bool = False) -> list[Row[Any]]:
    """The meters of these accounts, in the order of their ids; locked until the transaction ends where asked."""
    table = work.table("meter")
    return _among(work, table, "account_id", account_ids, "meter_id", lock=lock)


def meter(work: UnitOfWork, meter_id: int) -> Row[Any]:
    """One meter, locked until the transaction ends."""
    table = work.table("meter")
    mine = (table.c.tenant == work.tenant) & (table.c.meter_id == meter_id)
    return work.execute(select(table).where(mine).with_for_update()).one()


def of_serials(work: UnitOfWork, wanted: Collection[str]) -> list[Row[Any]]:
    """The meters of these serials, wherever they stand or stood."""
    return _among(work, work.table("meter"), "serial", wanted)


def kept_readings(work: UnitOfWork, meter_ids: Collection[int], since: date) -> list[Row[Any]]:
    """The readings of these meters from a day on that count: accepted, or held."""
    table = work.table("reading")
    return _of_meters(work, table, meter_ids, table.c.state.in_(KEPT) & (table.c.date >= since))


def change_meters(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the columns given for each meter; all rows have the same ones and `meter_id`."""
    if not rows:
        return
    table = work.table("meter")
    mine = (table.c.tenant == bindparam("b_tenant")) & (table.c.meter_id == bindparam("b_meter_id"))
    names = [name for name in rows[0] if name != "meter_id"]
    values = [
        {"b_tenant": work.tenant, "b_meter_id": row["meter_id"], **{f"b_{name}": row[name] for name in names}}
        for row in rows
    ]
    statement = update(table).where(mine).values({name: bindparam(f"b_{name}") for name in names})
    work.execute(statement, values)


def add(work: UnitOfWork, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that name no tenant."""
    if rows:
        work.fetch(insert_into(work.table(table)), [{"tenant": work.tenant, **row} for row in rows])


def reading(work: UnitOfWork, reading_id: int) -> Row[Any] | None:
    """One reading; the lock that guards it is its meter's."""
    table = work.table("reading")
    mine = (table.c.tenant == work.tenant) & (table.c.reading_id == reading_id)
    return work.execute(select(table).where(mine)).one_or_none()


def held_of(work: UnitOfWork, meter_id: int) -> list[Row[Any]]:
    """A meter's held readings by date."""
    table = work.table("reading")
    mine = and_(table.c.tenant == work.tenant, table.c.meter_id == meter_id, table.c.state == "held")
    return list(work.execute(select(table).where(mine).order_by(table.c.date)).all())


def change_reading(work: UnitOfWork, reading_id: int, **values: Any) -> None:
    """Change the state of one reading."""
    table = work.table("reading")
    work.execute(update(table).where(table.c.tenant == work.tenant, table.c.reading_id == reading_id).values(**values))


def uses_at(work: UnitOfWork, meter_id: int, day: date) -> tuple[Row[Any], Row[Any] | None]:
    """A meter's accepted use that ends on a day, and the one that begins there if there is one."""
    table = work.table("usage")
    mine = and_(table.c.tenant == work.tenant, table.c.meter_id == meter_id, table.c.state == "accepted")
    ended = work.execute(select(table).where(mine, table.c.to_date == day)).one()
    return ended, work.execute(select(table).where(mine, table.c.from_date == day)).one_or_none()


def last_uses(work: UnitOfWork, meter_id: int, count: int) -> list[Row[Any]]:
    """A meter's last accepted uses, the latest first."""
    table = work.table("usage")
    mine = and_(table.c.tenant == work.tenant, table.c.meter_id == meter_id, table.c.state == "accepted")
    return list(work.execute(select(table).where(mine).order_by(table.c.to_date.desc()).limit(count)).all())


def uses_after(work: UnitOfWork, meter_ids: Collection[int], day: date) -> list[Row[Any]]:
    """Accepted uses of meters that end after a day, by their end."""
    table = work.table("usage")
    also = (table.c.state == "accepted") & (table.c.to_date > day)
    return sorted(_of_meters(work, table, meter_ids, also), key=lambda use: (use.to_date, use.usage_id))


def change_usage(work: UnitOfWork, usage_id: int, **values: Any) -> None:
    """Write a use's new state."""
    table = work.table("usage")
    work.execute(update(table).where(table.c.tenant == work.tenant, table.c.usage_id == usage_id).values(**values))


def last_readings(work: UnitOfWork, meter_id: int, count: int) -> list[Row[Any]]:
    """A meter's latest readings with the use that each ended (null where none), the latest first."""
    table, usage = work.table("reading"), work.table("usage")
    ended = (usage.c.tenant == table.c.tenant) & (usage.c.usage_id == table.c.reading_id)
    mine = (table.c.tenant == work.tenant) & (table.c.meter_id == meter_id)
    query = select(table, usage.c.quantity_thousandths, usage.c.method).outerjoin(usage, ended).where(mine)
    query = query.order_by(table.c.date.desc(), table.c.reading_id.desc()).limit(count)
    return list(work.execute(query).all())


def held(work: UnitOfWork, limit: int) -> tuple[int, list[Row[Any]]]:
    """How many readings are held, and the oldest of them with meter and account."""
    table, meter_, account_ = work.table("reading"), work.table("meter"), work.table("account")
    mine = (table.c.tenant == work.tenant) & (table.c.state == "held")
    total = work.execute(select(func.count()).select_from(table).where(mine)).scalar_one()
    columns = (meter_.c.serial, meter_.c.service, meter_.c.last_date, meter_.c.last_value, account_.c.number)
    query = (
        select(table, *columns)
        .join(meter_, (meter_.c.tenant == table.c.tenant) & (meter_.c.meter_id == table.c.meter_id))
        .outerjoin(account_, (account_.c.tenant == meter_.c.tenant) & (account_.c.account_id == meter_.c.account_id))
        .where(mine)
        .order_by(table.c.date, table.c.reading_id)
        .limit(limit)
    )
    return int(total), list(work.execute(query).all())


def usage_pages(work: UnitOfWork, names: Sequence[str]) -> Iterator[list[Row[Any]]]:
    """All usage, in pages by id."""
    table = work.table("usage")
    last = 0
    while True:
        query = select(*(table.c[name] for name in names))
        query = query.where(table.c.tenant == work.tenant, table.c.usage_id > last)
        page = list(work.execute(query.order_by(table.c.usage_id).limit(PAGE)).all())
        if not page:
            return
        last = page[-1].usage_id
        yield page


def _among(
    work: UnitOfWork,
    table: Table,
    column: str,
    values: Collection[Any],
    order: str | None = None,
    *,
    lock: bool = False,
) -> list[Any]:
    """Rows of the tenant whose `column` is one of `values`."""
    query = _one_of(table, column, order, lock)
    found: list[Any] = []
    for part in in_batches(sorted(values), _AT_ONCE):
        found += work.fetch(query, {"tenant": work.tenant, "values": part})
    return found


def _of_meters(work: UnitOfWork, table: Table, meter_ids: Collection[int], also: ColumnElement[bool]) -> list[Row[Any]]:
    """Rows of the tenant's meters of which `also` holds."""
    found: list[Row[Any]] = []
    for part in in_batches(sorted(meter_ids), _AT_ONCE):
        mine = (table.c.tenant == work.tenant) & table.c.meter_id.in_(part)
        found += work.execute(select(table).where(mine, also)).all()
    return found


@lru_cache
def _one_of(table: Table, column: str, order: str | None, lock: bool) -> Select[Any]:
    wanted: BindParameter[Any] = bindparam("values", expanding=True)
    query = select(table).where(table.c.tenant == bindparam("tenant"), table.c[column].in_(wanted))
    if order is not None:
        query = query.order_by(table.c[order])
    return query.with_for_update() if lock else query
