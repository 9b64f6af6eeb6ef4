"""How SQLite finds what is asked for on the way of a payment."""

from __future__ import annotations

from sqlalchemy import event

from tests.unit.payments.conftest import Town

# A tenant has one ledger day and a few rules; a subquery's rows have been found by then.
SMALL = ("tenant", "ledger_day", "split_rule", "(subquery-1)")


def test_no_question_walks_through_a_tenants_rows(town: Town) -> None:
    """What check and pay ask of the database is found by a key: a town of a million accounts answers as fast."""
    town.pay("0", "0100001", "1.00")
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    event.listen(town.service.online.engine, "before_cursor_execute", note)
    town.check("0100001")
    town.pay("1", "77-1", "1.00")
    town.pay("1", "0100001", "1.00")
    event.remove(town.service.online.engine, "before_cursor_execute", note)
    assert len(asked) > 10
    with town.service.online.engine.connect() as connection:
        steps = [
            str(row.detail)
            for statement, parameters in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
        ]
    walks = [step for step in steps if step.startswith("SCAN") or "(tenant=?)" in step]
    assert [step for step in walks if step.split()[1] not in SMALL] == []
