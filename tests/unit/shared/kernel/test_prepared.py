"""What the driver runs itself is what SQLAlchemy would have run: the same values in, the same rows and errors out."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from aimak.service import Service
from aimak.storage.prepared import fetch
from aimak.storage.statements import insert_into, insert_unless_there, rows_where
from sqlalchemy import bindparam, event, func, literal, select, union_all
from sqlalchemy.exc import IntegrityError, OperationalError

Make = Callable[[str], Service]
SEEN = datetime(2026, 11, 2, 9, 30, 15, 123456, tzinfo=UTC)


def letter(name: str, **facts: Any) -> dict[str, Any]:
    """A row with text, JSON, bytes, an instant and what may be null."""
    row = {"id": name, "consumer": "billing", "tenant": "naryn", "routing_key": "k", "body": b"\0\xff", "headers": {}}
    row |= {"reason": "r", "fingerprint": "f", "first_seen": SEEN, "state": "waiting", "decided_by": None}
    return row | facts


def test_every_type_comes_back_as_it_went_in(make_service: Make) -> None:
    """Text, JSON, bytes, instants, days and nothing at all are written and read as SQLAlchemy does both."""
    service = make_service("billing")
    with service.work("naryn") as work:
        table, days = work.table("dead_letter"), work.table("ledger_day")
        work.fetch(insert_into(table), [letter("a", headers={"ж": [1, None]}), letter("b", decided_by="ayna")])
        work.fetch(insert_into(days), {"tenant": "naryn", "closed_through": date(2026, 10, 31)})
        for query, asked in (
            (rows_where(table, "tenant"), {"tenant": "naryn"}),
            (rows_where(table, "first_seen"), {"first_seen": SEEN}),
            (rows_where(days, "tenant"), {"tenant": "naryn"}),
        ):
            quick, usual = work.fetch(query, asked), work.execute(query, asked).all()
            assert [row._asdict() for row in quick] == [row._asdict() for row in usual]
            assert usual


def test_many_rows_come_back_as_they_went_in(make_service: Make) -> None:
    """Rows that share an object and rows that do not are each written with their own values, as SQLAlchemy does."""
    service = make_service("billing")
    other = datetime(2026, 11, 3, 9, 30, 15, 1, tzinfo=UTC)
    shared: dict[str, Any] = {"ж": [1, None]}
    given = [
        letter(f"{place}", headers=shared if place % 3 else {"own": place}, first_seen=SEEN if place % 4 else other)
        for place in range(40)
    ]
    given += [letter(f"own{place}", headers={"own": place}, decided_by=f"by{place}") for place in range(2)]
    with service.work("naryn") as work:
        table = work.table("dead_letter")
        work.fetch(insert_into(table), given)
        found = {row.id: row._asdict() for row in work.execute(select(table))}
    assert len(found) == 42
    for row in given:
        assert {name: found[row["id"]][name] for name in row} == row


@pytest.mark.parametrize("wanted", [[], ["a"], ["a", "c"], ["b", "c", "x", "a"]])
def test_a_list_of_any_length_is_looked_for(make_service: Make, wanted: list[str]) -> None:
    """Lists of none, one and several, twice in one statement with constants around them."""
    service = make_service("billing")
    with service.work("naryn") as work:
        table = work.table("dead_letter")
        work.fetch(insert_into(table), [letter(name) for name in "abc"])
        names: Any = bindparam("names", expanding=True)
        mine = table.c.tenant == bindparam("tenant")
        one = select(table.c.id, literal(0), func.count(table.c.id)).where(mine, table.c.id.in_(names))
        query = union_all(
            one.group_by(table.c.id), select(table.c.id, literal(7), literal(1)).where(table.c.id.in_(names))
        )
        asked = {"names": wanted, "tenant": "naryn"}
        assert sorted(map(tuple, work.fetch(query, asked))) == sorted(map(tuple, work.execute(query, asked)))
        assert len(work.fetch(query, asked)) == 2 * len({"a", "b", "c"} & set(wanted))


def test_only_new_rows_come_back(make_service: Make) -> None:
    """An insert that passes over what is there gives the keys of the others, one row at a time or several."""
    service = make_service("billing")
    with service.work("naryn") as work:
        table = work.table("dead_letter")
        once = insert_unless_there(table, sqlite_dialect=True, returning=True)
        assert [row.id for row in work.fetch(once, letter("a"))] == ["a"]
        assert work.fetch(once, [letter("a")]) == []
        assert {row.id for row in work.fetch(once, [letter("a"), letter("b"), letter("c")])} == {"b", "c"}


def test_errors_are_those_of_sqlalchemy(make_service: Make) -> None:
    """Whoever knows what to do about a refused row or a broken statement need not know who ran it."""
    service = make_service("billing")
    with service.work("naryn") as work:
        table = work.table("dead_letter")
        work.fetch(insert_into(table), letter("a"))
        with pytest.raises(IntegrityError, match="UNIQUE"):
            work.fetch(insert_into(table), letter("a"))
        work.execute(select(1))
        work.connection.exec_driver_sql("DROP TABLE dead_letter")
        with pytest.raises(OperationalError, match="no such table"):
            work.fetch(rows_where(table, "id"), {"id": "a"})


def test_who_watches_statements_sees_these_too(make_service: Make) -> None:
    """A fuse or a counter on the engine is told of a statement before it runs, and what it raises stops it."""
    service = make_service("billing")
    seen: list[str] = []

    def stop(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        seen.append(text)
        raise RuntimeError("stopped")

    with service.online.engine.connect() as connection:
        table = service.metadata.tables["dead_letter"]
        event.listen(service.online.engine, "before_cursor_execute", stop)
        with pytest.raises(RuntimeError, match="stopped"):
            fetch(connection, rows_where(table, "id"), {"id": "a"})
        event.remove(service.online.engine, "before_cursor_execute", stop)
    assert [text.split()[0] for text in seen] == ["SELECT"]
