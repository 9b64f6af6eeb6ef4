"""What a ledger row holds in place of personal facts."""

from __future__ import annotations

from hashlib import sha256


def salted(salt: str, *facts: str) -> str:
    """SHA-256 of the salt and the facts, each on a line: whoever has them can show that the row stands for them."""
    return sha256("\n".join((salt, *(fact.replace("\n", " ") for fact in facts))).encode()).hexdigest()
