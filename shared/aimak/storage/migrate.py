"""Migrations: each service's Alembic scripts, run on its own schema by the role that owns the tables."""

from __future__ import annotations

import sqlite3
from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from aimak.problems import Conflict, Problem
from aimak.service import Service
from aimak.storage.database import Database


def config(service: Service, database: Database) -> Config:
    """Alembic's configuration for a service's scripts on `database`."""
    made = Config()
    package = resources.files(f"aimak_{service.name}")
    made.set_main_option("script_location", str(package / "migrations"))
    made.attributes["database"] = database
    made.attributes["metadata"] = service.metadata
    return made


def head(service: Service) -> str | None:
    """The newest version that the code knows; None while a service has no scripts."""
    return ScriptDirectory.from_config(config(service, service.online)).get_current_head()


def current(service: Service) -> str | None:
    """The version that the database is at; None when it is empty, or a SQLite file that is not there: none is made."""
    if service.online.is_sqlite and not Path(str(service.online.url.database)).exists():
        return None
    with service.online.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_current(service: Service) -> None:
    """Raises Conflict when the database is not at the code's version: services never migrate at start."""
    have, want = current(service), head(service)
    if have != want:
        raise Conflict(Problem("AIM-K050", {"service": service.name, "have": have or "-", "want": want or "-"}))


def upgrade(service: Service, owner_url: str | None = None) -> bool:
    """Bring the database to the code's version and say whether anything changed. A SQLite file that holds data is
    copied beside itself first. `owner_url` is the role that owns the tables, where that is another."""
    if current(service) == head(service):
        return False
    if service.online.is_sqlite and current(service) is not None:
        _copy_aside(Path(str(service.online.url.database)), str(current(service)))
    database = Database(owner_url, "bulk") if owner_url else service.bulk
    command.upgrade(config(service, database), "head")
    if owner_url:
        database.close()
    return True


def _copy_aside(file: Path, version: str) -> None:
    copy = file.with_name(f"{file.name}.before-{version}-ends")
    with sqlite3.connect(file) as source, sqlite3.connect(copy) as target:
        source.backup(target)
