"""Keeping whom a bill is made out to: a new row only where something about the account has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from aimak import ledger
from aimak.batches import in_batches
from aimak.problems import Problem
from aimak.storage import bulk
from aimak.storage.work import UnitOfWork

from aimak_billing.application.views import address_parts
from aimak_billing.domain.addresses import address_text
from aimak_billing.domain.parties import Person, digest, party_id
from aimak_billing.store import accounts
from aimak_billing.store import parties as store

_BATCH = 5_000


def enter(work: UnitOfWork, told: Iterable[Mapping[str, Any]], day: date | None = None) -> None:
    """Write the parties of accounts as AccountsDefined tells them: account_id, version, number, holder, address,
    phone."""
    parties, persons = [], []
    day = day or ledger.open_day(work)
    for row in told:
        person, salt = Person.of(row), work.ids.uuid().hex
        key = party_id(row["account_id"], row["version"])
        own = {"account_id": row["account_id"], "account_version": row["version"]}
        parties.append({"id": key, **own, "digest": digest(person, salt), "ledger_day": day})
        persons.append({"id": key, **vars(person), "salt": salt})
    _load(work, "party", parties)
    _load(work, "party_person", persons)


def _load(work: UnitOfWork, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        frame = pl.DataFrame(rows, infer_schema_length=None)
        bulk.load(work, work.table(name), frame.select(pl.lit(work.tenant).alias("tenant"), pl.all()))


def attach(work: UnitOfWork, bills: pl.DataFrame, first: int, last: int, billed_on: date, day: date) -> pl.DataFrame:
    """Bills of the accounts from `first` to `last` with `party_id` and `residents` (persons registered on
    `billed_on`). A party is written where an account has changed since its last bill; `day` is the open ledger day."""
    now = store.versions(work, first, last).join(bills.select("account_id"), on="account_id", how="semi")
    fresh = now.join(store.known(work, first, last), on="party_id", how="anti")["account_id"].to_list()
    for part in in_batches(fresh, _BATCH):
        enter(work, _told(work, part), day)
    persons = store.persons_registered(work, first, last, billed_on)
    joined = bills.join(now, on="account_id", how="left", maintain_order="left")
    return joined.join(persons, on="account_id", how="left", maintain_order="left")


def _told(work: UnitOfWork, account_ids: Sequence[int]) -> list[dict[str, Any]]:
    rows = accounts.described(work, account_ids)
    places = address_parts(work, rows)
    return [
        {"account_id": row.id, "version": row.version, "number": row.number, "holder": row.holder, "phone": row.phone}
        | {"address": address_text(*places[row.id])}
        for row in rows
    ]


def parties_agree(work: UnitOfWork) -> list[Problem]:
    """Every party's facts are those that the ledger's digest stands for; an erased one is not held against it."""
    after, differing = 0, 0
    while rows := store.proofs(work, after, _BATCH):
        after = rows[-1].id
        for row in rows:
            if row.salt is not None:
                person = Person(row.number, row.holder, row.address, row.phone)
                differing += digest(person, row.salt) != row.digest
    return [Problem("AIM-B951", {"count": differing})] if differing else []
