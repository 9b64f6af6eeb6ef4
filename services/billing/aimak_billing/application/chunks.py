"""What a worker does with one chunk: rate it, and later issue it. Columns from the first row to the last."""

from __future__ import annotations

from typing import Any

import polars as pl
from aimak import ledger
from aimak.contracts import billing
from aimak.contracts.base import MAX_ROWS
from aimak.period import Period
from aimak.problems import PermanentFault, Problem
from aimak.storage import bulk
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application import parties
from aimak_billing.application.corrections.checks import set_aside, sorted_out
from aimak_billing.application.corrections.rebill import claim, make_room, narrowed, unbilled
from aimak_billing.application.corrections.rerate import differing, opened
from aimak_billing.application.kit import Kit
from aimak_billing.application.rating import rated_accounts
from aimak_billing.application.tariffs import book_of
from aimak_billing.domain import chunk as columns
from aimak_billing.domain import cycle as states
from aimak_billing.domain import posting
from aimak_billing.domain.corrections.completeness import counts
from aimak_billing.domain.rating import Book
from aimak_billing.store import columns as frames
from aimak_billing.store import ledger as books
from aimak_billing.store import registers, runs, touched

_BILL = {"place": pl.Int64, "rank": pl.Int64, "account_id": pl.Int64, "net": pl.Int64, "tax": pl.Int64}
_AMOUNT = {
    "place": pl.Int64,
    "service": pl.String,
    "provider": pl.String,
    "kind": pl.String,
    "tax_code": pl.String,
    "amount": pl.Int64,
    "origin": pl.String,
}


def preview_chunk(kit: Kit, work: UnitOfWork, event: billing.PreviewChunksCut) -> None:
    """Rate the chunks named, over whatever an earlier try wrote. A message of an earlier preview does nothing."""
    for asked in event.rows():
        chunk, run = _chunk(work, asked["run_id"], asked["chunk"])
        stale = run.attempt != asked["attempt"] or run.state != states.PREVIEWING
        if stale or run.paused or chunk.attempt == asked["attempt"]:
            continue
        _preview(kit, work, run, chunk)
        runs.one_chunk_done(work, run.id, states.PREVIEWED)


def _chunk(work: UnitOfWork, run_id: int, number: int) -> tuple[Row[Any], Row[Any]]:
    chunk, run = runs.chunk(work, run_id, number), runs.run(work, run_id)
    if chunk is None or run is None:
        raise PermanentFault(Problem("AIM-B038", {"run": run_id, "chunk": number}))
    return chunk, run


def _preview(kit: Kit, work: UnitOfWork, run: Row[Any], chunk: Row[Any]) -> None:
    runs.clear_results(work, run.id, chunk.chunk)
    period = Period.month(run.period)
    book, open_now = _book(kit, work, run, period), opened(work, run, chunk)
    known, frames_of_books, found = rated_accounts(
        work, chunk.first_account, chunk.last_account, book, lambda some: narrowed(work, run, chunk, some)
    )
    rated = set_aside(work, run, chunk, unbilled(work, run, chunk, found))
    earlier = differing(kit, work, run, chunk, open_now, known.accounts, rated)
    result = columns.outcome(pl.concat(frames_of_books), rated.lines, rated.holds, earlier)
    named = [
        pl.lit(work.tenant).alias("tenant"),
        pl.lit(run.id, dtype=pl.Int64).alias("run_id"),
        pl.lit(chunk.chunk, dtype=pl.Int32).alias("chunk"),
    ]
    for name, rows in (
        ("run_bill", result.bills),
        ("run_line", result.lines),
        ("run_hold", result.holds),
        ("run_total", result.totals),
        ("run_count", counts(frames_of_books[0], result.lines, result.holds)),
        ("run_outsort", sorted_out(work, run, chunk, known, result)),
    ):
        bulk.load(work, work.table(name), rows.select(*named, pl.all()))
    runs.change_chunk(
        work,
        run.id,
        chunk.chunk,
        state=states.PREVIEWED,
        attempt=run.attempt,
        bills=result.bills.height,
        held=result.holds["account_id"].n_unique(),
        lines=result.lines.height,
        done_at=work.now,
    )


def preview_again(kit: Kit, work: UnitOfWork, run: Row[Any], number: int) -> None:
    """Rate one chunk of a previewed run anew, after a decision on one of its bills."""
    chunk, _ = _chunk(work, run.id, number)
    _preview(kit, work, run, chunk)


def _book(kit: Kit, work: UnitOfWork, run: Row[Any], period: Period) -> Book:
    book = kit.book(work.tenant, run.id, run.attempt)
    if book is None:
        book = book_of(kit, work, run.book, period)
        kit.keep_book(work.tenant, run.id, run.attempt, book)
    return book


def issue_chunk(work: UnitOfWork, event: billing.IssueChunksCut) -> None:
    """Make the chunks named into bills, lines, transfers and events, all at once; a repeat does nothing."""
    for asked in event.rows():
        chunk, run = _chunk(work, asked["run_id"], asked["chunk"])
        if chunk.state == states.ISSUED or run.state != states.ISSUING or run.paused:
            continue
        _issue(work, run, chunk)


def _issue(work: UnitOfWork, run: Row[Any], chunk: Row[Any]) -> None:
    day = ledger.open_day(work)
    stamp = pl.lit(day).alias("ledger_day")
    issue = posting.Issue(
        tenant=work.tenant,
        run_id=run.id,
        period=run.period,
        issued_on=run.issued_on,
        due_on=run.due_on,
        first_bill=chunk.first_bill,
        first_number=chunk.first_number,
        providers={provider.code: provider.number for provider in registers.providers(work)},
        scope=run.scope,
    )
    run_bills = frames.read(work, runs.bills_query(work, run.id, chunk.chunk), _BILL)
    earlier = make_room(work, run, chunk)
    run_lines = frames.read(work, runs.amounts_query(work, run.id, chunk.chunk), _AMOUNT)
    openings = books.openings(work, chunk.first_account, chunk.last_account, Period.month(run.period).start)
    issued = posting.bills(issue, run_bills, openings, earlier)
    billed_on = Period.month(run.period).last_day
    issued = parties.attach(work, issued, chunk.first_account, chunk.last_account, billed_on, day)
    moved = posting.sums(issue, run_bills, run_lines)
    bulk.load(work, work.table("bill"), issued.with_columns(stamp))
    final = runs.final_lines_query(work, run.id, chunk.chunk, chunk.first_bill, day)
    frames.move(work, final, work.table("bill_line"))
    if earlier is not None:
        claim(work, run, issued)
    bulk.load(work, work.table("transfer"), posting.transfers(issue, moved).with_columns(stamp))
    told = posting.receivables_moved(issue, moved)
    for part in told.iter_slices(MAX_ROWS):
        work.publish(billing.ReceivablesMoved.of_frame(work.tenant, part))
    for part in posting.bills_issued(issued, moved).iter_slices(MAX_ROWS):
        work.publish(billing.BillsIssued.of_frame(work.tenant, part))
    held = runs.held_accounts(work, run.id, chunk.chunk)
    touched.settle(work, run.id, issued, held, chunk.first_account, chunk.last_account)
    runs.change_chunk(work, run.id, chunk.chunk, state=states.ISSUED, done_at=work.now)
    runs.one_chunk_done(work, run.id, states.ISSUED)
