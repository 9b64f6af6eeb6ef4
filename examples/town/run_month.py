"""Run the sample town's month in one process, with progress on stderr and a summary on stdout.

    .venv/bin/python examples/town/run_month.py [--out var/town] [--folder examples/town]

The municipality is marked as a test one, so its clock is set: the same run gives the same bills.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from aimak.settings import Settings  # noqa: E402
from aimak_gateway.cli.frame import table  # noqa: E402
from aimak_gateway.embedded import Embedded  # noqa: E402
from aimak_gateway.setup import initialise  # noqa: E402
from aimak_gateway.wsgi import WsgiApp  # noqa: E402
from month import PASSWORDS, Month, Runtime  # noqa: E402

_ENVIRON: Mapping[str, object] = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "SERVER_NAME": "embedded",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


def town_settings(out: Path) -> Settings:
    """Settings of an embedded installation in `out` whose clock and ids are set."""
    clock = out / "clock"
    clock.write_text(datetime(2026, 10, 30, 3, tzinfo=UTC).isoformat())
    given = {"data_dir": str(out / "data"), "clock.file": str(clock), "ids.seed": 20261101}
    # A month of calls within half a minute: more than any partner makes.
    given |= {"payments.requests_per_s": 10_000, "payments.requests_burst": 10_000}
    return Settings.load().with_values(**{key.replace(".", "__"): value for key, value in given.items()})


@dataclass(frozen=True)
class Said:
    """What a partner was told."""

    status: int
    content: bytes

    def raise_for_status(self) -> None:
        """Raises for an answer that is no success."""
        if self.status >= 300:
            raise RuntimeError(f"{self.status} {self.content.decode()}")


class PartnersDoor:
    """The partners' way into this process, straight to its web application: what a partner's own machine does to send a
    call is no part of the month."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def get(self, url: str, *, headers: Mapping[str, str]) -> Said:
        """The whole answer."""
        path, _, query = url.partition("?")
        seen: list[str] = []
        parts = self._app(
            {
                **_ENVIRON,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "wsgi.input": io.BytesIO(),
                **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
            },
            lambda status, _headers, _error=None: seen.append(status),
        )
        content = b"".join(parts)
        if close := getattr(parts, "close", None):
            close()
        return Said(int(seen[0].split()[0]), content)


def run(out: Path, folder: Path) -> list[tuple[str, str]]:
    """Run the month and give its summary."""
    settings = town_settings(out)
    initialise(settings, "admin", PASSWORDS["admin"])
    clock = Path(settings.get("clock.file"))
    with Embedded(settings) as embedded:
        runtime = Runtime(
            embedded.client,
            PartnersDoor(embedded.app),
            lambda instant: _write(clock, instant.isoformat()),
            embedded.pump.drain,
            embedded.pump.step,
        )
        month = Month(runtime, folder, out)
        started = time.monotonic()
        for number, (title, step) in enumerate(month.steps(), 1):
            begun = time.monotonic()
            print(f"{number}. {title} …", end=" ", file=sys.stderr, flush=True)
            print(f"{step()} ({time.monotonic() - begun:.1f} s)", file=sys.stderr)
        took = time.monotonic() - started
        summary = month.summary()
    made = [("bills", out / "bills"), ("registries", out / "registries"), ("messages", settings.data_dir / "sms")]
    return [*summary, ("the month took", f"{took:.1f} s"), *((name, str(path)) for name, path in made)]


def _write(file: Path, text: str) -> None:
    aside = file.with_suffix(".next")
    aside.write_text(text)
    aside.replace(file)


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("var/town"), help="folder for everything it makes; emptied")
    parser.add_argument("--folder", type=Path, default=HERE, help="the town's files")
    options = parser.parse_args()
    if (options.out / "data").exists():
        shutil.rmtree(options.out)
    options.out.mkdir(parents=True, exist_ok=True)
    for line in table(run(options.out, options.folder), ("sample town, October 2026", "")):
        print(line)


if __name__ == "__main__":
    main()
