"""A month driven over HTTP by somebody who tries again until the installation is back."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
TOWN = ROOT / "examples" / "town"
sys.path.insert(0, str(TOWN))

from month import Month, Runtime  # noqa: E402

ACCOUNTS = 150
# So many that kills fall between chunks and between messages.
CHUNK = 50
_AGAIN = (500, 502, 503, 504)
_PAUSE_S = 0.3


class TooLong(AssertionError):
    """The month did not come to its end: something was lost."""


@dataclass(frozen=True)
class Patient(httpx.BaseTransport):
    """Sends a request again until it is answered, as operators and partners do; raises TooLong at `deadline`."""

    inner: httpx.BaseTransport
    deadline: float

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The first answer that is none of a broken installation's."""
        request.read()
        tried = False
        while True:
            if time.monotonic() > self.deadline:
                raise TooLong(f"{request.method} {request.url}")
            try:
                answer = self.inner.handle_request(request)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in _AGAIN:
                if tried and answer.status_code == 409:
                    # The first try was done, and its answer lost.
                    return httpx.Response(200, json={})
                return answer
            tried = True
            time.sleep(_PAUSE_S)


@dataclass
class Town:
    """The sample town, small, with its clock."""

    folder: Path
    out: Path

    @classmethod
    def build(cls, folder: Path) -> Town:
        """Build the files in `folder`."""
        out = folder / "town"
        command = [sys.executable, str(TOWN / "build.py"), "--accounts", str(ACCOUNTS), "--out", str(out)]
        subprocess.run(command, check=True, capture_output=True)
        for name in ("town.json", "tariffs.yaml"):
            if not (out / name).exists():
                (out / name).write_bytes((TOWN / name).read_bytes())
        return cls(out, folder)

    @property
    def clock(self) -> Path:
        """The file that every process reads the time from."""
        file = self.out / "clock"
        if not file.exists():
            file.write_text(datetime(2026, 10, 30, 3, tzinfo=UTC).isoformat())
        return file

    def set_clock(self, instant: datetime) -> None:
        """Move the hands at once."""
        aside = self.out / "clock.next"
        aside.write_text(instant.isoformat())
        aside.replace(self.clock)

    def settings(self) -> Mapping[str, object]:
        """What an installation of this town is told."""
        return {"clock.file": str(self.clock), "ids.seed": 20261101, "billing.chunk_accounts": CHUNK}

    def month(self, gateway: httpx.Client, partners: httpx.Client, settle: Callable[[], None]) -> Month:
        """The month over these doors."""
        return Month(Runtime(gateway, partners, self.set_clock, settle), self.folder, self.out, pdfs=1)


def patient(address: str, deadline: float) -> httpx.Client:
    """A client that tries again."""
    return httpx.Client(transport=Patient(httpx.HTTPTransport(), deadline), base_url=address, timeout=60)
