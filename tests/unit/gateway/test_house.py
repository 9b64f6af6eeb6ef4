"""What holds for every service: declared roles, texts in three languages, migrations that end in the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aimak import texts
from aimak.service import Service
from aimak.settings import SERVICES, Settings
from aimak.storage import guards, migrate
from aimak_gateway.embedded import build_services
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = [ROOT / "shared" / "aimak", *(ROOT / "services" / name / f"aimak_{name}" for name in SERVICES)]
CODE = re.compile(r'"(AIM-[A-Z]\d{3})"')


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    """All five services on empty databases that were brought to the newest version."""
    settings = Settings({"data_dir": str(tmp_path_factory.mktemp("house")), "auth.secret": "s" * 32})
    built = build_services(settings)
    for service in built:
        migrate.upgrade(service)
    yield {service.name: service for service in built}
    for service in built:
        service.close()


def used_codes() -> list[str]:
    """Every problem code in the code of any package."""
    found: set[str] = set()
    for package in PACKAGES:
        for file in package.rglob("*.py"):
            found |= set(CODE.findall(file.read_text(encoding="utf-8")))
    return sorted(found)


@pytest.mark.parametrize("name", SERVICES)
def test_every_view_declares_who_may_call_it(services: dict[str, Service], name: str) -> None:
    """A route that says neither roles nor a door of its own is a mistake, in whichever service."""
    web = services[name].web
    assert web is not None
    app = web()
    assert isinstance(app, Flask)
    rules = [rule for rule in app.url_map.iter_rules() if not rule.rule.endswith("/openapi.json")]
    silent = [rule.rule for rule in rules if not getattr(app.view_functions[rule.endpoint], "declared_roles", ())]
    assert len(rules) > 3
    assert silent == []


@pytest.mark.parametrize("lang", texts.LANGUAGES)
def test_every_code_has_a_text_in_its_owners_catalogue(lang: str) -> None:
    """Nobody is ever shown a bare code."""
    codes = used_codes()
    assert len(codes) > 100
    missing = [code for code in codes if not texts.catalogue(texts.OWNERS[code[4]], lang).get(code)]
    assert missing == []


@pytest.mark.parametrize("name", SERVICES)
def test_migrations_end_in_the_schema_of_the_code(services: dict[str, Service], name: str) -> None:
    """After all migrations the database has the tables, columns and indexes that the code names, and all guards."""
    service = services[name]
    with service.online.engine.connect() as connection:
        options = {"compare_type": False, "target_metadata": service.metadata}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), service.metadata)
        assert differences == []
        assert guards.present(connection) == guards.expected(service.metadata, connection.dialect.name)
    assert migrate.current(service) == migrate.head(service)
