"""What became known is noted, and held, in one order: accounts, then their periods."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aimak_billing.store import touched
from sqlalchemy import event, insert

from tests.unit.billing.test_rerating import bill, thirty
from tests.unit.billing.town import TENANT, Town, account_line


@contextmanager
def statements(town: Town, start: str) -> Iterator[list[Any]]:
    """Parameters of each statement with this beginning, about `touched`."""
    seen: list[Any] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
        if statement.startswith(start) and "touched" in statement:
            seen.append(given)

    engine = town.service.bulk.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_a_tariff_opens_periods_in_the_order_in_which_a_preview_holds_them(town: Town) -> None:
    """All that a tariff opens goes by account and period, not period by period: else each would wait for the other."""
    town.accounts(account_line("A"), account_line("B"))
    bill(town, "2026-10")
    bill(town, "2026-11")
    with statements(town, "INSERT INTO touched") as seen:
        thirty(town)
    opened = [pair for given in seen for one in given for pair in [one[1:3]]]
    assert opened == [(1, "2026-10"), (1, "2026-11"), (2, "2026-10"), (2, "2026-11")]


def test_what_is_open_is_held_by_one_statement(town: Town) -> None:
    """What is open and what bills have settled that are replaced are held together, in one order; what other bills
    settled is not open."""
    with town.service.work(TENANT) as work:
        table = work.table("touched")
        rows = [
            {"tenant": TENANT, "account_id": account_id, "period": "2026-10", "reason": "usage", "bill_id": bill_id}
            for account_id, bill_id in enumerate([5, None, 6, 7, 8, touched.NOTHING], 1)
        ]
        work.execute(insert(table), rows)
        with statements(town, "SELECT touched") as seen:
            found = touched.open_reasons(work, 1, 9, "2026-10", [5, 7])
    assert sorted(account_id for account_id, _ in found) == [1, 2, 4]
    assert len(seen) == 1
