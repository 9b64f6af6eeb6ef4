"""How one payment is shared among the providers of an account, by a dated rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from aimak.money import share

PRO_RATA = "pro_rata"
METHODS = (PRO_RATA,)


@dataclass(frozen=True)
class SplitRule:
    """Payments of `valid_from` and later are split by `method`."""

    valid_from: date
    method: str = PRO_RATA


@dataclass(frozen=True)
class Standing:
    """How an account stands with one provider, in tyiyn."""

    provider: str
    charged: int
    """All that was ever owed, openings included; may be < 0 where an advance came over."""
    taken: int
    """All parts of payments so far, >= 0."""

    @property
    def owed(self) -> int:
        """What is to be paid; < 0 is an advance."""
        return self.charged - self.taken


DEFAULT_RULE = SplitRule(date.min)


def rule_on(rules: Iterable[SplitRule], day: date) -> SplitRule:
    """The rule that holds on `day`; pro rata where none was set."""
    return max(
        (rule for rule in rules if rule.valid_from <= day), key=lambda rule: rule.valid_from, default=DEFAULT_RULE
    )


def split(amount: int, standings: Sequence[Standing], rule: SplitRule = DEFAULT_RULE) -> dict[str, int]:
    """Parts of `amount` (tyiyn, > 0) by provider, each > 0, together `amount`; empty where no provider is known.

    Pro rata: in proportion to what is owed to each, by largest remainder. What is left when all is paid is an
    advance with the provider that charged the most so far, what came over counted in: a debt as charged, an advance
    taken off. Ties go to the provider whose code comes first.
    """
    assert amount > 0 and rule.method == PRO_RATA
    ordered = sorted(standings, key=lambda standing: standing.provider)
    if not ordered:
        return {}
    debts = [max(standing.owed, 0) for standing in ordered]
    owed = sum(debts)
    parts = share(amount, debts) if 0 < amount < owed else debts
    surplus = max(amount - owed, 0)
    if surplus:
        most = max(range(len(ordered)), key=lambda place: (ordered[place].charged, -place))
        parts = [part + surplus if place == most else part for place, part in enumerate(parts)]
    return {standing.provider: part for standing, part in zip(ordered, parts, strict=True) if part}


def after(standings: Sequence[Standing], parts: Mapping[str, int]) -> list[Standing]:
    """The standings when `parts` have been taken too."""
    return [
        Standing(standing.provider, standing.charged, standing.taken + parts.get(standing.provider, 0))
        for standing in standings
    ]
