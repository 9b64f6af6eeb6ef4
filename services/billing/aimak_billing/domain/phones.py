"""Phone numbers as they are kept: the country's code and digits, nothing else."""

from __future__ import annotations

import re

_PUNCTUATION = str.maketrans("", "", " +-()./\u00a0")
_NUMBER = re.compile(r"\d{9,15}", re.ASCII)
_COUNTRY = "996"
# What is dialled before a number of the country, within it and abroad: "8 0555 12 34 56", "8 996 555 12 34 56",
# "0 996 555 12 34 56", "00 996 555 12 34 56".
_TRUNK = re.compile(r"^(?:8(?=0[2-9]\d{8}$)|(?:8|00?)(?=996\d{9}$))", re.ASCII)


def phone_number(text: str) -> str | None:
    """ "996555123456" for a number written in any usual way ("0555 12-34-56"); None for what is none."""
    digits = text.translate(_PUNCTUATION)
    if not _NUMBER.fullmatch(digits):
        return None
    digits = _TRUNK.sub("", digits)
    if digits.startswith("0"):
        return _COUNTRY + digits[1:]
    return _COUNTRY + digits if len(digits) == 9 else digits
