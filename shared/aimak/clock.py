"""Time and new ids as ports: production takes the system's, tests and the demonstration set their own."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Tells the instant."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant in UTC, to the microsecond."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands where it was set."""

    def __init__(self, instant: datetime) -> None:
        assert instant.tzinfo is not None, "an instant without a zone is not an instant"
        self.instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        """The instant that was set."""
        return self.instant


class FileClock:
    """A clock whose hands are a file, so that many processes show the same time and a test can move it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> datetime:
        """The instant written in the file, ISO with its zone."""
        # Asked for at every call of a partner: without buffer and decoder it is read in a fifth of the time.
        with open(self.path, "rb", buffering=0) as file:
            return datetime.fromisoformat(file.read().decode().strip()).astimezone(UTC)


class IdSource(Protocol):
    """Makes ids that follow from nothing: message ids, tokens."""

    def uuid(self) -> uuid.UUID:
        """A new UUID."""
        ...


class RandomIds:
    """UUIDs from the system's entropy."""

    def uuid(self) -> uuid.UUID:
        """A new random UUID."""
        return uuid.uuid4()


class SeededIds:
    """The same UUIDs in the same order for the same seed; only a tenant marked `test` is served with them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def uuid(self) -> uuid.UUID:
        """The next UUID of this seed."""
        return uuid.UUID(int=self._random.getrandbits(128), version=4)
