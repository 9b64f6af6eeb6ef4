"""Which encoding a text file has: UTF-8, UTF-16 with its mark, cp1251 or cp866, told by its bytes alone."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aimak.files import faults
from aimak.files.source import Source

_ASCII = bytes(range(128))
_NEWLINE = b"\n"


def _bytes(*ranges: tuple[int, int]) -> bytes:
    return bytes(code for first, last in ranges for code in range(first, last + 1))


# Letters of each encoding, and bytes that a table written in it hardly has. Outside both: quotes, dashes, №, °.
_LETTERS = {
    "cp1251": _bytes((0xC0, 0xFF), (0xA8, 0xA8), (0xB8, 0xB8)),
    "cp866": _bytes((0x80, 0xAF), (0xE0, 0xF1)),
}
_ODD = {
    "cp1251": _bytes((0x80, 0x84), (0x86, 0x90), (0x98, 0x9F), (0xA1, 0xA7), (0xA9, 0xAA), (0xAC, 0xAF),
                     (0xB1, 0xB7), (0xBC, 0xBF)),
    "cp866": _bytes((0xB0, 0xDF), (0xF2, 0xF7), (0xFB, 0xFB), (0xFD, 0xFE)),
}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass
class _Counts:
    """What one pass over a file has seen."""

    high: int = 0
    in_utf8: int = 0
    cp1251: int = 0
    cp866: int = 0


def detect(source: Source) -> str:
    """The Python name of the file's encoding. Raises Refused: empty, binary, or of more than one encoding (with the
    line where the other one begins)."""
    first = next(source.chunks(), b"")
    if not first.strip(b" \t\r\n\x1a"):
        raise faults.file_fault(faults.EMPTY, source.name)
    for mark, name in _MARKS:
        if first.startswith(mark):
            _must_decode(source, name)
            return name
    counts = _count(source)
    if counts.high == counts.in_utf8:
        return "utf-8"
    # Most bytes make sense as UTF-8, so it is UTF-8 with foreign places.
    if counts.in_utf8 * 2 > counts.high:
        _must_decode(source, "utf-8")
    name = "cp1251" if counts.cp1251 >= counts.cp866 else "cp866"
    _must_be_one(source, name)
    return name


def _count(source: Source) -> _Counts:
    counts = _Counts()
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    for chunk in source.chunks():
        if b"\x00" in chunk:
            raise faults.file_fault(faults.NOT_TEXT, source.name)
        if chunk.isascii():
            decoder.reset()
            continue
        high = chunk.translate(None, _ASCII)
        counts.high += len(high)
        counts.in_utf8 += len(decoder.decode(chunk).encode().translate(None, _ASCII))
        for name in ("cp1251", "cp866"):
            letters = len(high) - len(high.translate(None, _LETTERS[name]))
            odd = len(high) - len(high.translate(None, _ODD[name]))
            setattr(counts, name, getattr(counts, name) + letters - 2 * odd)
    return counts


def _must_decode(source: Source, encoding: str) -> None:
    """Raises Refused with the line of the first bytes that are not `encoding`."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines = 1
    for chunk in _with_end(source):
        try:
            text = decoder.decode(chunk or b"", final=chunk is None)
        except UnicodeDecodeError as wrong:
            good = wrong.object[: wrong.start].count(_NEWLINE)
            found = wrong.object[wrong.start : wrong.start + 1].hex().upper()
            raise faults.file_fault(
                faults.MIXED_ENCODING, source.name, lines + good, encoding=encoding.upper(), byte=found
            ) from wrong
        lines += text.count("\n")


def _with_end(source: Source) -> Iterator[bytes | None]:
    yield from source.chunks()
    yield None


def _must_be_one(source: Source, encoding: str) -> None:
    """Raises Refused with the first line whose bytes do not look like the encoding of the rest."""
    odd = _ODD[encoding]
    before, rest = 1, b""
    for chunk in _with_end(source):
        whole, cut, tail = (rest + (chunk or b"")).rpartition(_NEWLINE)
        if chunk is None:
            whole, tail = rest, b""
        if len(whole.translate(None, odd)) != len(whole):
            _look_at_lines(source.name, whole, before, encoding)
        before += whole.count(_NEWLINE) + len(cut)
        rest = tail


def _look_at_lines(file: str, text: bytes, first: int, encoding: str) -> None:
    foreign = _is_foreign(encoding)
    for number, line in enumerate(text.split(_NEWLINE), first):
        if foreign(line):
            found = line.translate(None, _ASCII)[:1].hex().upper()
            raise faults.file_fault(faults.MIXED_ENCODING, file, number, encoding=encoding.upper(), byte=found)


def _is_foreign(encoding: str) -> Callable[[bytes], bool]:
    """Two odd bytes that make up a seventh of a line's letters: real text of the encoding has next to none."""
    odd = _ODD[encoding]

    def foreign(line: bytes) -> bool:
        high = line.translate(None, _ASCII)
        strange = len(high) - len(high.translate(None, odd))
        return b"\x98" in high and encoding == "cp1251" or strange >= 2 and strange * 7 >= len(high)

    return foreign
