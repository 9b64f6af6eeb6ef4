"""The order in which bills are carried out: along streets, houses by their number."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(\d+)")


def route_key(address: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts "Манас 9" before "Манас 10" and letters without regard to their case."""
    parts = _DIGITS.split(address.casefold())
    return tuple((1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts if part)
