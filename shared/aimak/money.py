"""Money is a whole number of tyiyn (1 som = 100). Never a float."""

from __future__ import annotations

import re

NBSP = "\u00a0"
_AMOUNT = re.compile(r"(-?)[ \u00a0\u202f]*(\d{1,3}(?:[ \u00a0\u202f]+\d{3})+|\d{1,13})(?:[.,](\d{1,2}))?", re.ASCII)
_SPACES = str.maketrans("", "", " \u00a0\u202f")
MAX_TYIYN = 10**15 - 1


def parse_som(text: str) -> int:
    """Tyiyn in an amount written in som: "10.45", "1 234,5", "-3". Raises ValueError for anything else:
    more than two decimals, a thousands separator other than a space, a space elsewhere ("1 23,00" may be a digit
    short), an exponent."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not an amount in som: {text!r}")
    sign, whole, fraction = match.groups()
    tyiyn = int(whole.translate(_SPACES)) * 100 + int((fraction or "0").ljust(2, "0"))
    if tyiyn > MAX_TYIYN:
        raise ValueError(f"too large an amount: {text!r}")
    return -tyiyn if sign else tyiyn


def plain_som(tyiyn: int) -> str:
    """The machine's form of an amount: "1234.56", as it stands in JSON, CSV and protocols."""
    sign = "-" if tyiyn < 0 else ""
    whole, fraction = divmod(abs(tyiyn), 100)
    return f"{sign}{whole}.{fraction:02d}"


def format_som(tyiyn: int) -> str:
    """The reader's form of an amount: thousands apart by a no-break space, two decimals ("1 234.56")."""
    sign = "-" if tyiyn < 0 else ""
    whole, fraction = divmod(abs(tyiyn), 100)
    return f"{sign}{whole:,}".replace(",", NBSP) + f".{fraction:02d}"


def half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator rounded to a whole number, half away from zero."""
    assert denominator > 0
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -quotient if numerator < 0 else quotient


def share(total: int, weights: list[int]) -> list[int]:
    """Split `total` in proportion to `weights` (>= 0, not all 0) so that the parts add up: largest remainder,
    ties to the earlier."""
    whole = sum(weights)
    assert whole > 0 and all(weight >= 0 for weight in weights)
    sign, size = (-1, -total) if total < 0 else (1, total)
    parts = [size * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: (-(size * weights[place] % whole), place))
    for place in order[: size - sum(parts)]:
        parts[place] += 1
    return [sign * part for part in parts]


def apportion(total: int, parts: list[int]) -> list[int]:
    """Split `total` over amounts of either sign by their share in what they come to, so that a credit takes of it as a
    charge gives: largest remainder, ties to the earlier. Where they come to less than `total`, it is not of them all:
    by their size, and of nothing the first takes it. Not without `parts`."""
    whole, sizes = sum(parts), [abs(part) for part in parts]
    if abs(whole) < abs(total) or not whole:
        return share(total, sizes) if any(sizes) else [total, *[0] * (len(parts) - 1)]
    exact = [(total * part if whole > 0 else -total * part) for part in parts]
    below = [amount // abs(whole) for amount in exact]
    order = sorted(range(len(parts)), key=lambda place: (-(exact[place] % abs(whole)), place))
    for place in order[: total - sum(below)]:
        below[place] += 1
    return below
