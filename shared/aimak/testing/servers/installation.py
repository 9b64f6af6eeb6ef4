"""A whole installation of the servers runtime on one machine: roles, schemas, queues, every service's supervisor."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from aimak.settings import SERVICES, Settings
from aimak.storage import roles
from aimak.supervisor.child import build_service
from aimak.testing.servers.process import LOOPBACK, ServerFailed, free_port, wait_until
from sqlalchemy import URL, make_url

_READY_S = 240
_STOP_S = 30


class Installation:
    """Five services over one PostgreSQL and one RabbitMQ; logs, settings and secrets are in `folder`.

    `superuser_url` may create roles and the database that it names after `database`. `settings` are dotted keys
    ("chunk.accounts") that every process gets. Ports are free ones unless `settings` give `<service>.listen`.
    """

    def __init__(
        self,
        folder: Path,
        superuser_url: str,
        broker_url: str,
        settings: Mapping[str, Any] | None = None,
        database: str = "aimak",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._superuser = make_url(superuser_url)
        self._database = database
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._subscribed: dict[str, list[str]] = {}
        self.values = {**self._own_settings(broker_url), **(settings or {})}

    @property
    def settings(self) -> Settings:
        """What every process of the installation reads, beside this process's own variables."""
        return Settings(self.values)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process of the installation; those of this process's own AIMAK_* are left out."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIMAK_")}
        given = {"AIMAK_" + key.upper().replace(".", "__"): str(value) for key, value in self.values.items()}
        return {**inherited, **given, "AIMAK_CONFIG": str(self.folder / "none.toml")}

    def address(self, service: str) -> str:
        """The URL at which a service answers."""
        return self.settings.address(service)

    def prepare(self, admin_password: str) -> None:
        """Make the database, roles, schemas, tables, queues and the first person, "admin". Again, nothing changes."""
        self._make_database(SERVICES)
        command_line = "import sys; from aimak_gateway.cli import main; sys.argv[0] = 'aimak'; main()"
        self._run("-c", command_line, "init", "--admin", "admin", AIMAK_PASSWORD=admin_password)
        for service in SERVICES:
            self._run("-m", f"aimak_{service}", "declare")

    def prepare_alone(self, service: str) -> None:
        """Make the database and one service's roles, schema, tables and queues; the others are not there."""
        self._make_database((service,))
        for command in ("migrate", "declare"):
            self._run("-m", f"aimak_{service}", command)

    def start(self) -> None:
        """Start every service's supervisor that does not run, and wait until each answers. Raises ServerFailed."""
        for service in SERVICES:
            self.start_service(service)
        for service in SERVICES:
            wait_until(lambda name=service: self.answers(name), _READY_S, f"{service} of {self.folder}")  # type: ignore[misc]

    def start_service(self, service: str) -> None:
        """Start one service's supervisor unless it runs."""
        running = self.processes.get(service)
        if running is not None and running.poll() is None:
            return
        with (self.folder / f"{service}.log").open("ab") as log:
            self.processes[service] = subprocess.Popen(
                [sys.executable, "-m", f"aimak_{service}"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def answers(self, service: str) -> bool:
        """Whether the service's HTTP answers."""
        try:
            with urllib.request.urlopen(f"{self.address(service)}/{service}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """End every supervisor with its children; SIGKILL to what has not ended after 30 s."""
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        end = time.monotonic() + _STOP_S
        for process in self.processes.values():
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def connect(self, database: str | None = None) -> psycopg.Connection:
        """A superuser's connection, committing by itself."""
        url = self._superuser.set(drivername="postgresql", database=database or self._database)
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True, connect_timeout=5)

    def under_way(self) -> dict[str, int]:
        """What is not finished: facts not published, messages not handled, jobs that are due; empty when settled.
        One statement, so that nothing hides between two looks."""
        with self.connect() as connection:
            found = connection.execute(self._under_way(), {"now": self.settings.clock().now()}).fetchall()
        return {what: count for what, count in found if count}

    def settle(self, seconds: float = 300) -> None:
        """Return when nothing is under way any more. Raises ServerFailed after `seconds`, naming what is."""
        end = time.monotonic() + seconds
        while left := self.under_way():
            if time.monotonic() > end:
                raise ServerFailed(f"still under way after {seconds:g} s: {left}")
            time.sleep(0.1)

    def _make_database(self, services: Sequence[str]) -> None:
        """The database, where there is none, and the roles of these services."""
        with self.connect(str(self._superuser.database)) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self._database]).fetchone()
            if not known:
                connection.execute(f'CREATE DATABASE "{self._database}"')
        with self.connect() as connection:
            for service in services:
                owner = make_url(str(self.values[f"owner_database.{service}"]))
                runs = make_url(str(self.values[f"database.{service}"]))
                roles.create(connection, service, str(owner.password), str(runs.password))

    def _under_way(self) -> str:
        parts = []
        for name in SERVICES:
            parts.append(f"SELECT '{name}: facts', count(*) FROM {name}.outbox WHERE published_at IS NULL")
            parts.append(
                f"SELECT '{name}: jobs', count(*) FROM {name}.job WHERE state = 'waiting' AND due_at <= %(now)s"
            )
            keys = ", ".join(f"'{key}'" for key in self._subscriptions(name)) or "''"
            parts += [
                f"SELECT '{owner} to {name}', count(DISTINCT message_id) FROM {owner}.outbox AS o "
                f"WHERE published_at IS NOT NULL AND routing_key IN ({keys}) "
                f"AND (consumer IS NULL OR consumer = '{name}') "
                f"AND NOT EXISTS (SELECT 1 FROM {name}.inbox AS i "
                f"WHERE i.consumer = '{name}' AND i.message_id = o.message_id) "
                f"AND NOT EXISTS (SELECT 1 FROM {name}.dead_letter AS d WHERE d.id = o.message_id)"
                for owner in SERVICES
            ]
        return " UNION ALL ".join(parts)

    def _subscriptions(self, service: str) -> list[str]:
        if service not in self._subscribed:
            built = build_service(service, self.settings)
            self._subscribed[service] = sorted(built.subscriptions)
            built.close()
        return self._subscribed[service]

    def _run(self, *arguments: str, **variables: str) -> None:
        made = subprocess.run(
            [sys.executable, *arguments],
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise ServerFailed(f"{' '.join(arguments)}: {(made.stderr + made.stdout)[-2000:]}")

    def _own_settings(self, broker_url: str) -> dict[str, Any]:
        values: dict[str, Any] = {
            "runtime": "servers",
            "data_dir": str(self.folder / "data"),
            "broker.url": broker_url,
            "auth.secret": self._secret("auth"),
        }
        for service in SERVICES:
            values[f"{service}.listen"] = f"{LOOPBACK}:{free_port()}"
            values[f"database.{service}"] = self._url(roles.service_role(service))
            values[f"owner_database.{service}"] = self._url(roles.owner_role(service))
        return values

    def _url(self, role: str) -> str:
        changed: URL = self._superuser.set(username=role, password=self._secret(role), database=self._database)
        return changed.render_as_string(hide_password=False)

    def _secret(self, name: str) -> str:
        """Made when it is first asked for, readable by the owner alone."""
        file = self.folder / "secrets" / name
        if not file.exists():
            file.parent.mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
                made.write(secrets.token_hex(32))
        return file.read_text()
