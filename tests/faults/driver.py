"""A month driven over HTTP by somebody who tries again until the installation is back."""

from __future__ import annotations

import re
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

from tests.faults.injector import ByRequests, Injector  # noqa: E402

ACCOUNTS = 150
# So many that kills fall between chunks and between messages.
CHUNK = 50
# The days on which this town pays: each payment waits for the next of them.
PAY_DAYS = (8, 16, 24, 30)
_DAY = re.compile(r"(?<=;2026-11-)\d\d(?=T)")
_AGAIN = (500, 502, 503, 504)
# OSMP: a temporary error, repeat later.
_TRY_LATER = b"<result>1</result>"
_PAUSE_S = 0.3


class TooLong(AssertionError):
    """The month did not come to its end: something was lost."""


@dataclass(frozen=True)
class Patient(httpx.BaseTransport):
    """Sends a request again until it is answered, as operators and partners do; raises TooLong at `deadline`. `pace`
    is told of each."""

    inner: httpx.BaseTransport
    deadline: float
    pace: ByRequests | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The first answer that is none of a broken installation's."""
        request.read()
        if self.pace:
            self.pace.request()
        while True:
            if time.monotonic() > self.deadline:
                raise TooLong(f"{request.method} {request.url}")
            try:
                answer = self.inner.handle_request(request)
                if answer.status_code not in _AGAIN and _TRY_LATER not in answer.read():
                    return answer
            except httpx.TransportError:
                # Nobody there, or gone in the middle of the answer.
                pass
            time.sleep(_PAUSE_S)


@dataclass
class Town:
    """The sample town, small and with few days of payment, with its clock."""

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
        plan = out / "payments_plan.csv"
        later = lambda day: f"{next(pay for pay in PAY_DAYS if pay >= int(day[0])):02d}"  # noqa: E731
        plan.write_text(_DAY.sub(later, plan.read_text()))
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

    def through(self, month: Month, injector: Injector | None = None, *, closes: bool = True) -> None:
        """Take the month to its end, killing from the preview to the last payment. Last come the ledger days that are
        over, which the daily job closes sooner or later. A month that is known to be wrong is not closed."""
        try:
            for title, step in month.steps():
                if injector and title == "preview":
                    injector.start()
                if title.startswith("ledgers"):
                    if injector:
                        injector.end()
                    month.runtime.settle()
                    if not closes:
                        return
                step()
        finally:
            if injector and injector.is_alive():
                injector.end()
        for service in ("billing", "payments"):
            month.api("admin").post(f"/{service}/maintain")
        month.runtime.settle()

    def month(
        self, gateway: httpx.Client, partners: httpx.Client, settle: Callable[[], None], kind: type[Month] = Month
    ) -> Month:
        """The month over these doors."""
        return kind(Runtime(gateway, partners, self.set_clock, settle), self.folder, self.out, pdfs=1)


def patient(address: str, deadline: float, pace: ByRequests | None = None) -> httpx.Client:
    """A client that tries again."""
    return httpx.Client(transport=Patient(httpx.HTTPTransport(), deadline, pace), base_url=address, timeout=60)
