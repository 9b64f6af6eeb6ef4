"""What must hold in every history, after each step and when all faults have ended."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter, namedtuple
from contextlib import closing
from typing import Any

from aimak.service import Service

from tests.simulation.world import LISTENERS, PERIOD, World

_RESULT = re.compile(r"<result>(\d+)</result>")


def result_of(answer: str) -> int:
    """The code in an OSMP answer."""
    found = _RESULT.search(answer)
    assert found, answer
    return int(found[1])


def rows(service: Service, table: str) -> list[Any]:
    """Every row of a table, as it is committed: read past SQLAlchemy, as this runs after every step."""
    with closing(sqlite3.connect(str(service.online.url.database))) as connection:
        found = connection.execute(f'SELECT * FROM "{table}"')
        row = namedtuple("row", [column[0] for column in found.description], rename=True)  # type: ignore[misc]
        return [row(*values) for values in found]


def credited(billing: Service) -> Counter[int]:
    """What billing's ledger holds of each payment."""
    amounts: Counter[int] = Counter()
    for row in rows(billing, "transfer"):
        if row.kind == "payment":
            amounts[row.source_id] += row.amount
    return amounts


class Accepted:
    """What partners were told, against which the ledgers are held."""

    def __init__(self) -> None:
        self.payments: dict[str, tuple[str, int, str]] = {}

    def note(self, txn_id: str, account: str, amount: int, answer: str) -> None:
        """A partner got an answer. A repeat must get the same one; an accepted payment is remembered."""
        if result_of(answer) != 0:
            return
        known = self.payments.setdefault(txn_id, (account, amount, answer))
        assert known == (account, amount, answer), f"{txn_id} was answered twice, differently"


def always(world: World, accepted: Accepted) -> None:
    """True after every step, whatever is under way."""
    billing, payments = world.services["billing"], world.services["payments"]
    amounts = credited(billing)
    taken = {row.id: row for row in rows(payments, "payment")}
    for payment_id, amount in amounts.items():
        assert payment_id in taken, "money in billing that payments never took"
        assert amount <= taken[payment_id].amount, f"payment {payment_id} is credited more than once"
    assert len(taken) >= len(accepted.payments), "an accepted payment is gone"
    bills = Counter((row.account_id, row.period) for row in rows(billing, "bill"))
    assert all(count == 1 for count in bills.values()), "an account was billed twice for a period"
    _nothing_lost(world, payments)


def _nothing_lost(world: World, owner: Service) -> None:
    """Each fact that payments published is in its outbox, with the broker, or in billing's inbox or dead letters."""
    arrived = {row.message_id for row in rows(world.services["billing"], "inbox")}
    dead = {row.id for row in rows(world.services["billing"], "dead_letter")}
    for fact in rows(owner, "outbox"):
        safe = fact.published_at is None or fact.message_id in arrived | dead or world.broker.holds(fact.message_id)
        assert safe, f"{fact.routing_key} {fact.message_id} is nowhere"


def at_rest(world: World, accepted: Accepted, usage: dict[int, int], poison: int) -> None:
    """True when faults have ended and everything under way has arrived."""
    billing, payments = world.services["billing"], world.services["payments"]
    _credited_once(billing, payments, accepted)
    _ledgers_agree(world)
    _shown_balances(world)
    _messages(world)
    _usage_known(billing, usage)
    dead = [letter for name in LISTENERS for letter in rows(world.services[name], "dead_letter")]
    assert len(dead) == poison, [(letter.routing_key, letter.reason) for letter in dead]
    failed = [
        (name, job.kind, job.problem)
        for name in LISTENERS
        for job in rows(world.services[name], "job")
        if job.state == "failed"
    ]
    assert not failed, failed


def _credited_once(billing: Service, payments: Service, accepted: Accepted) -> None:
    amounts = credited(billing)
    taken = {row.external_id: row for row in rows(payments, "payment")}
    for txn_id, (_, amount, _) in accepted.payments.items():
        assert taken[txn_id].amount == amount
        assert amounts[taken[txn_id].id] == amount, f"{txn_id}: {amount} accepted, {amounts[taken[txn_id].id]} credited"


def _ledgers_agree(world: World) -> None:
    sums = [world.ask(name, f"/{name}/doctor").json for name in ("billing", "payments")]
    assert sums[0]["control"] == sums[1]["control"], "the two ledgers' control accounts differ"
    guards = [problem for answer in sums for problem in answer["problems"] if problem["code"] == "AIM-K080"]
    assert not guards


def _shown_balances(world: World) -> None:
    """What a partner is shown is what billing's ledger says."""
    for account in ("101", "102", "103"):
        owed = world.ask("billing", f"/billing/accounts/{account}").json["balance_tyiyn"]
        shown = world.ask("payments", f"/payments/accounts/{account}").json["balance_tyiyn"]
        assert owed == shown, f"{account}: billing has {owed}, payments shows {shown}"


def _messages(world: World) -> None:
    told = Counter((row.kind, row.source_id) for row in rows(world.services["notifications"], "message"))
    assert all(count == 1 for count in told.values()), "somebody is told twice"
    bills = {row.id for row in rows(world.services["billing"], "bill")}
    assert {source for kind, source in told if kind == "bill"} == bills, "a bill without its message"
    lines = (world.services["notifications"].settings.data_dir).rglob("*.jsonl")
    sent = [json.loads(line) for file in lines for line in file.read_text().splitlines()]
    ids = Counter(line["id"] for line in sent)
    assert all(count == 1 for count in ids.values()), "a message is in the gateway's file twice"
    assert len(ids) == len(told), f"{len(told)} messages, {len(ids)} sent"


def _usage_known(billing: Service, usage: dict[int, int]) -> None:
    known = {row.connection_id: row.quantity_thousandths for row in rows(billing, "usage")}
    assert known == usage, "billing does not hold the newest usage"


__all__ = ["PERIOD", "Accepted", "always", "at_rest", "result_of", "rows"]
