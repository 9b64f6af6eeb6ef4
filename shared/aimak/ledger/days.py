"""Closing ledger days and hashing them, each over the day before it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, Table, func, insert, select

from aimak.ledger import canonical
from aimak.ledger.postings import close_day
from aimak.ledger.tables import DAY, proved
from aimak.ledger.verify import BLOCK_ROWS, NOTHING_BEFORE, Digester, day_hash
from aimak.service import Service
from aimak.storage.work import UnitOfWork

A_DAY = timedelta(days=1)


def close_through(service: Service, tenant: str, through: date | None = None) -> list[dict[str, str]]:
    """Close the days up to `through` (default: yesterday) and hash those that are not hashed yet; gives each with its
    hash. Raises Conflict for a day that is not over.

    Postings wait only while the day is marked as closed. What it holds can no longer change, so it is hashed
    afterwards, a day at a time; a killed one is taken up at the next close.
    """
    with service.work(tenant, bulk=True) as work:
        last = through or work.today() - A_DAY
        close_day(work, last)
        work.commit()
    made: list[dict[str, str]] = []
    while True:
        with service.work(tenant, bulk=True) as work:
            day = _next(work, last)
            if day is None:
                return made
            # Days on which nothing was posted are many and cost next to nothing: they go with the next that has rows.
            busy = earliest(work, day) or last
            empty = [day + timedelta(days=place) for place in range((min(busy, last + A_DAY) - day).days)]
            made += _prove(work, service.name, empty, ())
            if busy <= last:
                made += _prove(work, service.name, [busy], proved(work.metadata))
            work.commit()


def _next(work: UnitOfWork, last: date) -> date | None:
    """The first day up to `last` that has no hash yet; None where all have one, or nothing was ever posted."""
    proof = work.table("ledger_proof")
    # The lock that closing takes: two workers that hash the same day take turns.
    day = work.table("ledger_day")
    work.execute(select(day.c.closed_through).where(day.c.tenant == work.tenant).with_for_update())
    known = work.execute(select(func.max(proof.c.day)).where(proof.c.tenant == work.tenant)).scalar()
    first = known + A_DAY if known else earliest(work)
    return first if first is not None and first <= last else None


def earliest(work: UnitOfWork, since: date | None = None) -> date | None:
    """The first ledger day that any row carries, of all days or from `since` on."""
    days = []
    for table in proved(work.metadata):
        if DAY in table.c:
            query = select(func.min(table.c[DAY])).where(table.c.tenant == work.tenant)
            days.append(work.execute(query if since is None else query.where(table.c[DAY] >= since)).scalar())
    return min((day for day in days if day is not None), default=None)


def _prove(work: UnitOfWork, service: str, days: Sequence[date], holding: Sequence[Table]) -> list[dict[str, str]]:
    """Hash days that follow one another, each over the one before. `holding`: the tables that may have rows then."""
    if not days:
        return []
    proof = work.table("ledger_proof")
    before = (proof.c.tenant == work.tenant) & (proof.c.day == days[0] - A_DAY)
    previous: str = work.execute(select(proof.c.hash).where(before)).scalar() or NOTHING_BEFORE
    rows: list[dict[str, Any]] = []
    for day in days:
        tables = [record for table in holding if (record := _digest(work, table, day))]
        made = {"day": day.isoformat(), "previous": previous, "tables": tables}
        hashed = day_hash(work.tenant, service, made)
        rows.append({"tenant": work.tenant, "day": day, "previous": previous, "hash": hashed})
        previous = hashed
    work.execute(insert(proof), rows)
    return [{"service": service, "day": row["day"].isoformat(), "hash": row["hash"]} for row in rows]


def _digest(work: UnitOfWork, table: Table, day: date) -> dict[str, Any] | None:
    """Digest the rows of one table; None where it has none that day."""
    names, keys = canonical.columns(table), canonical.keys(table)
    places = [names.index(key) for key in keys]
    digester, parts = Digester(names), []
    for block in canonical.blocks(work, table, day):
        split = [line.split(b"\t") for line in block]
        known = b"\n".join(b"\t".join(cells[place] for place in places) for cells in split)
        parts.append((zlib.compress(known, 1), b"".join(digester.feed(block))))
    if not parts:
        return None
    named = {"tenant": work.tenant, "day": day, "table_name": table.name}
    record = {"rows": digester.rows, "keys": keys, "digest": digester.digest, "columns": digester.columns}
    work.execute(insert(work.table("ledger_table")).values(**named, **record))
    rows = [{**named, "part": part, "keys": key, "digests": digest} for part, (key, digest) in enumerate(parts)]
    work.execute(insert(work.table("ledger_rows")), rows)
    return {"name": table.name, **record}


def records(work: UnitOfWork, through: date | None = None) -> list[dict[str, Any]]:
    """What was proved of each day up to `through`, the oldest first: day, previous, hash, tables."""
    proof, table = work.table("ledger_proof"), work.table("ledger_table")
    days = select(proof).where(proof.c.tenant == work.tenant).order_by(proof.c.day)
    tables = select(table).where(table.c.tenant == work.tenant).order_by(table.c.day, table.c.table_name)
    if through is not None:
        days, tables = days.where(proof.c.day <= through), tables.where(table.c.day <= through)
    held: dict[date, list[dict[str, Any]]] = {}
    for row in work.execute(tables):
        facts = {"rows": row.rows, "keys": row.keys, "digest": row.digest, "columns": row.columns}
        held.setdefault(row.day, []).append({"name": row.table_name, **facts})
    return [_record(row, held.get(row.day, [])) for row in work.execute(days)]


def _record(row: Row[Any], tables: list[dict[str, Any]]) -> dict[str, Any]:
    return {"day": row.day.isoformat(), "previous": row.previous, "hash": row.hash, "tables": tables}


def last(work: UnitOfWork) -> Row[Any] | None:
    """The last day that was hashed."""
    proof = work.table("ledger_proof")
    query = select(proof).where(proof.c.tenant == work.tenant).order_by(proof.c.day.desc()).limit(1)
    return work.execute(query).one_or_none()


def strays(work: UnitOfWork) -> dict[str, list[str]]:
    """Tables with rows of days before the first one that was hashed, by day: nothing can have been posted there."""
    proof = work.table("ledger_proof")
    first = work.execute(select(func.min(proof.c.day)).where(proof.c.tenant == work.tenant)).scalar()
    found: dict[str, list[str]] = {}
    if first is not None:
        for table in proved(work.metadata):
            if DAY in table.c:
                query = select(table.c[DAY]).distinct().where(table.c.tenant == work.tenant, table.c[DAY] < first)
                for day in work.execute(query.order_by(table.c[DAY])).scalars():
                    found.setdefault(day.isoformat(), []).append(table.name)
    return found


def rows_text(work: UnitOfWork, name: str, day: date) -> Iterator[bytes]:
    """The rows of a table of one day as they stand now, under a line with the names of their columns."""
    table, known = work.table(name), _table(work, name, day)
    names = [column for column, _ in known.columns] if known else canonical.columns(table)
    header = "\t".join(names).encode() + b"\n"
    yield header
    for block in canonical.blocks(work, table, day, names):
        yield b"\n".join(block) + b"\n"


def _table(work: UnitOfWork, name: str, day: date) -> Row[Any] | None:
    table = work.table("ledger_table")
    mine = (table.c.tenant == work.tenant) & (table.c.day == day) & (table.c.table_name == name)
    return work.execute(select(table).where(mine)).one_or_none()


def digests_text(work: UnitOfWork, name: str, day: date) -> Iterator[bytes]:
    """The key and the digest of each row as they were when the day was closed."""
    table = work.table("ledger_rows")
    mine = (table.c.tenant == work.tenant) & (table.c.day == day) & (table.c.table_name == name)
    parts = work.execute(select(table.c.part).where(mine).order_by(table.c.part)).scalars().all()
    for part in parts:
        row = work.execute(select(table.c["keys"], table.c.digests).where(mine, table.c.part == part)).one()
        yield _listed(zlib.decompress(bytes(row.keys)).split(b"\n"), bytes(row.digests))


def _listed(keys: Sequence[bytes], digests: bytes) -> bytes:
    assert len(keys) <= BLOCK_ROWS
    pairs = zip(keys, range(0, len(digests), 32), strict=True)
    return b"".join(key + b"\t" + digests[place : place + 32].hex().encode() + b"\n" for key, place in pairs)
