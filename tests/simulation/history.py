"""What must hold in every history, after each step and when all faults have ended."""

from __future__ import annotations

import json
import re
from collections import Counter

from aimak.operations import INBOX_KEPT

from tests.simulation.world import LISTENERS, PERIOD, World

_RESULT = re.compile(r"<result>(\d+)</result>")


def result_of(answer: str) -> int:
    """The code in an OSMP answer."""
    found = _RESULT.search(answer)
    assert found, answer
    return int(found[1])


def credited(world: World) -> Counter[int]:
    """What billing's ledger holds of each payment."""
    amounts: Counter[int] = Counter()
    for row in world.rows("billing", "transfer"):
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
    amounts = credited(world)
    taken = {row.id: row for row in world.rows("payments", "payment")}
    for payment_id, amount in amounts.items():
        assert payment_id in taken, "money in billing that payments never took"
        assert amount <= taken[payment_id].amount, f"payment {payment_id} is credited more than once"
    assert len(taken) >= len(accepted.payments), "an accepted payment is gone"
    bills = Counter((row.account_id, row.period) for row in world.rows("billing", "bill"))
    assert all(count == 1 for count in bills.values()), "an account was billed twice for a period"
    _nothing_lost(world)


def _nothing_lost(world: World) -> None:
    """Each fact that anybody published is in its outbox or, for each service that it is for, with the broker, in that
    service's inbox or among its dead letters. What is older than an inbox's memory is not asked for."""
    held = world.broker.held()
    remembered = (world.clock() - INBOX_KEPT).isoformat(timespec="microseconds")
    published = [
        fact
        for owner in world.services
        for fact in world.rows(owner, "outbox")
        if fact.published_at is not None and fact.occurred_at > remembered
    ]
    for name in LISTENERS:
        listens = world.services[name].subscriptions
        safe = {row.message_id for row in world.rows(name, "inbox")}
        safe |= {row.id for row in world.rows(name, "dead_letter")}
        safe |= {message_id for consumer, message_id in held if consumer == name}
        for fact in published:
            lost = fact.consumer in (None, name) and fact.routing_key in listens and fact.message_id not in safe
            assert not lost, f"{fact.routing_key} {fact.message_id} for {name} is nowhere"


def at_rest(world: World, accepted: Accepted, usage: dict[int, int], poison: int) -> None:
    """True when faults have ended and everything under way has arrived."""
    _credited_once(world, accepted)
    _ledgers_agree(world)
    _shown_balances(world)
    _messages(world)
    _usage_known(world, usage)
    dead = [letter for name in LISTENERS for letter in world.rows(name, "dead_letter")]
    assert len(dead) == poison, [(letter.routing_key, letter.reason) for letter in dead]
    failed = [
        (name, job.kind, job.problem) for name in LISTENERS for job in world.rows(name, "job") if job.state == "failed"
    ]
    assert not failed, failed


def _credited_once(world: World, accepted: Accepted) -> None:
    amounts = credited(world)
    taken = {row.external_id: row for row in world.rows("payments", "payment")}
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
    told = Counter((row.kind, row.source_id) for row in world.rows("notifications", "message"))
    assert all(count == 1 for count in told.values()), "somebody is told twice"
    bills = {row.id for row in world.rows("billing", "bill")}
    assert {source for kind, source in told if kind == "bill"} == bills, "a bill without its message"
    lines = (world.services["notifications"].settings.data_dir).rglob("*.jsonl")
    sent = [json.loads(line) for file in lines for line in file.read_text().splitlines()]
    ids = Counter(line["id"] for line in sent)
    assert all(count == 1 for count in ids.values()), "a message is in the gateway's file twice"
    assert len(ids) == len(told), f"{len(told)} messages, {len(ids)} sent"


def _usage_known(world: World, usage: dict[int, int]) -> None:
    known = {row.connection_id: row.quantity_thousandths for row in world.rows("billing", "usage")}
    assert known == usage, "billing does not hold the newest usage"


__all__ = ["PERIOD", "Accepted", "always", "at_rest", "result_of"]
