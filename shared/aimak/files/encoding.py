"""Which encoding a text file has: UTF-8, UTF-16 with its mark, cp1251 or cp866, told by its bytes alone."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from itertools import islice

from aimak.files import faults
from aimak.files.source import Source
from aimak.problems import Refused

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
    "cp1251": _bytes(
        (0x80, 0x84), (0x86, 0x90), (0x98, 0x9F), (0xA1, 0xA7), (0xA9, 0xAA), (0xAC, 0xAF), (0xB1, 0xB7), (0xBC, 0xBF)
    ),
    "cp866": _bytes((0xB0, 0xDF), (0xF2, 0xF7), (0xFB, 0xFB), (0xFD, 0xFE)),
}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


# Letters of Cyrillic alphabets in UTF-8. Counted in the first chunks only: that is enough to tell a majority.
_CYRILLIC_UTF8 = re.compile(rb"[\xd0-\xd3][\x80-\xbf]")
_SAMPLE_CHUNKS = 8


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
    if any(b"\x00" in chunk for chunk in source.chunks()):
        raise faults.file_fault(faults.NOT_TEXT, source.name)
    try:
        _must_decode(source, "utf-8")
    except Refused:
        name = _likeliest(source)
        # Most letters make sense as UTF-8, so it is UTF-8 with foreign places.
        if name == "utf-8":
            raise
        _must_be_one(source, name)
        return name
    return "utf-8"


def _likeliest(source: Source) -> str:
    high = in_utf8 = 0
    scores = dict.fromkeys(_LETTERS, 0)
    for chunk in islice(source.chunks(), _SAMPLE_CHUNKS):
        upper = chunk.translate(None, _ASCII)
        high += len(upper)
        in_utf8 += 2 * len(_CYRILLIC_UTF8.findall(chunk))
        for name in scores:
            letters = len(upper) - len(upper.translate(None, _LETTERS[name]))
            scores[name] += letters - 2 * (len(upper) - len(upper.translate(None, _ODD[name])))
    # Nothing foreign in the sample: the file began as UTF-8 or ASCII and changed later.
    if in_utf8 * 2 > high or high == 0:
        return "utf-8"
    return max(scores, key=lambda name: scores[name])


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
        return (b"\x98" in high and encoding == "cp1251") or (strange >= 2 and strange * 7 >= len(high))

    return foreign
