"""Commands that run beside one another on PostgreSQL: neither undoes what the other has said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import Any

import pytest
from aimak.contracts import metering
from aimak_billing.application import chunks, residents
from aimak_billing.application.corrections import life
from aimak_billing.application.usage import keep_usage
from aimak_billing.store import accounts

from tests.unit.billing.ledger.test_audit import RESIDENTS
from tests.unit.billing.test_life import both, change
from tests.unit.billing.town import HEADER, TENANT, Town, account_line

pytestmark = pytest.mark.servers

CHANGE = {"service": "waste", "provider": "tazalyk", "to": "vodokanal", "day": date(2026, 11, 10)}
METERED = '{"metered":true,"norm":"house"}'


@contextmanager
def beside(looking: Town, act: Callable[[], Any]) -> Iterator[None]:
    """`act` goes on in another thread until it is done or waits for somebody, then the block; `act` ends with it."""
    thread = threading.Thread(target=act)
    thread.start()
    until = time.monotonic() + 30
    while thread.is_alive() and not waits(looking) and time.monotonic() < until:
        time.sleep(0.05)
    yield
    thread.join(60)
    assert not thread.is_alive()


def waits(looking: Town) -> bool:
    """Whether somebody at this database waits for a lock."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with looking.service.online.engine.connect() as connection:
        return bool(connection.exec_driver_sql(asked).scalar())


def of_waste(town: Town) -> list[dict[str, Any]]:
    """Waste removal of account A that has no end."""
    mine = [row for row in town.rows("connection") if (row["account_id"], row["service"]) == (1, "waste")]
    return [row for row in mine if row["valid_to"] is None]


def test_who_moves_out_while_the_creditor_changes_is_not_connected_anew(another: Callable[[], Town]) -> None:
    """The change of a whole town's creditor meets an account that is just being closed: nothing of it goes on."""
    clerk, admin = another(), another()
    both(clerk, "A", "B")
    with clerk.service.work(TENANT) as work:
        life.move_out(work, "A", date(2026, 11, 5))
        asked = {**CHANGE, "day": "2026-11-10"}
        with beside(clerk, lambda: change(admin, "connections/provider", role="admin", **asked)):
            work.commit()
    assert of_waste(clerk) == []
    held = [row for row in clerk.rows("connection") if row["valid_from"] != row["valid_to"]]
    assert len([row for row in held if row["provider"] == "vodokanal"]) == 3


def test_who_moves_in_while_the_creditor_changes_has_the_new_one(another: Callable[[], Town]) -> None:
    """The change of a whole town's creditor waits for the house that was left, and finds who has just come."""
    clerk, admin = another(), another()
    both(clerk, "A", "B")
    change(clerk, "accounts/A/move-out", day="2026-11-05")
    with clerk.service.work(TENANT) as work:
        life.move_in(work, "A", {"as": "C", "day": date(2026, 11, 7), "holder": "New", "persons": 1})
        asked = {**CHANGE, "day": "2026-11-10"}
        with beside(clerk, lambda: change(admin, "connections/provider", role="admin", **asked)):
            work.commit()
    last = [row for row in clerk.rows("connection") if row["service"] == "waste" and row["valid_to"] is None]
    assert {row["provider"] for row in last} == {"vodokanal"} and len(last) == 2


def test_another_class_while_the_creditor_changes_is_that_of_the_new_connection(another: Callable[[], Town]) -> None:
    """Who is told that the class is another finds it where the service goes on, not in what has just ended."""
    admin, clerk = another(), another()
    both(admin, "A", "B")
    asked = {"service": "waste", "day": "2026-11-15", "customer_class": "budget"}
    with admin.service.work(TENANT, bulk=True) as work:
        life.change_provider(work, CHANGE)
        with beside(admin, lambda: change(clerk, "accounts/A/connection", **asked)):
            work.commit()
    assert [(row["provider"], row["customer_class"]) for row in of_waste(admin)] == [("vodokanal", "budget")]


def test_a_split_beside_a_change_of_creditor_waits_and_is_not_waited_for(
    another: Callable[[], Town], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change of a whole town's creditor holds all its accounts before it takes ids: whoever splits one of a later
    batch waits for it, and holds nothing that it needs."""
    admin, clerk = another(), another()
    both(admin, "A", "B")
    monkeypatch.setattr(accounts, "BATCH", 1)
    connect, asked = life._connect, {"as": "B2", "day": "2026-11-15", "services": ["water"]}

    def connected(*given: Any, **named: Any) -> None:
        connect(*given, **named)
        monkeypatch.setattr(life, "_connect", connect)
        threads.enter_context(beside(admin, lambda: change(clerk, "accounts/B/split", **asked)))

    monkeypatch.setattr(life, "_connect", connected)
    with ExitStack() as threads, admin.service.work(TENANT, bulk=True) as work:
        assert life.change_provider(work, CHANGE)["accounts"] == 2
        work.commit()
    assert [row["number"] for row in admin.rows("account")] == ["A", "B", "B2"]


def test_a_file_of_accounts_beside_a_change_of_creditor_connects_nobody_twice(another: Callable[[], Town]) -> None:
    """The file's line of a connection that is just being made waits for it, and is then told as a duplicate."""
    admin, clerk = another(), another()
    both(clerk, "A", "B")
    lines, taken = [HEADER, account_line("A", "waste", "vodokanal")], list[dict[str, Any]]()
    with admin.service.work(TENANT, bulk=True) as work:
        life.change_provider(work, CHANGE)
        with beside(admin, lambda: taken.append(clerk.take("accounts", lines))):
            work.commit()
    assert [done["refused"] for done in taken] == [1]
    assert len(of_waste(admin)) == 1


def metered(town: Town) -> None:
    """Accounts A and B, whose water is metered: 5 cubic metres each in October."""
    town.accounts(*(account_line(number, "water", "vodokanal", attributes=METERED) for number in "AB"))
    for connection in (1, 2):
        town.use(connection, 5_000)


def nine(town: Town) -> metering.UsageAccepted:
    """The reading of A was wrong: it was 9."""
    row = next(iter(town.rows("usage")))
    named = {name: row[name] for name in metering.UsageAccepted.names() if name in row}
    dates = {name: str(named[name]) for name in ("from_date", "to_date")}
    more = {"current_thousandths": 9_000, "quantity_thousandths": 9_000, "version": 2}
    return metering.UsageAccepted.of(TENANT, [{**named, **dates, **more}])


def test_usage_that_arrives_while_a_period_begins_is_billed(another: Callable[[], Town]) -> None:
    """A preview that did not yet see a reading leaves it to the next one: either it is in the bill or the month is
    looked at again."""
    metering_tells, clerk = another(), another()
    metered(clerk)
    with metering_tells.service.work(TENANT, bulk=True) as work:
        keep_usage(work, nine(clerk))
        with beside(metering_tells, clerk.preview):
            work.commit()
    clerk.issue()
    assert 9_000 in {line["quantity"] for line in clerk.rows("bill_line")} or clerk.rows("touched")


@pytest.mark.parametrize("known", [0, 1, 2])
def test_usage_that_arrives_while_its_account_is_rated_is_not_settled(
    another: Callable[[], Town], monkeypatch: pytest.MonkeyPatch, known: int
) -> None:
    """What becomes known between a preview's reading and its end stays open, also where the preview had the month in
    hand already, of this account (`known` is its connection) or of another."""
    metering_tells, clerk = another(), another()
    metered(clerk)
    clerk.preview()
    if known:
        clerk.use(known, 6_000, version=2)
    event, rate = nine(clerk), chunks.rated_accounts
    event.columns["version"] = [3]

    def rated(*asked: Any) -> Any:
        found = rate(*asked)
        threads.enter_context(beside(metering_tells, lambda: metering_tells.hear(event)))
        return found

    monkeypatch.setattr(chunks, "rated_accounts", rated)
    with ExitStack() as threads:
        clerk.preview()
    clerk.issue()
    billed = [line["quantity"] for line in clerk.rows("bill_line") if line["quantity"]]
    assert billed == [6_000 if connection == known else 5_000 for connection in (1, 2)]
    assert [row["bill_id"] for row in clerk.rows("touched") if row["account_id"] == 1] == [None]


def test_residents_of_a_file_and_of_a_clerk_follow_one_another(
    another: Callable[[], Town], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clerk enters residents of an account of which a file is just being taken: one entry holds afterwards."""
    taken, clerk = another(), another()
    both(taken, "A", "B")
    touch = residents.touch_since

    def touched(*asked: Any) -> None:
        touch(*asked)
        said = {"persons": 5, "day": "2026-11-20"}
        threads.enter_context(beside(taken, lambda: change(clerk, "accounts/A/residents", **said)))

    monkeypatch.setattr(residents, "touch_since", touched)
    with ExitStack() as threads:
        taken.take("residents", [RESIDENTS, "A;2;2026-11-01;;certificate"])
    mine = [row for row in taken.rows("resident") if row["account_id"] == 1]
    assert [(row["persons"], row["valid_to"]) for row in mine[-2:]] == [(2, date(2026, 11, 20)), (5, None)]
    assert [row["valid_to"] for row in mine].count(None) == 1
