"""The one process brings its files to the program's version by itself, after copying each."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from aimak.problems import Conflict
from aimak.service import Service
from aimak.settings import Settings
from aimak.storage import migrate
from aimak_gateway.embedded import Embedded, unconnected
from alembic import command
from alembic.script import ScriptDirectory


def version_of(file: Path) -> str:
    """The version that a database file is at."""
    with closing(sqlite3.connect(file)) as opened:
        return str(opened.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def the_one_before(service: Service) -> str:
    """The newest version but one."""
    script = ScriptDirectory.from_config(migrate.config(service, service.online))
    newest = script.get_revision("head")
    assert newest is not None and isinstance(newest.down_revision, str)
    return newest.down_revision


def test_a_file_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    """A service that meets an old file refuses it as it is; `serve` and every command migrate it, and the copy beside
    it is the old one, whole."""
    settings = Settings({"data_dir": str(tmp_path), "auth.secret": "s" * 32})
    services = unconnected(settings)
    older = {service.name: the_one_before(service) for service in services}
    for service in services:
        command.upgrade(migrate.config(service, service.online), older[service.name])
        with service.online.engine.connect() as connection:
            connection.exec_driver_sql("INSERT INTO counter (tenant, name, next) VALUES ('sary', 'kept', 7)")
        with pytest.raises(Conflict, match="AIM-K050"):
            migrate.require_current(service)
        assert migrate.current(service) == older[service.name]
    with Embedded(settings):
        pass
    for service in services:
        migrate.require_current(service)
        copies = list(tmp_path.glob(f"{service.name}.sqlite3.before-*"))
        assert [version_of(copy) for copy in copies] == [older[service.name]]
        for file in (*copies, tmp_path / f"{service.name}.sqlite3"):
            with closing(sqlite3.connect(file)) as opened:
                assert opened.execute("SELECT next FROM counter WHERE name = 'kept'").fetchone() == (7,)
        service.close()
    with Embedded(settings):
        pass
    assert len(list(tmp_path.glob("*.before-*"))) == len(services), "nothing to migrate, nothing to copy"
