"""What is done on the machine itself, before anybody can log in: databases, the secret, the first person."""

from __future__ import annotations

from typing import Any

from aimak import audit
from aimak.service import Service
from aimak.settings import NO_TENANT, Settings
from aimak.storage import migrate

from aimak_gateway import application, store
from aimak_gateway.embedded import Ownership, owned, unconnected, with_secret


def initialise(settings: Settings, admin: str, password: str, *, dry_run: bool = False) -> dict[str, Any]:
    """Make or migrate every database and add the first person. Done again it changes nothing; with `dry_run` it does
    not begin.

    Raises Held when the embedded data folder is in use, Refused for a password that is too short.
    """
    if dry_run:
        return _would_initialise(settings, admin, password)
    with _Opened(settings) as services:
        _upgrade(services, settings)
        gateway = next(service for service in services if service.name == "gateway")
        command = audit.Command("init", "init", admin)
        with audit.commanded(command), gateway.work(NO_TENANT) as work:
            created = application.add_first_admin(work, admin, password)
            work.commit()
    return _initialised(settings, admin, created=created)


def _initialised(settings: Settings, admin: str, *, created: bool) -> dict[str, Any]:
    return {"created": created, "admin": admin, "runtime": settings.runtime, "data_dir": str(settings.data_dir)}


def _would_initialise(settings: Settings, admin: str, password: str) -> dict[str, Any]:
    application.refuse_unfit(None, password)
    new = settings.runtime == "embedded" and not (settings.data_dir / "gateway.sqlite3").exists()
    if new:
        return _initialised(settings, admin, created=True)
    with _Opened(settings, dry_run=True) as services:
        gateway = next(service for service in services if service.name == "gateway")
        if migrate.current(gateway) is None:
            return _initialised(settings, admin, created=True)
        with gateway.work(NO_TENANT) as work:
            return _initialised(settings, admin, created=not store.anyone(work))


def migrate_all(settings: Settings, *, dry_run: bool = False) -> list[dict[str, Any]]:
    """Bring every database to the code's version; with `dry_run` only say what each is at, and make no file.

    Raises Held when the embedded data folder is in use."""
    with _Opened(settings, dry_run=dry_run) as services:
        versions = [
            {"service": service.name, "have": migrate.current(service), "want": migrate.head(service)}
            for service in services
        ]
        if not dry_run:
            _upgrade(services, settings)
    return versions


def _upgrade(services: list[Service], settings: Settings) -> None:
    for service in services:
        migrate.upgrade(service, settings.get(f"owner_database.{service.name}"))


class _Opened:
    """All services, with the data folder owned where the runtime is embedded. A trial makes neither folder nor lock
    nor secret; a folder that another holds refuses it as well."""

    def __init__(self, settings: Settings, *, dry_run: bool = False) -> None:
        embedded = settings.runtime == "embedded"
        held = embedded and (not dry_run or owned(settings.data_dir))
        self._ownership = Ownership(settings.data_dir) if held else None
        self._services = unconnected(with_secret(settings) if embedded and not dry_run else settings)

    def __enter__(self) -> list[Service]:
        return self._services

    def __exit__(self, *error: object) -> None:
        for service in self._services:
            service.close()
        if self._ownership:
            self._ownership.release()
