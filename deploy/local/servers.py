"""The servers runtime on this machine: `up` starts it in the background, `down` ends it, `watch` is what runs.

    .venv/bin/python deploy/local/servers.py up [--folder var/servers]

A RabbitMQ and a PostgreSQL of its own run beside it, on the loopback, with their data in the folder; none is started
where AIMAK_BROKER__URL or AIMAK_SUPERUSER_DATABASE names another. What dies is started again.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from aimak.settings import PORTS, Settings
from aimak.testing.servers import Installation, PostgresServer, RabbitServer
from aimak.testing.servers.process import LOOPBACK, is_alive

POSTGRES_PORT, RABBIT_PORT = 8480, 8481
READY_S = 600
STOP_S = 90
LOOK_S = 0.5


def main() -> None:
    """Read the arguments and do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("up", "down", "watch"))
    parser.add_argument("--folder", type=Path, default=Path("var/servers"), help="data, logs, secrets, settings")
    options = parser.parse_args()
    folder = options.folder.absolute()
    {"up": up, "down": down, "watch": watch}[options.command](folder)


def up(folder: Path) -> None:
    """Start in the background and return when every service answers."""
    if running(folder):
        print(f"runs already; AIMAK_CONFIG={folder / 'aimak.toml'}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "aimak.toml").unlink(missing_ok=True)
    with (folder / "watch.log").open("ab") as log:
        watcher = subprocess.Popen(
            [sys.executable, __file__, "watch", "--folder", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    end = time.monotonic() + READY_S
    while not (folder / "aimak.toml").exists():
        if watcher.poll() is not None or time.monotonic() > end:
            sys.exit(f"it did not start; see {folder / 'watch.log'}")
        time.sleep(LOOK_S)
    print(f"the gateway answers at http://{LOOPBACK}:{PORTS['gateway']}")
    print(f"commands reach it with  export AIMAK_CONFIG={folder / 'aimak.toml'}")
    print(f"log in as admin with the password in {folder / 'secrets' / 'admin'}; make down ends it")


def down(folder: Path) -> None:
    """End it and return when nothing of it runs."""
    pid = running(folder)
    if pid is None:
        print("does not run")
        return
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + STOP_S
    while is_alive(pid):
        if time.monotonic() > end:
            sys.exit(f"process {pid} has not ended; see {folder / 'watch.log'}")
        time.sleep(LOOK_S)
    print("ended")


def running(folder: Path) -> int | None:
    """The watcher's process id; None when it does not run."""
    try:
        pid = int((folder / "watch.pid").read_text())
    except (OSError, ValueError):
        return None
    return pid if is_alive(pid) else None


def watch(folder: Path) -> None:
    """Run servers and supervisors until SIGTERM, and start again what dies."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    (folder / "watch.pid").write_text(str(os.getpid()))
    given = Settings.load()
    with ExitStack() as ending:
        ending.callback((folder / "watch.pid").unlink)
        postgres = rabbit = None
        if not given.get("superuser_database"):
            postgres = ending.enter_context(PostgresServer(folder / "postgres", POSTGRES_PORT, durable=True))
        if not given.get("broker.url"):
            rabbit = ending.enter_context(RabbitServer(folder / "rabbitmq", RABBIT_PORT))
        installation = Installation(
            folder,
            postgres.url() if postgres else str(given.get("superuser_database")),
            rabbit.url if rabbit else given.broker_url,
            {f"{service}.listen": f"{LOOPBACK}:{port}" for service, port in PORTS.items()} | own(given),
        )
        ending.callback(installation.stop)
        installation.prepare(password(folder))
        installation.start()
        write_settings(folder, installation)
        while not stop.wait(LOOK_S):
            for server in (postgres, rabbit):
                if server is not None and not is_alive(server.pid):
                    server.restart()
            for service in PORTS:
                installation.start_service(service)


def own(given: Settings) -> dict[str, Any]:
    """The settings of whoever starts it that every process gets too."""
    kept = ("processes.", "billing.", "metering.", "payments.", "notifications.", "gateway.", "clock.")
    return {key: value for key, value in given.values.items() if key.startswith(kept)}


def password(folder: Path) -> str:
    """The first person's password, made when there is none."""
    file = folder / "secrets" / "admin"
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
            made.write(secrets.token_urlsafe(16))
    return file.read_text()


def write_settings(folder: Path, installation: Installation) -> None:
    """What the command line reads, complete from the moment it is there; it holds secrets."""
    lines = [f"{key} = {json.dumps(str(value))}" for key, value in sorted(installation.values.items())]
    aside = folder / "aimak.toml.next"
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    aside.replace(folder / "aimak.toml")


if __name__ == "__main__":
    main()
