"""Units of water volume, exact: an inch is 25.4 mm, a gallon 231 cubic inches, an acre 43,560 square feet."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

_INCH = Fraction(254, 10_000)
_FOOT = 12 * _INCH
_GALLON = 231 * _INCH**3

CUBIC_METRES: Mapping[str, Fraction] = {
    "ccf": 100 * _FOOT**3,
    "kgal": 1000 * _GALLON,
    "gal": _GALLON,
    "cf": _FOOT**3,
    "af": 43_560 * _FOOT**3,
    "mgal": 1_000_000 * _GALLON,
    "m3": Fraction(1),
    "l": Fraction(1, 1000),
}
"""Unit → m³."""

UNITS: Mapping[str, str] = {
    **{unit: unit for unit in CUBIC_METRES},
    **dict.fromkeys(("hcf", "centum cubic feet", "hundred cubic feet", "100 cubic feet"), "ccf"),
    **dict.fromkeys(("kgals", "tgal", "kilogallon", "kilogallons", "thousand gallons", "1000 gallons"), "kgal"),
    **dict.fromkeys(("gals", "gallon", "gallons"), "gal"),
    **dict.fromkeys(("ft3", "cuft", "cubic feet", "cubic foot"), "cf"),
    **dict.fromkeys(("acre-foot", "acre-feet", "acre foot", "acre feet", "acft", "ac-ft", "ac ft"), "af"),
    **dict.fromkeys(("mg", "million gallons", "milliongallons"), "mgal"),
    **dict.fromkeys(("m³", "kl", "kilolitre", "kilolitres", "kiloliter", "kiloliters", "cubic metre", "cubic metres",
                     "cubic meter", "cubic meters", "cum"), "m3"),
    **dict.fromkeys(("litre", "litres", "liter", "liters"), "l"),
}  # fmt: skip
"""Every spelling, in lower case, → the unit."""


def converted(quantity: Fraction, given: str, wanted: str) -> Fraction:
    """A volume in another unit, exact."""
    return quantity * CUBIC_METRES[given] / CUBIC_METRES[wanted]
