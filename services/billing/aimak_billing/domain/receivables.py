"""The ledger accounts of receivables."""

from __future__ import annotations

from aimak.ids import DERIVED_FLOOR

# A receivable is account × provider. Its ledger id is worked out in columns for a million accounts at once, so it
# is a product below the floor of derived ids; every other ledger account is derived and lies above it.
PROVIDERS_AT_MOST = 1024


def receivable(account_id: int, provider_number: int) -> int:
    """The ledger account of what `account_id` owes the provider of that number (0 to 1023)."""
    assert 0 <= provider_number < PROVIDERS_AT_MOST
    ledger_id = account_id * PROVIDERS_AT_MOST + provider_number
    assert 0 < ledger_id < DERIVED_FLOOR
    return ledger_id
