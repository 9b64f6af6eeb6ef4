"""What a ledger row names and holds, without the ledger: rules use it, and nothing here knows a database."""

from __future__ import annotations

from hashlib import sha256

from aimak.ids import derived_id


def account_id(kind: str, *parts: str | int) -> int:
    """The ledger account of a kind: ("receivable", account, provider), ("revenue", provider, service),
    ("tax", provider, code), ("payments_control", provider), ("opening", provider), ("suspense", partner) …"""
    return derived_id("ledger", kind, *parts)


def salted(salt: str, *facts: str) -> str:
    """SHA-256 of the salt and the facts, each on a line: what a row holds in place of personal facts. Whoever has them
    can show that the row stands for them."""
    return sha256("\n".join((salt, *(fact.replace("\n", " ") for fact in facts))).encode()).hexdigest()
