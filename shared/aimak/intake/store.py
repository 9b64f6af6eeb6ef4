"""Intake's queries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Delete, Integer, Select, Table, Update, bindparam, delete, select, update
from sqlalchemy import Row as DbRow

from aimak.files.rows import Row
from aimak.intake.importer import Incoming
from aimak.problems import Place, Problem
from aimak.storage.statements import insert_into, rows_where
from aimak.storage.work import UnitOfWork

UNFINISHED_KEPT = timedelta(days=1)
_PAGE = 1_000
# Services of a process that take files in, each with a few sets of columns; of a test run some more.
_SERVICES = 64


@dataclass(frozen=True)
class PartsSource:
    """An uploaded file, read part by part; each part in a transaction of its own unless one is open already."""

    name: str
    size: int
    upload_id: str
    open_work: Callable[[], AbstractContextManager[UnitOfWork]]

    def chunks(self) -> Iterator[bytes]:
        """The parts in their order."""
        place = 0
        while True:
            with self.open_work() as work:
                body = part(work, self.upload_id, place)
            if body is None:
                return
            yield body
            place += 1


def part(work: UnitOfWork, upload_id: str, place: int) -> bytes | None:
    """One part of an upload; None beyond the last."""
    query = rows_where(work.table("import_part"), "tenant", "upload_id", "place")
    found = work.fetch(query, {"tenant": work.tenant, "upload_id": upload_id, "place": place})
    return bytes(found[0].body) if found else None


def add_part(work: UnitOfWork, upload_id: str, place: int, body: bytes) -> None:
    """Keep one part."""
    values = {"tenant": work.tenant, "upload_id": upload_id, "place": place, "body": body, "received_at": work.now}
    work.fetch(insert_into(work.table("import_part")), values)


def drop_parts(work: UnitOfWork, upload_id: str) -> None:
    """Forget an upload."""
    work.fetch(_dropped(work.table("import_part"), "upload_id"), {"tenant": work.tenant, "upload_id": upload_id})


@lru_cache(_SERVICES)
def _dropped(table: Table, column: str) -> Delete:
    return delete(table).where(table.c.tenant == bindparam("tenant"), table.c[column] == bindparam(column))


def drop_unfinished(work: UnitOfWork) -> None:
    """Forget uploads that broke off more than a day ago."""
    values = {"tenant": work.tenant, "before": work.now - UNFINISHED_KEPT}
    work.fetch(_unfinished(work.table("import_part"), work.table("import_file")), values)


@lru_cache(_SERVICES)
def _unfinished(parts: Table, files: Table) -> Delete:
    tenant: BindParameter[str] = bindparam("tenant")
    known = select(files.c.upload_id).where(files.c.tenant == tenant)
    old = (parts.c.tenant == tenant) & (parts.c.received_at < bindparam("before"))
    return delete(parts).where(old, parts.c.upload_id.not_in(known))


def find(work: UnitOfWork, import_id: int) -> DbRow[Any] | None:
    """The row of one import, locked until the transaction ends."""
    return next(iter(work.fetch(_locked(work.table("import_file")), _key(work, import_id))), None)


def look(work: UnitOfWork, import_id: int) -> DbRow[Any] | None:
    """The row of one import as it was last committed: who asks how far it is does not wait for a block to end."""
    return next(iter(work.fetch(rows_where(work.table("import_file"), "tenant", "id"), _key(work, import_id))), None)


@lru_cache(_SERVICES)
def _locked(table: Table) -> Select[Any]:
    return rows_where(table, "tenant", "id").with_for_update()


def _key(work: UnitOfWork, import_id: int) -> dict[str, Any]:
    return {"tenant": work.tenant, "id": import_id}


def add(work: UnitOfWork, values: dict[str, Any]) -> None:
    """A new import."""
    begun = {"header": [], "total": 0, "done": 0, "taken": 0, "refused": 0, "faults": 0}
    work.fetch(insert_into(work.table("import_file")), {"tenant": work.tenant, "state": "uploaded", **begun, **values})


def change(work: UnitOfWork, import_id: int, **values: Any) -> None:
    """Change columns of one import."""
    new = {f"new_{name}": value for name, value in values.items()}
    key = {"the_tenant": work.tenant, "the_id": import_id}
    work.fetch(_changed(work.table("import_file"), tuple(values)), {**key, **new})


@lru_cache(_SERVICES)
def _changed(table: Table, names: tuple[str, ...]) -> Update:
    mine = (table.c.tenant == bindparam("the_tenant")) & (table.c.id == bindparam("the_id"))
    return update(table).where(mine).values({name: bindparam(f"new_{name}") for name in names})


def incoming(row: DbRow[Any]) -> Incoming:
    """What importers see of an import."""
    return Incoming(
        row.tenant,
        row.id,
        row.kind,
        row.name,
        row.sha256,
        row.params,
        row.actor,
        row.received_at,
        row.dry_run,
    )


def add_faults(work: UnitOfWork, import_id: int, first: int, faults: Sequence[dict[str, Any]]) -> None:
    """Keep problems in their order from place `first` on."""
    key = {"tenant": work.tenant, "import_id": import_id}
    rows = [{**key, "place": place, **fault} for place, fault in enumerate(faults, first)]
    if rows:
        work.fetch(insert_into(work.table("import_fault")), rows)


def drop_faults(work: UnitOfWork, import_id: int) -> None:
    """Forget what was found in an import that starts again."""
    work.fetch(_dropped(work.table("import_fault"), "import_id"), {"tenant": work.tenant, "import_id": import_id})


def left_out(work: UnitOfWork, import_id: int, codes: Collection[str]) -> bool:
    """Whether a row was left out for one of these codes."""
    table = work.table("import_fault")
    mine = (table.c.tenant == work.tenant) & (table.c.import_id == import_id) & table.c.refused
    return any(_among(row.problems, codes) for row in work.execute(select(table.c.problems).where(mine)))


def reclaimed(work: UnitOfWork, import_id: int, lines: Sequence[int], codes: Collection[str] | None) -> set[int]:
    """Those of a block's lines that were left out before, for one of `codes` (None: for any); why is forgotten, as they
    are looked at anew."""
    table = work.table("import_fault")
    mine = (table.c.tenant == work.tenant) & (table.c.import_id == import_id) & table.c.refused
    among = mine & table.c.line.between(min(lines), max(lines))
    rows = work.execute(select(table.c.line, table.c.problems).where(among)).all()
    found = {int(row.line) for row in rows if _among(row.problems, codes)}
    if found:
        work.execute(delete(table).where(mine, table.c.line.in_(sorted(found))))
    return found


def _among(problems: Sequence[Mapping[str, Any]], codes: Collection[str] | None) -> bool:
    return codes is None or any(problem["code"] in codes for problem in problems)


def faults_after(work: UnitOfWork, import_id: int, place: int, limit: int = _PAGE) -> list[DbRow[Any]]:
    """The next page of problems after a place."""
    values = {"tenant": work.tenant, "import_id": import_id, "after": place, "most": limit}
    return list(work.fetch(_faults(work.table("import_fault")), values))


@lru_cache(_SERVICES)
def _faults(table: Table) -> Select[Any]:
    mine = (table.c.tenant == bindparam("tenant")) & (table.c.import_id == bindparam("import_id"))
    later = table.c.place > bindparam("after")
    return select(table).where(mine, later).order_by(table.c.place).limit(bindparam("most", type_=Integer))


def as_faults(bad: Sequence[Row], good: Sequence[Row], problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """One fault a line, in the file's order: rows that could not be read and what `take` said of the others."""
    by_line: dict[int | None, list[Problem]] = {row.line: list(row.problems) for row in bad}
    for problem in problems:
        by_line.setdefault(problem.place.line if problem.place else None, []).append(problem)
    cells = {row.line: row.cells for row in (*bad, *good)}
    return [
        {
            "line": line,
            "refused": line is not None and any(problem.severity == "error" for problem in found),
            "problems": [problem.as_json() for problem in found],
            "cells": list(cells.get(line, ())) if line is not None else [],
        }
        for line, found in sorted(by_line.items(), key=lambda item: item[0] or 0)
    ]


def named(problems: Sequence[Problem], file: str) -> list[Problem]:
    """The same problems with the file's name in their place."""
    return [
        replace(problem, place=replace(problem.place, file=file) if problem.place else Place(file))
        for problem in problems
    ]
