"""What payments keeps of billing's facts, and what it tells again of its own."""

from __future__ import annotations

from collections.abc import Iterator

from aimak.contracts import billing
from aimak.contracts.payments import PaymentsReceived
from aimak.service import Subscription
from aimak.storage.upsert import upsert_newer
from aimak.storage.work import UnitOfWork

from aimak_payments.application.payments import received
from aimak_payments.domain.masking import masked
from aimak_payments.store import partners, payments


def keep_accounts(work: UnitOfWork, event: billing.AccountsDefined) -> None:
    """Keep number, masked holder and status of each account; the name itself is never written here."""
    rows = [
        {
            "tenant": event.tenant,
            "account_id": row["account_id"],
            "number": row["number"],
            "holder": masked(row["holder"]),
            "status": row["status"],
            "version": row["version"],
        }
        for row in event.rows()
    ]
    upsert_newer(work, work.table("account"), rows)


def keep_aliases(work: UnitOfWork, event: billing.AliasesDefined) -> None:
    """Keep the old numbers that live on in banks' menus."""
    upsert_newer(work, work.table("alias"), [{"tenant": event.tenant, **row} for row in event.rows()])


def keep_connections(work: UnitOfWork, event: billing.ConnectionsDefined) -> None:
    """Keep which providers serve an account, so that money that comes before the first bill has a home."""
    names = ("connection_id", "account_id", "provider", "version")
    rows = [{"tenant": event.tenant, **{name: row[name] for name in names}} for row in event.rows()]
    upsert_newer(work, work.table("connection"), rows)


def keep_receivables(work: UnitOfWork, event: billing.ReceivablesMoved) -> None:
    """Keep everything that moves a balance in billing but payments."""
    rows = [
        {
            "tenant": event.tenant,
            "source_id": row["source_id"],
            "provider": row["provider"],
            "account_id": row["account_id"],
            "amount": row["amount_tyiyn"],
            "version": row["version"],
        }
        for row in event.rows()
    ]
    upsert_newer(work, work.table("receivable"), rows)


SUBSCRIPTIONS = (
    Subscription(billing.AccountsDefined, keep_accounts, bulk=True),
    Subscription(billing.AliasesDefined, keep_aliases, bulk=True),
    Subscription(billing.ConnectionsDefined, keep_connections, bulk=True),
    Subscription(billing.ReceivablesMoved, keep_receivables, bulk=True),
)


def payments_again(work: UnitOfWork) -> Iterator[PaymentsReceived]:
    """Every payment that reached its account, as it was first told; the parts of one stay together."""
    names = {record.code: record.name for record in partners.listed(work)}
    for page in payments.pages(work):
        parts = payments.parts_of(work, [row.id for row in page])
        yield received(
            work.tenant,
            [dict(row._mapping) for row in page],
            [
                {"payment_id": row.id, "provider": provider, "account_id": row.account_id, "amount": amount}
                for row in page
                for provider, amount in parts[row.id].items()
            ],
            names,
        )
