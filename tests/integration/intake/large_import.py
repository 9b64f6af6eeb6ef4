"""Run as a process of its own: send in a file of so many megabytes, take it, and print what it took in memory."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from aimak import intake
from aimak.files import Column, Columns
from aimak.files.source import SourceStream
from aimak.http import service_app
from aimak.http.auth import Actor, sign
from aimak.intake import Importer, Rows
from aimak.jobs import Worker
from aimak.problems import Problem
from aimak.service import Service
from aimak.settings import Settings
from aimak.storage import bulk
from aimak.storage.work import UnitOfWork
from aimak.tables import kernel_tables
from flask import Flask
from sqlalchemy import BigInteger, Integer, MetaData, String, Table, func, select
from sqlalchemy import Column as DbColumn

SECRET = "s" * 32
COLUMNS = Columns(
    Column("account", required=True),
    Column("date", "date"),
    Column("reading", "thousandths"),
    Column("note", max_length=500),
)
HEADER = b"account;date;reading;note\n"
NOTE = "показание снято контролёром, дверь открыта; ".replace(";", ",") * 6
ROWS_A_CHUNK = 4_000
BLOCK_ROWS = 2_000


class Generated:
    """A CSV of the given size that is never held as a whole: every thousandth row is faulty."""

    name = "large.csv"

    def __init__(self, size: int) -> None:
        line = len(self._line(0))
        self.chunks_count = size // (line * ROWS_A_CHUNK) + 1
        self.rows = self.chunks_count * ROWS_A_CHUNK
        self.size = len(HEADER) + self.rows * line

    def chunks(self) -> Iterator[bytes]:
        """The bytes, piece by piece."""
        yield HEADER
        for chunk in range(self.chunks_count):
            first = chunk * ROWS_A_CHUNK
            yield b"".join(self._line(row) for row in range(first, first + ROWS_A_CHUNK))

    def _line(self, row: int) -> bytes:
        reading = "12345,x" if row % 1000 == 1 else f"{row % 100_000:05d},5"
        return f"{10**9 + row};31.10.2026;{reading};{NOTE}\n".encode()


def peak_mb() -> int:
    """The most memory that this process held. Not getrusage: that counts what the process it was forked from held."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) >> 10


def take(work: UnitOfWork, rows: Rows) -> list[Problem]:
    """Keep account and reading."""
    frame = pl.DataFrame(
        {
            "tenant": work.tenant,
            "account": [row.values["account"] for row in rows],
            "reading": [row.values["reading"] for row in rows],
            "line": [row.line for row in rows],
        }
    )
    bulk.load(work, work.table("item"), frame)
    return []


def build(folder: Path) -> tuple[Service, Flask]:
    """The service on the folder's database, made where it is missing."""
    metadata = MetaData()
    kernel_tables(metadata)
    intake.tables(metadata)
    names = (DbColumn("account", String(64), primary_key=True), DbColumn("reading", BigInteger))
    columns = (DbColumn("tenant", String(64), primary_key=True), *names, DbColumn("line", Integer))
    Table("item", metadata, *columns)
    service = Service.open("sample", Settings({"data_dir": str(folder), "auth.secret": SECRET}), metadata)
    importers = (Importer("readings", COLUMNS, take, block_rows=BLOCK_ROWS),)
    service.jobs.update(intake.jobs(importers))
    app = service_app(service, intake.blueprint(service, importers))
    with service.online.begin() as connection:
        metadata.create_all(connection)
        connection.exec_driver_sql("COMMIT")
    return service, app


def main(megabytes: int, folder: Path) -> dict[str, Any]:
    """Send, scan, take; memory in MB, times in seconds. The same again goes on where a killed process stood."""
    service, app = build(folder)
    file = Generated(megabytes << 20)
    headers = {"Authorization": f"Bearer {sign(Actor('aida', ('clerk',), 'naryn'), SECRET)}"}
    started = time.monotonic()
    sent = app.test_client().post(
        "/sample/imports/readings?name=large.csv",
        headers=headers,
        environ_overrides={"wsgi.input": SourceStream(file), "CONTENT_LENGTH": str(file.size)},
    )
    uploaded = time.monotonic()
    worker = Worker(service)
    while worker.step():
        pass
    state = app.test_client().get(f"/sample/imports/{sent.json['import']}", headers=headers).json
    with service.work("naryn") as work:
        kept = work.execute(select(func.count()).select_from(work.table("item"))).scalar_one()
    return {
        "file_mb": file.size >> 20,
        "rows": file.rows,
        "kept": kept,
        "state": {key: state[key] for key in ("state", "total", "taken", "refused")},
        "memory_mb": peak_mb(),
        "upload_s": round(uploaded - started, 1),
        "take_s": round(time.monotonic() - uploaded, 1),
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), Path(sys.argv[2]))))
