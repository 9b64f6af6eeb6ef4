"""Chance that falls the same way each time, on every machine: integers only."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A seeded source of whole numbers. Built on getrandbits alone, which Python keeps stable."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def below(self, limit: int) -> int:
        """0 <= result < limit."""
        return self._random.getrandbits(64) % limit

    def between(self, low: int, high: int) -> int:
        """low <= result <= high."""
        return low + self.below(high - low + 1)

    def chance(self, per_mille: int) -> bool:
        """True in per_mille of 1,000 throws."""
        return self.below(1000) < per_mille

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def weighted(self, weights: Sequence[int]) -> int:
        """A place in `weights`, each as likely as its weight says."""
        left = self.below(sum(weights))
        for place, weight in enumerate(weights):
            left -= weight
            if left < 0:
                return place
        raise AssertionError("weights ran out")

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            place = self.below(last + 1)
            result[last], result[place] = result[place], result[last]
        return result

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """`count` different items, in the order in which they stand."""
        places = sorted(self.shuffled(range(len(items)))[:count])
        return [items[place] for place in places]
