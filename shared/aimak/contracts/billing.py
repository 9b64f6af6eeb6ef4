"""What billing tells: tenants, providers, service types, accounts, connections, what moves balances, bills.

Every state row carries `version`, raised by billing in the transaction that changed it; a read model writes only
what is newer.
"""

from __future__ import annotations

from aimak.contracts.base import Event, Row
from aimak.contracts.fields import Day, Flag, Text, Tyiyn, Whole


class TenantRow(Row):
    """One municipality."""

    code = Text(required=True)
    name = Text(required=True, metadata={"description": "JSON: language → name"})
    zone = Text(required=True)
    languages = Text(required=True, metadata={"description": "comma separated, the first is the default"})
    is_test = Flag(required=True)
    version = Whole(required=True)


class TenantsDefined(Event):
    """The municipality as it stands now."""

    publisher = "billing"
    row = TenantRow


class ProviderRow(Row):
    """One creditor within the tenant."""

    code = Text(required=True)
    name = Text(required=True, metadata={"description": "JSON: language → name"})
    tax_number = Text(required=True)
    regime = Text(required=True)
    bank_account = Text(required=True)
    version = Whole(required=True)


class ProvidersDefined(Event):
    """Creditors as they stand now."""

    publisher = "billing"
    row = ProviderRow


class ServiceTypeRow(Row):
    """What other services must know of a service type."""

    code = Text(required=True)
    unit = Text(required=True)
    decimals = Whole(required=True)
    metered = Flag(required=True)
    names = Text(required=True, metadata={"description": "JSON: language → name"})
    attributes = Text(required=True, metadata={"description": "JSON Schema of a connection's attributes"})
    version = Whole(required=True)


class ServiceTypesDefined(Event):
    """Service types as the installed plugins define them."""

    publisher = "billing"
    row = ServiceTypeRow


class AccountRow(Row):
    """One account with what others need of its customer."""

    account_id = Whole(required=True)
    number = Text(required=True)
    holder = Text(required=True)
    address = Text(required=True)
    phone = Text(required=True, allow_none=True)
    language = Text(required=True)
    status = Text(required=True, metadata={"description": "active or closed"})
    version = Whole(required=True)


class AccountsDefined(Event):
    """Accounts as they stand now."""

    publisher = "billing"
    row = AccountRow


class AliasRow(Row):
    """Another number under which an account is known."""

    alias = Text(required=True)
    account_id = Whole(required=True)
    version = Whole(required=True)


class AliasesDefined(Event):
    """Old numbers that live on in banks' menus."""

    publisher = "billing"
    row = AliasRow


class ConnectionRow(Row):
    """Service type × provider at an account."""

    connection_id = Whole(required=True)
    account_id = Whole(required=True)
    service = Text(required=True)
    provider = Text(required=True)
    customer_class = Text(required=True)
    attributes = Text(required=True, metadata={"description": "JSON"})
    valid_from = Day(required=True)
    valid_to = Day(required=True, allow_none=True)
    version = Whole(required=True)


class ConnectionsDefined(Event):
    """Connections as they stand now."""

    publisher = "billing"
    row = ConnectionRow


class ReceivableMovedRow(Row):
    """One thing that moves a balance and is no payment: an opening, a bill, a cancellation, a write-off."""

    source_id = Whole(required=True, metadata={"description": "bill id or derived id; with the provider the key"})
    account_id = Whole(required=True)
    provider = Text(required=True)
    kind = Text(required=True)
    origin = Text(required=True, metadata={"description": "the period the debt comes from"})
    amount_tyiyn = Tyiyn(required=True, metadata={"description": "> 0 is owed, < 0 is an advance, 0 when cancelled"})
    version = Whole(required=True)


class ReceivablesMoved(Event):
    """What `check` shows is the sum of these less what payments itself took, right in any order."""

    publisher = "billing"
    row = ReceivableMovedRow


class BillRow(Row):
    """One issued bill, complete for the message that tells of it."""

    bill_id = Whole(required=True)
    number = Whole(required=True)
    account_id = Whole(required=True)
    period = Text(required=True)
    state = Text(required=True, metadata={"description": "issued or cancelled"})
    issued_on = Day(required=True)
    due_on = Day(required=True)
    opening_tyiyn = Tyiyn(required=True)
    net_tyiyn = Tyiyn(required=True)
    tax_tyiyn = Tyiyn(required=True)
    gross_tyiyn = Tyiyn(required=True)
    due_tyiyn = Tyiyn(required=True)
    services = Text(required=True, metadata={"description": 'JSON: [["water", gross tyiyn], …] in the bill\'s order'})
    version = Whole(required=True)


class BillsIssued(Event):
    """Bills as they stand: a cancelled bill is a state, not a missing row."""

    publisher = "billing"
    row = BillRow


class ChunkRow(Row):
    """One chunk of a run to be worked on."""

    run_id = Whole(required=True)
    chunk = Whole(required=True)
    attempt = Whole(required=True, metadata={"description": "how many times this pass was started"})


class PreviewChunksCut(Event):
    """Billing to its own workers: rate these chunks. One row a message."""

    publisher = "billing"
    row = ChunkRow
    alone = True


class IssueChunksCut(Event):
    """Billing to its own workers: issue these chunks. One row a message."""

    publisher = "billing"
    row = ChunkRow
    alone = True


class SimulationChunkRow(Row):
    """One chunk of a simulation to be worked on."""

    simulation_id = Whole(required=True)
    chunk = Whole(required=True)


class SimulationChunksCut(Event):
    """Billing to its own workers: rate these chunks with a draft. One row a message."""

    publisher = "billing"
    row = SimulationChunkRow
    alone = True
