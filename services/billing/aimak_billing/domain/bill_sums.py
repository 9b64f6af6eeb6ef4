"""What a bill comes to with each creditor: the figures that stand on paper and on screens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sums:
    """All in tyiyn. before: by earlier bills, without what was paid and moved by documents since the first day of the
    bill's period; corrected: what lines correct of earlier periods and documents moved since that day; paid since that
    day."""

    before: int = 0
    charged: int = 0
    corrected: int = 0
    paid: int = 0

    @property
    def due(self) -> int:
        """What is to be paid; below 0 is an advance."""
        return self.before + self.charged + self.corrected - self.paid

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.before + other.before,
            self.charged + other.charged,
            self.corrected + other.corrected,
            self.paid + other.paid,
        )


def by_creditor(opening_parts: str, lines: Iterable[Any]) -> dict[str, Sums]:
    """By the code of each creditor that the bill has anything of. opening_parts: as the bill keeps them; lines:
    provider, amount, origin (None: of the bill's own period)."""
    found = {code: Sums(before, 0, moved, paid) for code, (before, paid, moved) in openings(opening_parts).items()}
    for line in lines:
        one = Sums(charged=line.amount) if line.origin is None else Sums(corrected=line.amount)
        found[line.provider] = found.get(line.provider, Sums()) + one
    return found


def openings(opening_parts: str) -> Mapping[str, tuple[int, int, int]]:
    """What was owed to each creditor before, was paid and was moved by documents since the period began; bills of an
    earlier version of the program counted the last to the first."""
    parts = json.loads(opening_parts)
    return {provider: (before, paid, sum(moved)) for provider, before, paid, *moved in parts}
