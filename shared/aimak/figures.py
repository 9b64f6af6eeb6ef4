"""Quantities and prices as people read them, the same on paper and on screens."""

from __future__ import annotations

from aimak.money import NBSP


def quantity_text(thousandths: int, decimals: int = 0) -> str:
    """A quantity with at least `decimals` decimals and never fewer than it needs: "12.300", "4", "-0.5"."""
    whole, fraction = divmod(abs(thousandths), 1000)
    digits = f"{fraction:03d}".rstrip("0").ljust(decimals, "0")
    sign = "-" if thousandths < 0 else ""
    return sign + f"{whole:,}".replace(",", NBSP) + (f".{digits}" if digits else "")


def price_text(units: int, scale: int) -> str:
    """A price of `units` 10^-`scale` tyiyn in som, with two decimals or as many as it has: "10.45", "0.3325"."""
    whole, fraction = divmod(units, 10 ** (scale + 2))
    digits = str(fraction).rjust(scale + 2, "0")
    return f"{whole:,}".replace(",", NBSP) + "." + digits[:2] + digits[2:].rstrip("0")


def share_text(units: int, scale: int) -> str:
    """A share of `units` 10^-`scale` as per cent without the sign: "3", "2.5"."""
    whole, fraction = divmod(units, 10 ** (scale - 2))
    digits = str(fraction).rjust(scale - 2, "0").rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
