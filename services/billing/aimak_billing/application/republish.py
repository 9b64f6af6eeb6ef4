"""The present state of everything that billing owns, sent again to a service that rebuilds."""

from __future__ import annotations

from collections.abc import Iterator

from aimak.contracts import billing
from aimak.contracts.base import Event
from aimak.service import Republisher
from aimak.storage.types import dumps
from aimak.storage.work import UnitOfWork

from aimak_billing.application import bills, registers
from aimak_billing.application.views import address_parts
from aimak_billing.domain.addresses import address_text
from aimak_billing.store import accounts, ledger


def republish_accounts(work: UnitOfWork) -> Iterator[billing.AccountsDefined]:
    """All accounts, in batches."""
    alike = ("number", "holder", "phone", "language", "status", "version")
    for rows in accounts.batches(work):
        parts = address_parts(work, rows)
        told = [
            {"account_id": row.id, "address": address_text(*parts[row.id])} | {key: getattr(row, key) for key in alike}
            for row in rows
        ]
        yield billing.AccountsDefined.of(work.tenant, told)


def republish_aliases(work: UnitOfWork) -> Iterator[billing.AliasesDefined]:
    """All aliases, in batches."""
    after = ""
    while rows := accounts.aliases_above(work, after, accounts.BATCH):
        told = [{"alias": row.alias, "account_id": row.account_id, "version": row.version} for row in rows]
        yield billing.AliasesDefined.of(work.tenant, told)
        after = rows[-1].alias


def republish_connections(work: UnitOfWork) -> Iterator[billing.ConnectionsDefined]:
    """All connections, in batches."""
    after = 0
    alike = ("account_id", "service", "provider", "customer_class", "version")
    while rows := accounts.connections_above(work, after, accounts.BATCH):
        told = [
            {"connection_id": row.id, "attributes": dumps(row.attributes), "valid_from": row.valid_from.isoformat()}
            | {"valid_to": row.valid_to.isoformat() if row.valid_to else None}
            | {key: getattr(row, key) for key in alike}
            for row in rows
        ]
        yield billing.ConnectionsDefined.of(work.tenant, told)
        after = rows[-1].id


REPUBLISHERS: dict[type[Event], Republisher] = {
    billing.TenantsDefined: registers.republish_tenants,
    billing.ProvidersDefined: registers.republish_providers,
    billing.ServiceTypesDefined: registers.republish_service_types,
    billing.AccountsDefined: republish_accounts,
    billing.AliasesDefined: republish_aliases,
    billing.ConnectionsDefined: republish_connections,
    billing.ReceivablesMoved: ledger.receivables,
    billing.BillsIssued: bills.republish_bills,
}
