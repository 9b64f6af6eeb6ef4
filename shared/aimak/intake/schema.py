"""The tables of a service that takes files in."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from aimak.storage.types import Code, Id, Instant, Json


def tables(metadata: MetaData) -> None:
    """Add the tables of intake to a service's metadata."""
    Table(
        "import_file",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, comment="follows from kind, content and parameters"),
        Column("upload_id", String(36), nullable=False, comment="under which its parts are kept"),
        Column("kind", Code, nullable=False),
        Column("name", Text, nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("size", Id, nullable=False, comment="bytes"),
        Column("params", Json, nullable=False),
        Column("actor", Text, nullable=False),
        Column("dry_run", Boolean, nullable=False),
        Column("received_at", Instant, nullable=False),
        Column("state", String(16), nullable=False, comment="uploaded, scanning, taking, done or refused"),
        Column("header", Json, nullable=False, comment="the file's own column names"),
        Column("total", Integer, nullable=False, comment="rows, once it has been scanned"),
        Column("done", Integer, nullable=False, comment="rows looked at: where a killed import goes on"),
        Column("taken", Integer, nullable=False),
        Column("refused", Integer, nullable=False),
        Column("faults", Integer, nullable=False, comment="rows of import_fault: the next one's place"),
    )
    part = Table(
        "import_part",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("upload_id", String(36), primary_key=True),
        Column("place", Integer, primary_key=True),
        Column("body", LargeBinary, nullable=False),
        Column("received_at", Instant, nullable=False),
    )
    Index("import_part_age", part.c.received_at)
    Table(
        "import_fault",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("import_id", Id, primary_key=True),
        Column("place", Integer, primary_key=True),
        Column("line", Integer, comment="null: it concerns the whole file"),
        Column("refused", Boolean, nullable=False, comment="whether the row was left out; else it is a note"),
        Column("problems", Json, nullable=False),
        Column("cells", Json, nullable=False, comment="the row as it stood in the file"),
    )
