"""A long list in parts: what one statement, one message or one file takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    """The items in their order, `size` at a time, the last part with what is left; none of nothing."""
    for first in range(0, len(items), size):
        yield list(items[first : first + size])
