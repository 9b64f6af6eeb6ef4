"""The sample town's month against the containers: through the proxy, over TLS, as operators and partners come.

Run by check.sh in a container of its own, with the town's scripts at /town and a clock that all containers read.
"""

import argparse
import os
import shutil
import socket
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
from month import PARTNER_PASSWORD, PERIOD, Month, Runtime  # noqa: E402


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


def check_addresses(client: httpx.Client, month: Month) -> str:
    """A partner's agreed addresses hold through the proxy, and a header that anybody can write opens no other door.
    Raises RuntimeError."""
    partner = next(partner for partner in month.town["partners"] if partner["online"])
    account = month.api("ayna").get("/billing/bills", period=PERIOD, limit=1)["bills"][0]["account"]
    call = f"/partners/{month.tenant}/{partner['code']}?command=check&txn_id=1&account={account}&sum=0"
    login = (partner["code"], PARTNER_PASSWORD)
    own = socket.gethostbyname(socket.gethostname())
    seen = []
    for address in (own, "192.0.2.1"):
        month.api("admin").post("/payments/partners", {**month._partner(partner), "addresses": [f"{address}/32"]})
        seen.append(client.get(call, auth=login, headers={"X-Real-IP": "192.0.2.1"}).status_code)
    straight = httpx.get(f"http://payments:8473{call}", auth=login, headers={"X-Real-IP": "192.0.2.1"})
    if [*seen, straight.status_code] != [200, 403, 403]:
        raise RuntimeError(f"addresses of partners: {seen} through the proxy, {straight.status_code} past it")
    return f"{own} is let in, another is not, and nobody by a header"


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
        print(f"partners' addresses: {check_addresses(client, month)}", file=sys.stderr, flush=True)
        rows = [*month.summary(), ("the month took", f"{time.monotonic() - began:.1f} s")]
    for line in table(rows, ("sample town in containers", "")):
        print(line)


if __name__ == "__main__":
    main()
