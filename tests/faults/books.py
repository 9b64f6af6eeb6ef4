"""Everything that a month leaves in the services' own tables, from either runtime, in a form that can be compared."""

from __future__ import annotations

import json
from typing import Any

from aimak.settings import SERVICES, Settings
from aimak.supervisor.child import build_service
from sqlalchemy import Table, select

# How the work was carried, not what came of it.
KERNEL = ("outbox", "inbox", "job", "counter")
# People's sessions and passwords, and files as they were sent, are not the month's.
UNCOMPARED = ("session", "person", "import_part", "import_file", "import_refused")
# What tells one try from the next: runs and the cycle that names them, who decided what, who did what.
TRIES = ("billing.run", "billing.cycle", "billing.approval")
Books = dict[str, list[tuple[tuple[str, Any], ...]]]


def books(settings: Settings, left_out: dict[str, tuple[str, ...]]) -> Books:
    """Table -> its rows, sorted, and what the SMS gateway's files hold; `left_out` names columns of a table that are
    drawn anew in each installation."""
    lines = [line for file in settings.data_dir.rglob("*.jsonl") for line in file.read_text().splitlines()]
    found: Books = {"sent": sorted((tuple(json.loads(line).items()) for line in lines), key=repr)}
    for name in SERVICES:
        service = build_service(name, settings)
        for table in service.metadata.sorted_tables:
            if table.name not in (*KERNEL, *UNCOMPARED):
                with service.online.engine.connect() as connection:
                    rows = connection.execute(select(*_columns(table, left_out.get(table.name, ())))).mappings()
                    found[f"{name}.{table.name}"] = sorted((tuple(row.items()) for row in rows), key=repr)
        service.close()
    return found


def _columns(table: Table, left_out: tuple[str, ...]) -> list[Any]:
    return [column for column in table.columns if column.name not in left_out]


def without_tries(found: Books) -> Books:
    """The books without what is noted of each try of the same thing: what came of them all."""
    return {
        table: sorted((tuple(cell for cell in row if cell[0] != "attempts") for row in rows), key=repr)
        for table, rows in found.items()
        if not table.startswith(TRIES) and not table.endswith(".audit")
    }


def differences(one: Books, other: Books, most: int = 5) -> list[str]:
    """What stands in one and not in the other, a few rows of each table."""
    found = []
    for table in sorted(one.keys() | other.keys()):
        left, right = one.get(table, []), other.get(table, [])
        if left == right:
            continue
        missing, added = _without(left, right), _without(right, left)
        found.append(f"{table}: {len(left)} rows / {len(right)}, {len(missing)} missing, {len(added)} added")
        found += [f"  - {_told(row, added)}" for row in missing[:most]]
        found += [f"  + {_told(row, missing)}" for row in added[:most]]
    return found


def _without(rows: list[Any], others: list[Any]) -> list[Any]:
    known = {repr(row) for row in others}
    return [row for row in rows if repr(row) not in known]


def _told(row: Any, others: list[Any]) -> dict[str, Any]:
    """A row; where one of the others differs in few cells, its first cells and those."""
    nearest = max(others, key=lambda other: len(set(map(repr, row)) & set(map(repr, other))), default=())
    same = set(map(repr, nearest))
    differs = {name: value for name, value in row if repr((name, value)) not in same}
    return dict(row[:3]) | differs
