"""What `python -m aimak_<service>` does: supervise, or prepare database and broker."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from aimak.problems import Refused
from aimak.settings import Settings
from aimak.supervisor.child import build_service, start_log
from aimak.supervisor.supervisor import Supervisor
from aimak.texts import text

_log = logging.getLogger(__name__)


def main(service: str, arguments: Sequence[str] | None = None) -> None:
    """Run the service until it is told to end; `migrate` and `declare` are done and end. Exits with 0 or 1."""
    parser = argparse.ArgumentParser(prog=f"python -m aimak_{service}", description=f"Runs {service}.")
    parser.add_argument(
        "command",
        nargs="?",
        default="run",
        choices=("run", "migrate", "declare"),
        help="run (default): supervise the service's processes; migrate: bring its database to this version; "
        "declare: make its queues",
    )
    command = parser.parse_args(arguments).command
    start_log()
    try:
        {"run": _run, "migrate": _migrate, "declare": _declare}[command](service)
    except Refused as refused:
        for problem in refused.problems:
            print(f"{problem.code}: {text(problem, 'en')}", file=sys.stderr)
        sys.exit(1)


def _run(service: str) -> None:
    Supervisor(service, Settings.load()).run()


def _migrate(name: str) -> None:
    from aimak.storage import migrate

    settings = Settings.load()
    service = build_service(name, settings)
    changed = migrate.upgrade(service, settings.get(f"owner_database.{name}"))
    _log.info("%s: %s", name, "migrated" if changed else "is current")
    service.close()


def _declare(name: str) -> None:
    from aimak.messaging.rabbitmq.broker import declare
    from aimak.messaging.rabbitmq.topology import topology

    service = build_service(name, Settings.load())
    declare(topology(service), service.settings.broker_url)
    service.close()
