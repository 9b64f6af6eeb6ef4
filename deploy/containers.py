"""The sample town's month against the containers: through the proxy, over TLS, as operators and partners come.

Run by check.sh in a container of its own, with the town's scripts at /town and a clock that all containers read.
"""

import argparse
import os
import shutil
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

TOWN = Path("/town")
CLOCK = Path(os.environ["AIMAK_CLOCK__FILE"])
PROXY = "https://proxy"
START_S = 300
SETTLE_S = 600
sys.path.insert(0, str(TOWN))

import httpx  # noqa: E402
from aimak.settings import Settings  # noqa: E402
from aimak.testing.settled import wait_until_settled  # noqa: E402
from aimak_gateway.cli.frame import table  # noqa: E402
from aimak_gateway.embedded import build_services  # noqa: E402
from month import Month, Runtime  # noqa: E402


def set_clock(instant: datetime) -> None:
    """Set the one clock of all containers (UTC)."""
    aside = CLOCK.with_suffix(".next")
    aside.write_text(instant.astimezone(UTC).isoformat(), encoding="utf-8")
    aside.replace(CLOCK)


def wait_for(client: httpx.Client) -> None:
    """Wait until the gateway answers through the proxy. Raises TimeoutError."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            if client.get("/gateway/health").status_code < 500:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise TimeoutError(f"no answer at {PROXY} after {START_S} s")


def main() -> None:
    """Build a town, run its month, print what it came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=100)
    town, out = Path("/tmp/town"), Path("/tmp/out")
    build = [sys.executable, str(TOWN / "build.py"), "--out", str(town)]
    subprocess.run([*build, "--accounts", str(parser.parse_args().accounts)], check=True, stdout=subprocess.DEVNULL)
    for name in ("town.json", "tariffs.yaml"):
        shutil.copy(TOWN / name, town)
    trusted = ssl.create_default_context(cafile="/run/secrets/tls.crt")
    services = build_services(Settings.load())
    with httpx.Client(base_url=PROXY, verify=trusted, timeout=60) as client:
        wait_for(client)
        runtime = Runtime(client, client, set_clock, lambda: wait_until_settled(services, SETTLE_S))
        month = Month(runtime, town, out, pdfs=3)
        began = time.monotonic()
        for title, step in month.steps():
            print(f"{title}: {step()}", file=sys.stderr, flush=True)
        rows = [*month.summary(), ("the month took", f"{time.monotonic() - began:.1f} s")]
    for line in table(rows, ("sample town in containers", "")):
        print(line)


if __name__ == "__main__":
    main()
