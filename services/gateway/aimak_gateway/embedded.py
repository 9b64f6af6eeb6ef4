"""The embedded runtime: every service in one process, one owner of the data folder. The only module that imports
services."""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import aimak_billing.bootstrap
import aimak_metering.bootstrap
import aimak_notifications.bootstrap
import aimak_payments.bootstrap
import httpx
from aimak.messaging.inprocess import Pump
from aimak.problems import Conflict, Problem, Unauthorized
from aimak.service import Service
from aimak.settings import Settings
from aimak.storage import migrate

from aimak_gateway import bootstrap
from aimak_gateway.wsgi import StreamingTransport, WsgiApp, joined

_BUILDERS: dict[str, Callable[[Settings], Service]] = {
    "billing": aimak_billing.bootstrap.build,
    "metering": aimak_metering.bootstrap.build,
    "payments": aimak_payments.bootstrap.build,
    "notifications": aimak_notifications.bootstrap.build,
}

LOCK = "owner.lock"


def build_services(settings: Settings) -> list[Service]:
    """The four services and the gateway, which reaches them without a network."""
    services = _built(settings)
    clients = {service.name: _client(_web(service)) for service in services}
    return [*services, bootstrap.build(settings, clients)]


def unconnected(settings: Settings) -> list[Service]:
    """The same five for whoever looks at their databases alone: the gateway reaches none, no web is made."""
    return [*_built(settings), bootstrap.build(settings, {})]


def _built(settings: Settings) -> list[Service]:
    return [build(settings) for build in _BUILDERS.values()]


def _web(service: Service) -> WsgiApp:
    assert service.web is not None, f"{service.name} has no web application"
    return service.web()


def _client(app: WsgiApp) -> httpx.Client:
    return httpx.Client(transport=StreamingTransport(app), base_url="http://embedded")


def installation_secret(data_dir: Path) -> str:
    """The key that signs tokens, made when it is first asked for and readable by the owner alone."""
    file = data_dir / "secret"
    if not file.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
            made.write(secrets.token_hex(32))
    return file.read_text().strip()


def with_secret(settings: Settings) -> Settings:
    """The settings with the installation's own secret where none was given."""
    if settings.get("auth.secret"):
        return settings
    return settings.with_values(auth__secret=installation_secret(settings.data_dir))


class Held(Conflict):
    """Another process owns the data folder; `address` is where it serves, empty when it does not."""

    def __init__(self, folder: Path, address: str) -> None:
        super().__init__(Problem("AIM-G091", {"folder": str(folder), "address": address or "-"}))
        self.address = address


def owned(data_dir: Path) -> bool:
    """Whether a process has ever owned the folder: then its lock file is there."""
    return (data_dir / LOCK).exists()


class Ownership:
    """The lock file of a data folder. It ends with the process that holds it, however that ends."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = (data_dir / LOCK).open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            address = self._file.read().strip()
            self._file.close()
            raise Held(data_dir, address) from None
        self.announce("")

    def announce(self, address: str) -> None:
        """Write where this process serves, for those who find the folder held."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(address)
        self._file.flush()

    def release(self) -> None:
        """Give the folder up."""
        self.announce("")
        self._file.close()


class Embedded:
    """`with Embedded(settings) as runtime:` owns the folder, migrates, moves messages in a thread of its own, and
    when it ends drains what is left. Raises Held when another process owns the folder."""

    def __init__(self, settings: Settings) -> None:
        self.ownership = Ownership(settings.data_dir)
        self.services = build_services(with_secret(settings))
        self.pump = Pump(self.services)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.pump.run, args=(self._stop,), name="pump")
        by_name = {service.name: service for service in self.services}
        gateway = _web(by_name["gateway"])
        self.app = joined(gateway, _web(by_name["payments"]), _web(by_name["notifications"]))
        self.client = _client(self.app)

    def __enter__(self) -> Self:
        for service in self.services:
            migrate.upgrade(service)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if error is None:
            self.pump.drain()
        for service in self.services:
            service.close()
        self.ownership.release()


def begun(settings: Settings) -> Embedded:
    """The runtime of an installation that `aimak init` has begun. Raises Unauthorized, and makes nothing, where none
    was: the data folder may be mistyped."""
    if not owned(settings.data_dir):
        raise Unauthorized(Problem("AIM-G005"))
    return Embedded(settings)
