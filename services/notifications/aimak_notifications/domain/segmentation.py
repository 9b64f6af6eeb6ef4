"""How a text travels: GSM 7-bit or UCS-2, in how many parts, and where they are cut (3GPP TS 23.038, 23.040).

A part holds 140 octets. Several parts spend 6 of them on the header that joins them, which leaves 153 septets or
67 UCS-2 units each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

GSM7 = "gsm7"
UCS2 = "ucs2"
SINGLE_UNITS = {GSM7: 160, UCS2: 70}
MULTI_UNITS = {GSM7: 153, UCS2: 67}
# The joining header counts parts in one octet.
MAX_PARTS = 255

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = "\f^{}\\[~]|€"
_GSM = re.compile(f"[{re.escape(BASIC + EXTENDED)}]*")
_ESCAPED = re.compile(f"[{re.escape(EXTENDED)}]")

# What word processors and catalogues put into Latin text; one of these would turn the whole message into UCS-2.
_PLAIN = str.maketrans(
    {
        "«": '"',
        "»": '"',
        "“": '"',
        "”": '"',
        "„": '"',
        "‘": "'",
        "’": "'",
        "‚": "'",
        "–": "-",
        "—": "-",
        "‑": "-",
        "−": "-",
        "…": "...",
        "№": "No.",
        "•": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\t": " ",
    }
)


@dataclass(frozen=True)
class Segments:
    """A text as it will be sent: its encoding and the text of each part, in order."""

    encoding: str
    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.parts)


def encoding_of(text: str) -> str:
    """GSM7 where every character is in its table or its extension, UCS2 otherwise."""
    return GSM7 if _GSM.fullmatch(text) else UCS2


def units(text: str, encoding: str) -> int:
    """Septets or UCS-2 units that `text` takes; an extended character takes two, as does one beyond the BMP."""
    if encoding == GSM7:
        return len(text) + len(_ESCAPED.findall(text))
    return len(text.encode("utf-16-be")) // 2


def plain(text: str) -> str:
    """`text` with typographic marks made plain where that lets it travel as GSM 7-bit; otherwise unchanged, as
    nothing is won in a Cyrillic text."""
    simple = text.translate(_PLAIN)
    return simple if encoding_of(simple) == GSM7 else text


def segment(text: str) -> Segments:
    """Cut `text` into parts. A pair of escape and character, or of surrogates, is never cut apart.

    Raises ValueError for an empty text and for one of more than 255 parts.
    """
    if not text:
        raise ValueError("an empty text is not sent")
    encoding = encoding_of(text)
    if units(text, encoding) <= SINGLE_UNITS[encoding]:
        return Segments(encoding, (text,))
    parts = _cut(text, encoding)
    if len(parts) > MAX_PARTS:
        raise ValueError(f"{len(parts)} parts, at most {MAX_PARTS}")
    return Segments(encoding, parts)


def _cut(text: str, encoding: str) -> tuple[str, ...]:
    room = MULTI_UNITS[encoding]
    parts: list[str] = []
    while text:
        size = room
        # Each character that takes two units leaves room for one less; whole characters are never cut.
        while units(text[:size], encoding) > room:
            size -= 1
        parts.append(text[:size])
        text = text[size:]
    return tuple(parts)
