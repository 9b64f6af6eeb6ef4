"""What names, keys and numbers of an OWRS file become with us."""

from __future__ import annotations

import re
from collections.abc import Container
from fractions import Fraction

from aimak_billing.domain.rating.determinants import HOST_NAMES, OF_CUSTOMER

USAGE = ("usage_ccf", "usage_kgal", "usage")
"""The data column of the usage, in the unit of the file whatever its name says."""

_TAKEN = frozenset({*HOST_NAMES, *OF_CUSTOMER, "and", "or", "not", "if", "min", "max", "round", "round_even", "blocks"})
_SIZE = re.compile(
    r"""^(?:(?P<whole>\d+)(?:[\s_|+-]+|\s*&\s*))?(?P<top>\d+)\s*/\s*(?P<bottom>\d+)\s*(?P<mark>.*)$
      | ^(?P<plain>\d+(?:\.\d+)?|\.\d+)\s*(?P<end>.*)$""",
    re.VERBOSE,
)
_MARKS = ("", '"', "''", "”", "″", "in", "in.", "inch", "inches", '" meter', "-inch")
_TRUTHS = {"true": "yes", "false": "no"}
_NUMBER = re.compile(r"-?(?:\d{1,24}(?:\.\d{0,24})?|\.\d{1,24})")
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def code(name: str, taken: Container[str] = ()) -> str:
    """A part's name as a code of ours: "WRAM_charge" → "wram_charge"."""
    plain = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "part"
    plain = plain if plain[0].isalpha() else f"p_{plain}"
    found, number = plain[:36], 2
    while found in _TAKEN or found in taken:
        found, number = f"{plain[:33]}_{number}", number + 1
    return found


def input_name(name: str, taken: Container[str] = ()) -> str:
    """A data column's name as an attribute of the connection: "days_in_period" → "given_days_in_period"."""
    plain = name.lower()
    return f"given_{plain}" if plain in _TAKEN or plain in taken else plain


def number(text: str) -> Fraction | None:
    """A number as people write it: "3.25", ".5", "1,250", "75 %" is none."""
    text = text.strip()
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    return Fraction(text) if _NUMBER.fullmatch(text) else None


def size(text: str) -> Fraction | None:
    """The inches of a meter's size: 3/4", 1 1/2", 1_1/2", 1|1/2", 1.5, 1-1/2 inch; None for anything else."""
    match = _SIZE.match(text.strip().lower())
    if match is None or (match["mark"] or match["end"] or "").strip() not in _MARKS:
        return None
    if match["plain"]:
        return Fraction(match["plain"])
    if not int(match["bottom"]):
        return None
    return int(match["whole"] or 0) + Fraction(int(match["top"]), int(match["bottom"]))


def key(text: str, sized: bool) -> str:
    """The one spelling of a key: sizes in inches, numbers without needless digits, texts in lower case."""
    inches = size(text) if sized else None
    if inches is not None:
        whole, rest = divmod(inches, 1)
        parts = [str(whole)] if whole or not rest else []
        return " ".join([*parts, *([f"{rest.numerator}/{rest.denominator}"] if rest else [])]) + '"'
    value = number(text)
    if value is not None:
        return decimal(value)
    plain = " ".join(text.lower().split()).replace("'", "’")
    return _TRUTHS.get(plain, plain)


def decimal(value: Fraction) -> str:
    """A number that ends, as text: "3.25"."""
    sign, value = ("-" if value < 0 else ""), abs(value)
    decimals = next(places for places in range(49) if (value * 10**places).denominator == 1)
    digits = str(int(value * 10**decimals)).rjust(decimals + 1, "0")
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


def keys(text: str, sized: list[bool]) -> list[str] | None:
    """A key of a map taken apart: "Winter|1|Low", also '1|1/2"|inside'. None where it has another number of parts."""
    pieces = [piece.strip() for piece in text.split("|")]
    if len(pieces) > len(sized) and any(sized):
        pieces = _sizes_joined(pieces)
    if len(pieces) != len(sized):
        return None
    return [key(piece, is_size) for piece, is_size in zip(pieces, sized, strict=True)]


def _sizes_joined(pieces: list[str]) -> list[str]:
    """'1', '1/2"' is one size."""
    joined: list[str] = []
    for piece in pieces:
        if joined and joined[-1].isdigit() and re.fullmatch(r'\d/\d+\s*"?', piece):
            joined[-1] = f"{joined[-1]} {piece}"
        else:
            joined.append(piece)
    return joined
