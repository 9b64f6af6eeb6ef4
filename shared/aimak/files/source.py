"""Where the bytes of a file come from, as often as a reader asks for them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

CHUNK_BYTES = 1 << 20


class Source(Protocol):
    """A file that can be read from its start more than once."""

    @property
    def name(self) -> str:
        """The file's name as the sender gave it."""
        ...

    @property
    def size(self) -> int:
        """Its length in bytes."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Its bytes from the start, in pieces of about a megabyte."""
        ...


@dataclass(frozen=True)
class BytesSource:
    """A file held in memory."""

    name: str
    body: bytes

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.body)

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, in pieces of a megabyte."""
        for first in range(0, len(self.body), CHUNK_BYTES):
            yield self.body[first : first + CHUNK_BYTES]


@dataclass(frozen=True)
class PathSource:
    """A file on disk."""

    path: Path

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.name

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return self.path.stat().st_size

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, in pieces of a megabyte."""
        with self.path.open("rb") as stream:
            while piece := stream.read(CHUNK_BYTES):
                yield piece


class SourceStream(io.RawIOBase):
    """A source as a byte stream, for the standard library's decoders."""

    def __init__(self, source: Source) -> None:
        self._chunks = source.chunks()
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` with what comes next and say how much; 0 at the end."""
        while not self._rest:
            piece = next(self._chunks, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
