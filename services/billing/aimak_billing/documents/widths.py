"""How wide a text is in the shipped font, and where it is broken so that it fits a column."""

from __future__ import annotations

import struct
from functools import cache

from aimak_billing.documents.pdf import FONTS

# Kerning and a rounding of widths move a line's end by less than this share of it.
_SPARE = 0.98
_MM = 72 / 25.4


def broken(text: str, width_mm: float, size_pt: float) -> str:
    """`text` with an end of line wherever the next word has no room in `width_mm`; a word that is wider than that is
    broken within. Spaces at breaks are dropped."""
    room = int(width_mm * _MM / size_pt * _units() * _SPARE)
    return "\n".join(line for part in text.split("\n") for line in _lines(part, room))


def width(text: str, size_pt: float) -> float:
    """How wide a text of one line is at the most, mm."""
    return _wide(text) * size_pt / _units() / _MM / _SPARE


@cache
def _lines(text: str, room: int) -> tuple[str, ...]:
    if _wide(text) <= room:
        return (text,)
    lines, line = [], ""
    for word in text.split(" "):
        if line and _wide(f"{line} {word}") > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
        while _wide(line) > room:
            fits = max(1, next(at for at in range(len(line), 0, -1) if at == 1 or _wide(line[:at]) <= room))
            lines.append(line[:fits])
            line = line[fits:]
    return (*lines, line)


def _wide(text: str) -> int:
    widths = _advances()
    return sum(widths.get(ord(letter), _units()) for letter in text)


@cache
def _font() -> tuple[bytes, dict[str, int]]:
    """The file and where its tables begin."""
    data = (FONTS / "NotoSans-Regular.ttf").read_bytes()
    (count,) = struct.unpack_from(">H", data, 4)
    entries = (struct.unpack_from(">4sIII", data, 12 + 16 * place) for place in range(count))
    return data, {tag.decode(): offset for tag, _, offset, _ in entries}


@cache
def _units() -> int:
    """Units of an em."""
    data, tables = _font()
    return int(struct.unpack_from(">H", data, tables["head"] + 18)[0])


@cache
def _advances() -> dict[int, int]:
    """The width of each sign of the font, by its code point, in units of an em."""
    data, tables = _font()
    (metrics,) = struct.unpack_from(">H", data, tables["hhea"] + 34)
    widths = [struct.unpack_from(">H", data, tables["hmtx"] + 4 * glyph)[0] for glyph in range(metrics)]
    return {sign: widths[min(glyph, metrics - 1)] for sign, glyph in _glyphs(data, tables["cmap"]).items()}


def _glyphs(data: bytes, cmap: int) -> dict[int, int]:
    """The glyph of each sign, by the table of the basic plane (format 4)."""
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    places = [cmap + struct.unpack_from(">I", data, cmap + 8 + 8 * entry)[0] for entry in range(count)]
    at = next(place for place in places if struct.unpack_from(">H", data, place)[0] == 4)
    half = struct.unpack_from(">H", data, at + 6)[0]
    segments, found = half // 2, {}
    for segment in range(segments):
        (last,) = struct.unpack_from(">H", data, at + 14 + 2 * segment)
        (first,) = struct.unpack_from(">H", data, at + 16 + half + 2 * segment)
        (delta,) = struct.unpack_from(">H", data, at + 16 + 2 * half + 2 * segment)
        where = at + 16 + 3 * half + 2 * segment
        (offset,) = struct.unpack_from(">H", data, where)
        for sign in range(first, min(last, 0xFFFE) + 1):
            glyph = sign if offset == 0 else struct.unpack_from(">H", data, where + offset + 2 * (sign - first))[0]
            found[sign] = (glyph + delta) % 65536 if glyph or offset == 0 else 0
    return found
