"""Phone numbers as gateways want them: digits with the country code, no plus."""

from __future__ import annotations

import re

_NOISE = str.maketrans("", "", " \u00a0\t().-/")
_DIGITS = re.compile(r"\d{9,15}", re.ASCII)


def international(written: str | None, country_code: str) -> str | None:
    """ "+996 555 12-34-56", "0555 123456" or "555123456" as "996555123456"; None for what cannot be dialled."""
    digits = (written or "").translate(_NOISE)
    if digits.startswith("+"):
        digits = digits[1:]
    elif digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0"):
        digits = country_code + digits[1:]
    elif len(digits) == 9:
        digits = country_code + digits
    return digits if _DIGITS.fullmatch(digits) else None
