"""Ids that follow from their source row, so that a repeat and another machine come to the same id."""

from __future__ import annotations

import hashlib

# Sequential ids (accounts, bills, their transfers) stay below 2^62, derived ones above: they never meet.
DERIVED_FLOOR = 1 << 62


def derived_id(*parts: str | int) -> int:
    """A bigint in [2^62, 2^63) that follows from `parts`. Two among a million collide once in 9 million towns;
    the primary key then refuses the second row loudly."""
    text = "\x1f".join(str(part) for part in parts)
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return DERIVED_FLOOR | (int.from_bytes(digest, "big") & (DERIVED_FLOOR - 1))
