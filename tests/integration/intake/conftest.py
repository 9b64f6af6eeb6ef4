"""A small service that takes readings in and remembers each, on SQLite and on PostgreSQL."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aimak import intake
from aimak.files import Block, Column, Columns, Document
from aimak.http import service_app
from aimak.http.auth import Actor, sign
from aimak.intake import Importer, Incoming, Rows
from aimak.jobs import Worker
from aimak.problems import Place, Problem, Refused
from aimak.service import Service
from aimak.settings import Settings
from aimak.storage.work import UnitOfWork
from aimak.tables import kernel_tables
from sqlalchemy import Column as DbColumn
from sqlalchemy import MetaData, String, Table, insert, select
from sqlalchemy.types import BigInteger, Integer

SECRET = "s" * 32
COLUMNS = Columns(
    Column("account", required=True, aliases=("лицевой счёт",)),
    Column("reading", "thousandths", required=True),
    Column("note"),
)


@dataclass
class Site:
    """The service, and what its importer is to do wrong."""

    service: Service
    stop_at: str | None = None
    trip_at: str | None = None
    left_out: str | None = "13"
    breaks: int = 0
    scanned: int = 0
    params: list[dict[str, str]] = field(default_factory=list)
    takers: list[str] = field(default_factory=list)

    def take(self, work: UnitOfWork, rows: Rows) -> list[Problem]:
        """Keep each row once; leave out an account (13), note account 7; break or refuse where told."""
        self.params.append(dict(rows.file.params))
        self.takers.append(rows.file.actor)
        problems = []
        for row in rows:
            account = row.values["account"]
            if account == self.stop_at:
                raise Refused(Problem("AIM-F202", {"kind": "x", "kinds": "y"}, Place(line=row.line)))
            if account == "break" and self.breaks:
                self.breaks -= 1
                raise ConnectionError("the database went away")
            if account == self.trip_at:
                raise TypeError("a bug")
            if account == self.left_out:
                problems.append(Problem("AIM-F101", {"column": "account"}, Place(line=row.line, column="account")))
                continue
            if account == "7":
                problems.append(Problem("AIM-F007", {"column": "x"}, Place(line=row.line), "warning"))
            values = {"tenant": work.tenant, "account": account, "line": row.line, "reading": row.values["reading"]}
            work.execute(insert(work.table("item")), values)
        return problems

    def scan(self, file: Incoming, document: Document, blocks: Any) -> list[Problem]:
        """Refuse a file in which an account stands twice."""
        seen: set[str] = set()
        problems = []
        for block in blocks:
            assert isinstance(block, Block)
            self.scanned += block.count
            for row in block.good:
                if row.values["account"] in seen:
                    problems.append(Problem("AIM-F005", {"column": row.values["account"]}, Place(line=row.line)))
                seen.add(row.values["account"])
        return problems

    def items(self) -> list[tuple[str, int]]:
        """What has been taken: account and line."""
        table = self.service.metadata.tables["item"]
        with self.service.work("naryn") as work:
            rows = work.execute(select(table.c.account, table.c.line).order_by(table.c.line)).all()
        return [(row.account, row.line) for row in rows]

    def client(self, *roles: str, name: str = "aida") -> Callable[..., Any]:
        """Calls the service's routes as an actor with these roles."""
        token = sign(Actor(name, roles, "naryn"), SECRET)
        client = self.service.web().test_client()  # type: ignore[misc]

        def call(method: str, path: str, body: bytes = b"", **query: str) -> Any:
            headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
            return client.open(path, method=method, data=body, query_string=query, headers=headers)

        return call

    def send(self, body: str | bytes, kind: str = "readings", by: str = "aida", **query: str) -> int:
        """Send a file in and give the import's id."""
        data = body if isinstance(body, bytes) else body.encode()
        answer = self.client("clerk", name=by)("POST", f"/sample/imports/{kind}", data, **{"name": "list.csv", **query})
        assert answer.status_code in (200, 202), answer.json
        return int(answer.json["import"])

    def work_off(self) -> None:
        """Run due jobs until none is left that can be run now."""
        worker = Worker(self.service)
        while worker.step():
            pass

    def state(self, import_id: int) -> dict[str, Any]:
        """What the service tells of an import."""
        told: dict[str, Any] = self.client("clerk")("GET", f"/sample/imports/{import_id}").json
        return told


def build(settings: Settings) -> Site:
    """The service on an empty database."""
    metadata = MetaData()
    kernel_tables(metadata)
    intake.tables(metadata)
    Table(
        "item",
        metadata,
        DbColumn("tenant", String(64), primary_key=True),
        DbColumn("account", String(64), primary_key=True),
        DbColumn("line", Integer),
        DbColumn("reading", BigInteger),
    )
    service = Service.open("sample", settings, metadata)
    site = Site(service)
    importers = (
        Importer("readings", COLUMNS, site.take, block_rows=3),
        Importer("strict", COLUMNS, site.take, scan=site.scan, params=("partner",), roles=("admin", "clerk")),
        Importer("secret", COLUMNS, site.take, roles=("admin",)),
    )
    service.jobs.update(intake.jobs(importers))
    service.web = lambda: service_app(service, intake.blueprint(service, importers))
    with service.online.begin() as connection:
        metadata.create_all(connection)
        connection.exec_driver_sql("COMMIT") if service.online.is_sqlite else connection.commit()
    return site


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """The service on either database."""
    values = {
        "data_dir": str(tmp_path),
        "clock.instant": "2026-11-02T04:00:00+00:00",
        "ids.seed": 1,
        "auth.secret": SECRET,
    }
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        name = f"intake_{uuid.uuid4().hex}"
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        values["database.sample"] = server.url(name)
    made = build(Settings(values))
    yield made
    made.service.close()
