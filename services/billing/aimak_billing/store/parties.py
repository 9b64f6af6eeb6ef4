"""Parties of bills: which there are, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row, func, or_, select

from aimak_billing.domain.parties import VERSIONS_AT_MOST
from aimak_billing.store import columns


def versions(work: UnitOfWork, first: int, last: int) -> pl.DataFrame:
    """account_id and party_id of the accounts with ids from `first` to `last` as they are now."""
    account = work.table("account")
    mine = (account.c.tenant == work.tenant) & (account.c.id >= first) & (account.c.id <= last)
    query = select(account.c.id, account.c.version).where(mine).order_by(account.c.id)
    found = columns.read(work, query, {"account_id": pl.Int64, "version": pl.Int64})
    return found.select("account_id", (pl.col("account_id") * VERSIONS_AT_MOST + pl.col("version")).alias("party_id"))


def known(work: UnitOfWork, first: int, last: int) -> pl.DataFrame:
    """party_id of all parties of these accounts."""
    party = work.table("party")
    low, high = first * VERSIONS_AT_MOST, (last + 1) * VERSIONS_AT_MOST
    mine = (party.c.tenant == work.tenant) & (party.c.id >= low) & (party.c.id < high)
    return columns.read(work, select(party.c.id).where(mine), {"party_id": pl.Int64})


def persons_registered(work: UnitOfWork, first: int, last: int, day: date) -> pl.DataFrame:
    """account_id and residents: how many persons the register has at these accounts on a day; none: no row."""
    resident = work.table("resident")
    holds = (resident.c.valid_from <= day) & or_(resident.c.valid_to.is_(None), resident.c.valid_to > day)
    query = (
        select(resident.c.account_id, func.sum(resident.c.persons))
        .where(resident.c.tenant == work.tenant, resident.c.account_id >= first, resident.c.account_id <= last)
        .where(holds)
        .group_by(resident.c.account_id)
    )
    return columns.read(work, query, {"account_id": pl.Int64, "residents": pl.Int64})


def of_bills(work: UnitOfWork, party_ids: Sequence[int]) -> dict[int, Row[Any]]:
    """What parties say, by id: number, holder, address, phone."""
    person = work.table("party_person")
    query = select(person).where(person.c.tenant == work.tenant, person.c.id.in_(list(party_ids)))
    return {row.id: row for row in work.execute(query)}


def proofs(work: UnitOfWork, after: int, limit: int) -> Sequence[Row[Any]]:
    """Parties above `after` with their digest, salt and facts, in order."""
    party, person = work.table("party"), work.table("party_person")
    same = (person.c.tenant == party.c.tenant) & (person.c.id == party.c.id)
    facts = (person.c.number, person.c.holder, person.c.address, person.c.phone, person.c.salt)
    query = select(party.c.id, party.c.digest, *facts).outerjoin(person, same)
    mine = (party.c.tenant == work.tenant) & (party.c.id > after)
    return work.execute(query.where(mine).order_by(party.c.id).limit(limit)).all()
