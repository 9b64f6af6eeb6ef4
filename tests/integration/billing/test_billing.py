"""Billing on PostgreSQL: the same month as on SQLite, and workers that meet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aimak.contracts import billing
from aimak.storage import guards
from aimak_billing.tables import metadata
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from tests.unit.billing import test_months_by_parts as by_parts
from tests.unit.billing.conftest import founded, settings_for
from tests.unit.billing.test_cancelling import run
from tests.unit.billing.test_payments import WORDS
from tests.unit.billing.test_rerating import bill
from tests.unit.billing.town import MONTH, TENANT, Town, account_line

__all__ = ["founded"]

pytestmark = pytest.mark.servers
TABLES = ("resident", "run_bill", "run_line", "run_total", "bill", "bill_line", "transfer", "run_chunk")


def month(town: Town) -> dict[str, Any]:
    """A month with metered and unmetered water, a held account, debts, an empty text, and a payment."""
    metered = '{"metered":true,"norm":"house"}'
    town.accounts(
        *(account_line(f"A{number}", "water", "vodokanal", attributes=metered) for number in range(7)),
        *(account_line(f"A{number}", "sewerage", "vodokanal") for number in range(7)),
        *(account_line(f"A{number}") for number in range(7)),
        account_line("H", residents="", street="", house=""),
    )
    town.take(
        "balances", ["account;provider;service;origin;amount", "A1;tazalyk;;2026-07;50", "A2;tazalyk;;2026-08;-9"]
    )
    town.use(2, 12_300)
    town.pay(1, 700, paid_on="2026-10-20")
    town.preview()
    town.issue()
    town.post(f"{MONTH}/close", role="approver")
    return {
        "tables": {name: town.rows(name) for name in TABLES},
        "bills": [town.get(f"/billing/bills/{number}") for number in (1, 2, 7)],
        "accounts": [town.get(f"/billing/accounts/{number}") for number in ("A1", "A2", "H")],
        "told": [
            town.told(event) for event in (billing.BillsIssued, billing.ReceivablesMoved, billing.AccountsDefined)
        ],
        "doctor": town.get("/billing/doctor", role="admin"),
    }


def test_the_month_is_the_same_on_both_databases(town: Town, founded: Path) -> None:
    """Tables, answers and events are equal outright."""
    small = Town(settings_for(f"sqlite:///{founded}"))
    assert month(town) == month(small)
    small.service.close()


def test_a_month_of_several_runs(town: Town) -> None:
    """Its figures are those of its bills in force here too: by parts, held and billed later, billed anew."""
    by_parts.serve(town)
    town.accounts(account_line("LATE", residents=""))
    run(town, "list:few", accounts=["A1", "A2"])
    assert bill(town, "2026-10")["held"] == 1
    town.post("/billing/accounts/A1/residents", {"persons": 5, "day": "2026-10-01"})
    run(town, "account:A1", replaces=True)
    town.post("/billing/accounts/LATE/residents", {"persons": 2, "day": "2026-10-01"})
    run(town, "service:waste")
    seen = by_parts.month(town, "2026-10")
    assert (seen["accounts"], seen["bills"], seen["held"], seen["without_charge"]) == (6, 6, 0, 0)
    assert by_parts.shown(seen) == by_parts.in_force(town, "2026-10")
    counted = town.get(f"/billing/runs/{seen['run_id']}/completeness")["completeness"]
    assert [(row["billed"], row["held"], row["exempt"]) for row in counted] == [(5, 1, 0), (1, 0, 0)]
    assert town.get(f"/billing/runs/{seen['run_id']}/comparison")["comparison"]


def test_migrations_and_guards(town: Town) -> None:
    """Nothing differs from the code, every trigger is there, and rows refuse to go."""
    with town.service.work(TENANT) as work:
        assert compare_metadata(MigrationContext.configure(work.connection), metadata) == []
        assert guards.expected(metadata, "postgresql") <= guards.present(work.connection)
    town.accounts(account_line("A1"))
    town.preview()
    town.issue()
    for name in ("bill", "bill_line", "transfer"):
        with town.service.work(TENANT) as work, pytest.raises(DBAPIError, match="append-only"):
            work.execute(delete(metadata.tables[name]))


def at_once(*calls: Callable[[], None]) -> list[BaseException]:
    """Run calls in threads of their own, together; gives what they raised."""
    raised: list[BaseException] = []
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], None]) -> None:
        gate.wait()
        try:
            call()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_workers_that_take_the_same_chunks_at_once(another: Callable[[], Town]) -> None:
    """Four workers are given every chunk of both passes: each is done once and the run ends."""
    towns = [another() for _ in range(4)]
    town = towns[0]
    town.accounts(*(account_line(f"A{number}") for number in range(12)))
    run_id = town.post(f"{MONTH}/preview")["run_id"]

    def work_through(worker: Town, event: Any, turn: int) -> None:
        for chunk in range(4):
            row = {"run_id": run_id, "chunk": (chunk + turn) % 4, "attempt": 1}
            worker.hear(event.of(TENANT, [row]))

    for event, begin in ((billing.PreviewChunksCut, None), (billing.IssueChunksCut, "issue")):
        if begin:
            town.post(f"{MONTH}/approve", role="approver")
            town.post(f"{MONTH}/{begin}")
        calls = [lambda w=w, t=t, e=event: work_through(w, e, t) for t, w in enumerate(towns)]
        assert at_once(*calls) == []
    seen = town.get(MONTH)
    assert (seen["state"], seen["bills"], len(town.rows("bill"))) == ("issued", 12, 12)
    assert sorted(row["number"] for row in town.rows("bill")) == list(range(1, 13))


def test_versions_of_a_payment_that_meet(another: Callable[[], Town]) -> None:
    """Three versions of a payment arrive at three workers at once: the newest stands, and the control sum is its."""
    towns = [another() for _ in WORDS]
    towns[0].accounts(account_line("A1"))
    for payment in range(1, 6):
        said = [(town, version, amount) for town, (version, amount) in zip(towns, WORDS, strict=True)]
        calls = [lambda t=t, v=v, a=a, p=payment: t.pay(1, a, v, payment_id=p) for t, v, a in said]
        assert at_once(*calls) == []
    assert towns[0].balance("A1") == 0
    assert towns[0].get("/billing/doctor", role="admin")["control"] == {"tazalyk": 0}
