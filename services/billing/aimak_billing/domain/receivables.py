"""The ledger accounts of receivables, and how a balance falls into the months it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Standing:
    """What is left after allocation: `owed` by month of origin, oldest first, every amount > 0 (tyiyn), and what
    was paid beyond all of it."""

    owed: tuple[tuple[str, int], ...]
    advance: int

    @property
    def balance(self) -> int:
        """Owed less paid in advance (tyiyn)."""
        return sum(amount for _, amount in self.owed) - self.advance


def allocate(moves: Iterable[tuple[str | None, int]]) -> Standing:
    """Set what was paid against the oldest debts first.

    `moves` are (origin period or None, tyiyn) of one account and provider: > 0 raises the debt. All that lowers it,
    payments, advances and cancellations alike, first meets the debt of its own origin where it names one.
    """
    debts: dict[str, int] = {}
    free = 0
    for origin, amount in moves:
        if origin is None:
            free -= amount
        else:
            debts[origin] = debts.get(origin, 0) + amount
    free -= sum(amount for amount in debts.values() if amount < 0)
    if free < 0:
        # A debt without an origin cannot arise; a reversed payment that was never taken could.
        debts[""] = debts.get("", 0) - free
        free = 0
    owed: list[tuple[str, int]] = []
    for origin, amount in sorted(debts.items()):
        if amount <= 0:
            continue
        paid = min(amount, free)
        free -= paid
        if amount > paid:
            owed.append((origin, amount - paid))
    return Standing(tuple(owed), free)
