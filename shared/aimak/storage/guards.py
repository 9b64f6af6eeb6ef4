"""Append-only tables: UPDATE, DELETE, TRUNCATE and SQLite's REPLACE are refused by triggers.

Alembic's batch mode loses triggers, so a test compares `present` with `expected` after all migrations, and
`aimak doctor` does the same on a running installation.
"""

from __future__ import annotations

from sqlalchemy import Connection, MetaData, Table

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION aimak_refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING MESSAGE = 'AIM-K020 ' || TG_TABLE_NAME || ' is append-only'; END $$
"""


def append_only(table: Table) -> Table:
    """Mark a table as append-only; its triggers come with the migration that makes it."""
    table.info["append_only"] = True
    return table


def guarded(metadata: MetaData) -> list[Table]:
    """The append-only tables of a service."""
    return [table for table in metadata.sorted_tables if table.info.get("append_only")]


def expected(metadata: MetaData, dialect: str) -> set[str]:
    """Names of the triggers that must be there."""
    kinds = ("update", "delete", "replace") if dialect == "sqlite" else ("change", "truncate")
    return {f"{table.name}_no_{kind}" for table in guarded(metadata) for kind in kinds}


def present(connection: Connection) -> set[str]:
    """Names of the guard triggers that are there and switched on."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relnamespace = current_schema()::regnamespace"
        )
    return {str(row[0]) for row in connection.exec_driver_sql(query)}


def create(connection: Connection, table: str, keys: tuple[str, ...]) -> None:
    """Make the triggers of one table; `keys` are its primary key's columns. For use in migrations."""
    for statement in _sqlite(table, keys) if connection.dialect.name == "sqlite" else _postgres(table):
        connection.exec_driver_sql(statement)


def create_all(connection: Connection, metadata: MetaData) -> None:
    """Make the triggers of every append-only table of a service."""
    for table in guarded(metadata):
        create(connection, table.name, tuple(column.name for column in table.primary_key))


def _sqlite(table: str, keys: tuple[str, ...]) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, 'AIM-K020 {table} is append-only'); END"
    same = " AND ".join(f"{key} = NEW.{key}" for key in keys)
    met = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"
    # REPLACE deletes without firing the delete trigger of an outer statement, hence the look before an insert.
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {met} {refuse}",
    ]


def _postgres(table: str) -> list[str]:
    call = "EXECUTE FUNCTION aimak_refuse_change()"
    return [
        _POSTGRES_FUNCTION,
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {call}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}",
    ]
