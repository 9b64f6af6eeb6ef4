"""Cancelling bills: what they posted is posted the other way round, both stay, and others hear of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from aimak import ledger
from aimak.batches import in_batches
from aimak.contracts import billing
from aimak.contracts.base import MAX_ROWS
from aimak.storage.work import UnitOfWork

from aimak_billing.application.bills import told_bills
from aimak_billing.store import bills, cancellations, touched

CANCELLED_VERSION = 2


def cancel_bills(work: UnitOfWork, bill_ids: Sequence[int], source_id: int, on: date) -> None:
    """Cancel bills that are in force: their connections may be billed for the period again, what they had settled is
    open again. Notifications and payments hear of it by the next version of what they heard before."""
    day = ledger.open_day(work)
    cancellations.cancel(work, bill_ids, source_id, on, day)
    touched.reopen(work, bill_ids)
    nothing = {"kind": "bill", "amount_tyiyn": 0, "version": CANCELLED_VERSION}
    moved = [{**row._mapping, **nothing} for row in cancellations.told(work, bill_ids)]
    for rows in in_batches(moved, MAX_ROWS):
        work.publish(billing.ReceivablesMoved.of(work.tenant, rows))
    for part in in_batches(bill_ids, bills.BATCH):
        work.publish(billing.BillsIssued.of(work.tenant, told_bills(work, bills.by_ids(work, part))))
