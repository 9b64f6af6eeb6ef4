"""Tiers of a file as blocks of ours.

`Tiered`: a start is the first unit at its price, so the block before it ends one unit lower. `Budget`: a start is the
end of the block before it, a share of the budget or a computed value rounded to whole units, half to the even.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from aimak.plugins.formulas.tree import Binary, Call, Literal, Node

from aimak_billing.owrs.parts import Item, Part, Percent, Table

ONE = Fraction(1)


class Mismatch(ValueError):
    """Tiers that cannot be priced: the code of a problem and its fields."""

    def __init__(self, code: str, **fields: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


def tier_names(part: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """What the starts, prices and budget of a part may be called, the likeliest first."""
    for word, kind in (("drought", "drought"), ("wastewater", "wastewater"), ("sewer", "sewer")):
        if word in part.lower():
            return (
                (f"{kind}_tier_starts", f"tier_starts_{kind}"),
                (f"{kind}_tier_prices", f"tier_prices_{kind}", f"tier_rates_{kind}"),
                (f"{kind}_budget", f"budget_{kind}", "budget", "budget_commodity"),
            )
    return (
        ("tier_starts", "tier_starts_commodity"),
        ("tier_prices", "tier_prices_commodity", "tier_rates", "tier_rates_commodity"),
        ("budget", "budget_commodity"),
    )


def tiered(
    word: str,
    quantity: Node,
    starts: Sequence[Item],
    prices: Sequence[Item],
    value: Callable[[Node], Node],
    budget: Callable[[], Node],
) -> Node:
    """The blocks of a list of starts and one of prices. `value` makes a formula of the file one of ours. Raises
    Mismatch."""
    if len(starts) != len(prices):
        raise Mismatch("AIM-T223", starts=len(starts), prices=len(prices))
    amounts = [value(_price(price)) for price in prices]
    limits = [_limit(word, start, value, budget) for start in starts[1:]]
    if not limits:
        return Binary("*", quantity, amounts[0])
    given = [argument for pair in zip(limits, amounts[:-1], strict=True) for argument in pair]
    return Call("blocks", (quantity, *given, amounts[-1]))


def _price(price: Item) -> Node:
    if isinstance(price, Percent):
        raise Mismatch("AIM-T224")
    return price


def _limit(word: str, start: Item, value: Callable[[Node], Node], budget: Callable[[], Node]) -> Node:
    if word == "Tiered":
        if isinstance(start, Percent):
            raise Mismatch("AIM-T224")
        if isinstance(start, Literal):
            return Literal(start.value - ONE) if start.value >= ONE else Literal(Fraction(0))
        return Binary("-", value(start), Literal(ONE))
    if isinstance(start, Percent):
        return Call("round_even", (Binary("*", Literal(start.share), budget()),))
    return start if isinstance(start, Literal) else Call("round_even", (value(start),))


def joined(
    starts: Part, prices: Part
) -> tuple[Table | None, Mapping[tuple[str, ...], tuple[Sequence[Item], Sequence[Item]]]]:
    """Starts and prices brought together: by the keys that both have where both are maps, else by those of the one
    that is. The table tells by what; None and one row without keys where both are lists."""
    if not isinstance(starts, Table) and not isinstance(prices, Table):
        return None, {(): (starts, prices)}
    if not isinstance(prices, Table):
        assert isinstance(starts, Table)
        return starts, {keys: (begin, prices) for keys, begin in starts.rows.items()}
    if not isinstance(starts, Table):
        return prices, {keys: (starts, price) for keys, price in prices.rows.items()}
    more = [place for place, name in enumerate(prices.by) if name not in starts.by]
    shared = [(starts.by.index(name), place) for place, name in enumerate(prices.by) if name in starts.by]
    rows = {
        (*keys, *(other[place] for place in more)): (begin, price)
        for keys, begin in starts.rows.items()
        for other, price in prices.rows.items()
        if all(keys[mine] == other[theirs] for mine, theirs in shared)
    }
    by = (*starts.by, *(prices.by[place] for place in more))
    sized = (*starts.sized, *(prices.sized[place] for place in more))
    return Table(by, sized, {keys: () for keys in rows}), rows
