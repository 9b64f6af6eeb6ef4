"""Sums by account and key as they are kept: Arrow files of 100,000 accounts each, and the keys beside them as JSON."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from aimak.storage.work import UnitOfWork
from sqlalchemy import insert, select

from aimak_billing.domain.carried import DETAIL, ROW, Sums
from aimak_billing.store.reports.moves import account_bounds

ACCOUNTS_A_PART = 100_000


def numbers(work: UnitOfWork) -> range:
    """The parts that accounts are in."""
    first, final = account_bounds(work)
    return range(first // ACCOUNTS_A_PART, final // ACCOUNTS_A_PART + 1)


def accounts_of(part: int) -> tuple[int, int]:
    """The first and the last account id that a part may have."""
    return part * ACCOUNTS_A_PART, (part + 1) * ACCOUNTS_A_PART - 1


def kept(work: UnitOfWork, name: str, through: date, number: int, keys: pl.DataFrame) -> Sums:
    """What a table keeps of one part; nothing where it had no transfers."""
    table = work.table(name)
    mine = (table.c.tenant == work.tenant) & (table.c.through == through) & (table.c.part == number)
    found = work.execute(select(table.c.sums).where(mine)).scalar()
    return Sums(keys, pl.DataFrame(schema=ROW) if found is None else pl.read_ipc(io.BytesIO(found)))


def keep(work: UnitOfWork, name: str, through: date, number: int, sums: Sums) -> None:
    """Keep one part of the sums through a day."""
    file = io.BytesIO()
    sums.rows.write_ipc(file, compression="zstd")
    values = {"tenant": work.tenant, "through": through, "part": number, "sums": file.getvalue()}
    work.execute(insert(work.table(name)).values(**values))


def keys_of(said: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Keys (columns `DETAIL`) as they are kept."""
    rows = [(*names, day(dated), kind, again) for *names, dated, kind, again in said]
    return pl.DataFrame(rows, schema=DETAIL, orient="row")


def listed(frame: pl.DataFrame) -> list[list[Any]]:
    """Rows for JSON."""
    return [[cell.isoformat() if isinstance(cell, date) else cell for cell in row] for row in frame.iter_rows()]


def day(text: str | None) -> date | None:
    """A day of JSON."""
    return None if text is None else date.fromisoformat(text)
