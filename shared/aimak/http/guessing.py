"""Whoever guesses passwords is stopped after some."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable

from aimak.problems import Problem, Refused

# So many wrong passwords for one name within a minute, and the next is not even computed.
WRONG_IN_A_MINUTE = 10
_MINUTE_S = 60
# Names that are made up one after another must not fill the memory.
_NAMES = 10_000


class TooMany(Refused):
    """More requests than agreed, or too many wrong passwords."""

    status = 429


class Guesses:
    """The wrong passwords of the last minute, by whose they were to be. One for each process; safe to ask from many
    threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._wrong: OrderedDict[Hashable, deque[float]] = OrderedDict()
        self._guard = threading.Lock()

    def refuse(self, who: Hashable) -> None:
        """Raise TooMany where the next password would be a guess too many."""
        with self._guard:
            wrong = self._wrong.get(who)
            while wrong and wrong[0] < self._monotonic() - _MINUTE_S:
                wrong.popleft()
            if wrong and len(wrong) >= WRONG_IN_A_MINUTE:
                raise TooMany(Problem("AIM-K074"))

    def count(self, who: Hashable) -> None:
        """One more was wrong."""
        with self._guard:
            self._wrong.setdefault(who, deque()).append(self._monotonic())
            self._wrong.move_to_end(who)
            while len(self._wrong) > _NAMES:
                self._wrong.popitem(last=False)
