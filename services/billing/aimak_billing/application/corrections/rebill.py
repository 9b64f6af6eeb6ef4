"""What a chunk must look at when bills of the period are there already: whom it passes over, and whose it replaces.

The month's own first run meets none, and is asked for nothing here but that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.corrections.cancel import cancel_bills
from aimak_billing.domain.chunk import ACTIVE, Facts
from aimak_billing.domain.corrections.differences import covered
from aimak_billing.domain.corrections.selection import EVERYBODY, is_limited
from aimak_billing.domain.rating import Rated
from aimak_billing.store import cancellations, runs, touched


def narrowed(work: UnitOfWork, run: Row[Any], chunk: Row[Any], known: Facts) -> Facts:
    """Facts of the accounts that a run over a selection names; all of them where it names none. A closed account is
    still billed for the days on which it had connections."""
    opened = pl.lit(ACTIVE).alias("status")
    known = replace(known, accounts=known.accounts.with_columns(opened))
    if not is_limited(run.selection):
        return known
    members = runs.members(work, run.id, chunk.first_account, chunk.last_account)
    mine = pl.col("account_id").is_in(members)
    return replace(known, accounts=known.accounts.filter(mine), connections=known.connections.filter(mine))


def unbilled(work: UnitOfWork, run: Row[Any], chunk: Row[Any], rated: Rated) -> Rated:
    """What was rated, without the services that the run leaves alone and without what bills that stay in force charge
    for the period, as their own or by a correction."""
    lines, holds = rated.lines, rated.holds
    if run.scope != EVERYBODY:
        kind, _, value = run.scope.partition(":")
        lines, holds = (rows.filter(pl.col(kind) == value) for rows in (lines, holds))
    if not _is_first(work, run):
        gone = replaced(work, run, chunk).select("bill_id")
        charged = _connections(work, _in_force(work, run, chunk).join(gone, on="bill_id", how="anti"))
        charged = pl.concat([charged, _corrected(work, run, chunk, gone)])
        lines, holds = (rows.join(charged, on="connection_id", how="anti") for rows in (lines, holds))
    return Rated(lines, holds)


def _is_first(work: UnitOfWork, run: Row[Any]) -> bool:
    """Whether no other run of the period has issued anything."""
    return all(other.issue_turn is None or other.id == run.id for other in runs.runs(work, run.period))


def _in_force(work: UnitOfWork, run: Row[Any], chunk: Row[Any]) -> pl.DataFrame:
    known = cancellations.of_period(work, chunk.first_account, chunk.last_account, run.period)
    return known.filter(pl.col("live") == 1)


def _connections(work: UnitOfWork, bills: pl.DataFrame) -> pl.DataFrame:
    found = cancellations.connections_of(work, bills.get_column("bill_id").to_list())
    return found.select("connection_id").unique()


def _corrected(work: UnitOfWork, run: Row[Any], chunk: Row[Any], gone: pl.DataFrame) -> pl.DataFrame:
    """connection_id of what a bill that stays covers and a correction of the period charges or takes back: it goes on
    being corrected. Where no bill covers it any more or its own is replaced, it is billed and the correction undone."""
    accounts = touched.accounts(work, chunk.first_account, chunk.last_account, run.period)
    billed = touched.billed(work, accounts, run.period, gone.get_column("bill_id").to_list())
    found = covered(billed.filter(pl.col("own") == 0), billed).select("connection_id")
    return found.join(_connections(work, gone), on="connection_id", how="anti")


def replaced(work: UnitOfWork, run: Row[Any], chunk: Row[Any]) -> pl.DataFrame:
    """The bills in force that a run cancels when it issues a chunk, as `of_period`: those it bills anew as a whole.
    The bill of an account that is held stays all the same."""
    bills = _in_force(work, run, chunk)
    if not run.replaces:
        return bills.clear()
    if is_limited(run.selection):
        members = runs.members(work, run.id, chunk.first_account, chunk.last_account)
        bills = bills.filter(pl.col("account_id").is_in(members))
    if run.scope != EVERYBODY:
        bills = bills.filter(pl.col("scope") == run.scope)
    return bills


def make_room(work: UnitOfWork, run: Row[Any], chunk: Row[Any]) -> pl.DataFrame | None:
    """Before a chunk is issued: cancel what it replaces, and have the bills that stay note what they charge. Gives
    how many bills of the period each account has had (account_id, bills); None where nobody has any and nothing has
    to be noted."""
    if run.scope == EVERYBODY and _is_first(work, run):
        return None
    gone = _cancelled_for(work, run, chunk)
    known = cancellations.of_period(work, chunk.first_account, chunk.last_account, run.period)
    staying = known.filter((pl.col("live") == 1) & ~pl.col("bill_id").is_in(gone)).get_column("bill_id").to_list()
    noted = cancellations.claimed(work, staying)
    cancellations.add_claims(work, run.period, [bill for bill in staying if bill not in noted])
    return known.group_by("account_id").agg(pl.len().alias("bills"))


def _cancelled_for(work: UnitOfWork, run: Row[Any], chunk: Row[Any]) -> list[int]:
    held = runs.held_accounts(work, run.id, chunk.chunk)
    bills = replaced(work, run, chunk).filter(~pl.col("account_id").is_in(held)).get_column("bill_id").to_list()
    cancel_bills(work, bills, run.id, run.issued_on)
    return list(bills)


def claim(work: UnitOfWork, run: Row[Any], issued: pl.DataFrame) -> None:
    """Note what the new bills charge: the database then refuses a second charge of the same connection and period."""
    cancellations.add_claims(work, run.period, issued.get_column("id").to_list())
